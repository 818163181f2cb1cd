"""Run by Alembic. The connection comes from `server.migrate`, which knows the settings."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection

from kit.tables import UtcDateTime
from server.schema import METADATA


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from kit.tables import JSON_TYPE")
        return "JSON_TYPE"
    return False


def run() -> None:
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_render,
        include_name=lambda name, _kind, _parents: "trigrams" not in (name or "") and name != "sqlite_stat1",
    )
    with context.begin_transaction():
        context.run_migrations()


run()
