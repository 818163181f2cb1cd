"""What the page of prompts shows: all there are, where flows play them, and what is missing there."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from desk.schemas.prompts import PromptBookView, PromptUseView, PromptVersionView, PromptView, TextGapView
from kit.errors import Unavailable
from kit.unit_of_work import UnitOfWork
from records.staff.tables import WorkspaceRow
from telephony.prompts import store
from telephony.prompts.readings import fill
from telephony.prompts.sound import SPOKEN, prompt_of
from telephony.prompts.voices import Voice
from telephony.tables import FlowRow, FlowVersionRow, PromptRow, PromptVersionRow

LANGUAGES = ("zh-CN", "en")
SAMPLES = {"number": "20260101000017", "pin": "135790", "ahead": "3", "low": "2", "high": "5", "result": "……"}
"""What stands for the values of a call while a text is tried out."""


@dataclass(frozen=True, slots=True)
class _Played:
    """One part of what a node says, as it stands in a draft or a published version."""

    flow: str
    flow_name: str
    node: str
    part: Mapping[str, Any]


async def book(uow: UnitOfWork, voice: Voice | None) -> PromptBookView:
    heard, drafted = await _played(uow)
    return PromptBookView(
        prompts=[view(row, voice) for row in await store.every(uow)],
        uses=_uses(heard, heard=True) + _uses(_without(drafted, heard), heard=False),
        gaps=_gaps(heard, heard=True) + _gaps(_without(drafted, heard), heard=False),
        has_voice=voice is not None,
    )


def view(row: PromptRow, voice: Voice | None) -> PromptView:
    return PromptView(
        id=row.id,
        key=row.key,
        language=row.language,
        name=row.name,
        duration_ms=row.duration_ms,
        edits=row.edits,
        text=row.text,
        spoken=bool(row.voice),
        out_of_date=store.is_out_of_date(row, voice),
        changed_at=row.changed_at,
        version=row.version,
    )


def version_view(row: PromptVersionRow) -> PromptVersionView:
    return PromptVersionView(
        number=row.number,
        name=row.name,
        text=row.said,
        spoken=bool(row.voice),
        duration_ms=row.duration_ms,
        changed_at=row.changed_at,
        changed_by_id=row.changed_by_id,
    )


async def tried(uow: UnitOfWork, text: str, language: str) -> str:
    """`text` with samples in place of the values that a call would have. Raises `ValueError` for a broken place."""
    workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
    return fill(text, {**SAMPLES, "name": workspace.name, "name_en": workspace.name_en}, language)


async def spoken(voice: Voice | None, text: str, language: str) -> bytes:
    """A WAV file as callers would hear it. Raises `SpeechFailed`, `Unavailable` code `no_voice` where there is none."""
    if voice is None:
        raise Unavailable("No voice is set up here.", code="no_voice")
    finished, _ = await asyncio.to_thread(prompt_of, await voice.speak(text, language), SPOKEN)
    return finished


async def _played(uow: UnitOfWork) -> tuple[list[_Played], list[_Played]]:
    """What callers hear now, and what the drafts say."""
    heard: list[_Played] = []
    drafted: list[_Played] = []
    for row in await uow.session.scalars(select(FlowRow).order_by(FlowRow.key)):
        drafted += _parts(row, row.draft)
        query = select(FlowVersionRow.body).where(
            FlowVersionRow.flow_id == row.id, FlowVersionRow.number == row.published
        )
        heard += _parts(row, await uow.session.scalar(query) or {})
    return heard, drafted


def _parts(row: FlowRow, body: Mapping[str, Any]) -> Iterator[_Played]:
    """A draft may be anything: what has not the form of a part is passed over."""
    nodes = body.get("nodes")
    for key, node in nodes.items() if isinstance(nodes, dict) else ():
        for field in ("say", "wrong_say"):
            parts = node.get(field) if isinstance(node, dict) else None
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, dict):
                    yield _Played(row.key, row.name, str(key), part)


def _without(drafted: list[_Played], heard: list[_Played]) -> list[_Played]:
    return [one for one in drafted if one not in heard]


def _uses(played: list[_Played], *, heard: bool) -> list[PromptUseView]:
    found = {(one.part["prompt"], one.flow, one.node): one for one in played if one.part.get("prompt")}
    return [
        PromptUseView(key=str(key), flow=flow, flow_name=one.flow_name, node=node, heard=heard)
        for (key, flow, node), one in found.items()
    ]


def _gaps(played: list[_Played], *, heard: bool) -> list[TextGapView]:
    found = {
        (one.flow, one.node, language): one
        for one in played
        for language in LANGUAGES
        if one.part.get("text") and not one.part.get("language") and language not in one.part["text"]
    }
    return [
        TextGapView(flow=flow, flow_name=one.flow_name, node=node, language=language, heard=heard)
        for (flow, node, language), one in found.items()
    ]
