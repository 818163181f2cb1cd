"""`axd openapi`: the OpenAPI document of the HTTP interface, for the generator of the front end's types."""

import json
import tempfile
from pathlib import Path

import typer

from server.app import create_app
from server.settings import Settings


def main() -> None:
    """Print the document; needs no database and no Redis."""
    with tempfile.TemporaryDirectory() as folder:
        document = create_app(Settings(data_dir=Path(folder))).openapi()
    typer.echo(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
