"""Samples of what our own pages hand in, and the one request form that each becomes (or the error).

`python -m tests.support.page_corpus` writes the second half of each sample anew.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from channels.adapter import MalformedInbound, RawInbound
from channels.chat.inbound import request_of as chat_request
from channels.form.inbound import request_of as form_request

FOLDER = Path(__file__).parents[1] / "corpus"
READERS = {"chat": chat_request, "form": form_request}
NAMES = sorted(f"{channel}/{path.stem}" for channel in READERS for path in (FOLDER / channel).glob("*.json"))
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def described(name: str) -> dict[str, Any]:
    """What the sample is now: the request as JSON without what is empty, or the error's code."""
    channel, given = name.partition("/")[0], sample(name)
    raw = RawInbound(
        channel=channel,
        account="web",
        provider_id=given["provider_id"],
        received_at=AT,
        raw_json=given["raw_json"],
        sealed=given.get("sealed", False),
    )
    try:
        request = asdict(READERS[channel](raw))
    except MalformedInbound as error:
        return {"error": error.code}
    found: dict[str, Any] = json.loads(json.dumps(request, default=str))
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}


if __name__ == "__main__":
    for each in NAMES:
        text = json.dumps({**sample(each), "expected": described(each)}, ensure_ascii=False, indent=1)
        (FOLDER / f"{each}.json").write_text(text + "\n", "utf-8")
