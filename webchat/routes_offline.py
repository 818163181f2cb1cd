"""The message left in the chat when nobody can answer: the same as a form, handed in by the widget."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request

from kit.errors import Invalid
from kit.sources import source_of
from webchat.catalogue import Translator, choose_language
from webchat.form_entry import FormEntry, KeptFile, check
from webchat.limits import HOUR_S, RateLimits
from webchat.pages import Pages
from webchat.routes_chat import Token, own_script
from webchat.schemas import OfflineInput
from webchat.service import ChatSessions
from webchat.service_forms import DeliverForm, FormDesk

SUBJECT_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineRoom:
    pages: Pages
    desk: FormDesk
    sessions: ChatSessions
    limits: RateLimits
    deliver: DeliverForm


def offline_routes(room: OfflineRoom) -> APIRouter:
    routes = APIRouter(prefix="/chat/api", tags=["webchat"])

    @routes.post("/offline", status_code=201, dependencies=[Depends(own_script)])
    async def leave(left: OfflineInput, request: Request, token: Token = None) -> dict[str, Any]:
        await room.limits.spend("form", source_of(request), room.pages.settings.pages.forms_per_hour, HOUR_S)
        entry = _entry(left, await _files(room, token, left.attachment_ids))
        t = Translator(choose_language(left.language, None))
        errors = check(entry, t, room.pages.settings.uploads)
        if errors:
            raise Invalid(next(iter(errors.values())), fields=dict(errors))
        # The form's key is a secret of this one message: it finds the receipt again where the browser has no cookie.
        _, slip = await room.desk.hand_in(
            entry, form_key=left.form_key, browser=left.form_key, language=t.language, deliver=room.deliver
        )
        return {"number": slip.number, "pin": slip.pin, "due": slip.due.isoformat() if slip.due else None}

    return routes


def _entry(left: OfflineInput, files: tuple[KeptFile, ...]) -> FormEntry:
    first_line = left.text.strip().split("\n", 1)[0]
    return FormEntry(
        kind=left.topic,
        identity="anonymous" if left.anonymous else "named",
        subject=first_line[:SUBJECT_CHARS],
        text=left.text.strip(),
        reply=left.reply,
        phone=left.address if left.reply == "phone" else "",
        mail=left.address if left.reply == "mail" else "",
        files=files,
    )


async def _files(room: OfflineRoom, token: str | None, ids: list[str]) -> tuple[KeptFile, ...]:
    if not ids:
        return ()
    visitor = await room.sessions.visitor(token)
    return tuple(
        KeptFile(
            key=file.blob_key,
            filename=file.filename,
            media_type=file.media_type,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
        )
        for file in await room.sessions.claim_uploads(visitor.session_id, ids)
    )
