"""The form and its receipt, without any script: post, redirect, get; what was typed and uploaded is kept."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from kit.access import Access
from kit.errors import NotFound
from kit.ids import new_id
from kit.sources import source_of
from kit.unit_of_work import Database, UnitOfWork
from webchat.catalogue import Translator
from webchat.form_entry import KINDS, FormEntry, check, offered_ways
from webchat.limits import HOUR_S, RateLimits
from webchat.multipart import FormReader, Posted
from webchat.notes import VisitorNotes
from webchat.pages import FieldErrors, Pages, see_other
from webchat.service_forms import DeliverForm, FormDesk

DRAFT = "form"
KEY = re.compile(r"[A-Za-z0-9-]{16,64}")
HONEYPOT = "website"

CanText = Callable[[UnitOfWork], Awaitable[bool]]
"""Whether text messages go out at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRoom:
    """All that the form's endpoints need; the adapter supplies `deliver`."""

    pages: Pages
    database: Database
    access: Access
    notes: VisitorNotes
    desk: FormDesk
    reader: FormReader
    limits: RateLimits
    deliver: DeliverForm
    can_text: CanText

    async def ways(self) -> tuple[str, ...]:
        """How an answer can be had now."""
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            return offered_ways(text_messages=await self.can_text(uow))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A form that was not right yet. `problems`: files that were not taken; `trapped`: the hidden field was filled."""

    entry: FormEntry
    form_key: str
    problems: tuple[str, ...] = ()
    trapped: bool = False


def form_routes(room: FormRoom) -> APIRouter:
    routes = APIRouter(route_class=room.pages.route_class(), include_in_schema=False)
    pages = room.pages

    @routes.get("/form")
    async def show(request: Request) -> Response:
        draft = await _draft(room, pages.browser(request))
        t = pages.translator(request)
        return pages.render(
            request,
            "form.html",
            here="write",
            draft=draft.entry if draft else _blank(request),
            errors=_errors(draft, t, pages) if draft else FieldErrors(),
            form_key=draft.form_key if draft else new_id(),
            kinds=KINDS,
            ways=await room.ways(),
        )

    @routes.post("/form")
    async def hand_in(request: Request) -> Response:
        await room.limits.spend("form", source_of(request), pages.settings.pages.forms_per_hour, HOUR_S)
        t, browser = pages.translator(request), pages.browser(request)
        posted = await room.reader.read(request, pages)
        entry = await _entry(room, browser, posted)
        form_key = posted.fields.get("form_key", "")
        form_key = form_key if KEY.fullmatch(form_key) else new_id()
        draft = Draft(
            entry=entry, form_key=form_key, problems=posted.problems, trapped=bool(posted.fields.get(HONEYPOT))
        )
        if _errors(draft, t, pages):
            await _keep_draft(room, browser, draft)
            return see_other("/form")
        name, _ = await room.desk.hand_in(
            entry, form_key=form_key, browser=browser, language=t.language, deliver=room.deliver
        )
        async with room.database.unit_of_work(room.access) as uow:
            await room.notes.forget(uow, browser, DRAFT)
        return see_other(f"/form/receipt?of={name.removeprefix('slip:')}")

    @routes.get("/form/receipt")
    async def receipt(request: Request, of: str = "") -> Response:
        slip = await room.desk.slip(pages.browser(request), f"slip:{of}")
        if slip is None:
            raise NotFound
        return pages.render(request, "receipt.html", here="write", slip=slip)

    return routes


def _blank(request: Request) -> FormEntry:
    kind = request.query_params.get("kind", "")
    return FormEntry(kind=kind if kind in KINDS else KINDS[0])


def _errors(draft: Draft, t: Translator, pages: Pages) -> FieldErrors:
    errors = check(draft.entry, t, pages.settings.uploads)
    if draft.problems:
        errors["files"] = t.clause_separator.join([*filter(None, [errors["files"]]), *draft.problems])
    if draft.trapped:
        errors[HONEYPOT] = t("form.trap")
    return errors


async def _draft(room: FormRoom, browser: str) -> Draft | None:
    async with room.database.unit_of_work(room.access, read_only=True) as uow:
        value = await room.notes.recall(uow, browser, DRAFT)
    if value is None:
        return None
    return Draft(**{**value, "entry": FormEntry.from_json(value["entry"]), "problems": tuple(value["problems"])})


async def _entry(room: FormRoom, browser: str, posted: Posted) -> FormEntry:
    """What was typed now, with the files kept from the round before but for those given up."""
    draft = await _draft(room, browser)
    same = draft is not None and draft.form_key == posted.fields.get("form_key")
    kept = draft.entry.files if draft and same else ()
    files = tuple(file for file in kept if file.key not in posted.drop) + posted.files
    entry = replace(FormEntry.from_post(posted.fields), files=files)
    return entry.answered_by(await room.ways())


async def _keep_draft(room: FormRoom, browser: str, draft: Draft) -> None:
    ttl = timedelta(hours=room.pages.settings.pages.draft_hours)
    async with room.database.unit_of_work(room.access) as uow:
        await room.notes.keep(uow, browser, DRAFT, asdict(draft), ttl)
