"""Asking how a matter stands, by number and PIN, and acting on it; without any script."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from kit.clock import Clock
from kit.errors import Conflict, NotFound
from kit.secret_box import SecretBox
from kit.sources import source_of
from records.citizens import receipts
from records.citizens.masking import mask_address, mask_name, mask_text
from records.citizens.tables import CitizenRow
from router.hours import Calendar
from webchat.catalogue import Translator
from webchat.limits import HOUR_S, RateLimits
from webchat.multipart import FormReader, small_form
from webchat.pages import FieldErrors, Pages, see_other
from webchat.progress import Matter
from webchat.rating_links import link_token
from webchat.ratings import Ratings
from webchat.service_status import DeliverNote, Matters, urged_on

STATUS_COOKIE = "axd_status"
PURPOSE = "status page"
PIN = re.compile(r"\d{6}")
SAID = ("note", "urge", "withdraw")
MAX_REASON_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRoom:
    """All that the status page needs; the adapter supplies `deliver`."""

    pages: Pages
    matters: Matters
    ratings: Ratings
    reader: FormReader
    limits: RateLimits
    box: SecretBox
    clock: Clock
    deliver: DeliverNote

    def pass_for(self, receipt_id: str) -> str:
        """The cookie that keeps a checked PIN for a quarter of an hour of use."""
        lasts = timedelta(minutes=self.pages.settings.pages.status_minutes)
        text = f"{receipt_id}.{int((self.clock.now() + lasts).timestamp())}"
        return f"{text}.{self.box.sign(PURPOSE, text)}"

    def receipt_of(self, request: Request) -> str | None:
        """The receipt whose PIN was checked in this browser; None when it was not, or too long ago."""
        text, _, signature = request.cookies.get(STATUS_COOKIE, "").rpartition(".")
        receipt_id, _, expires = text.partition(".")
        if not self.box.verify(PURPOSE, text, signature) or not expires.isdigit():
            return None
        return receipt_id if datetime.fromtimestamp(int(expires), UTC) > self.clock.now() else None


def status_routes(room: StatusRoom) -> APIRouter:
    routes = APIRouter(route_class=room.pages.route_class(), include_in_schema=False)

    @routes.get("/status")
    async def show(request: Request, said: str = "") -> Response:
        receipt_id = room.receipt_of(request)
        if receipt_id is None:
            return _ask(room, request, "", FieldErrors())
        return await _progress(room, request, receipt_id, said=said if said in SAID else "")

    @routes.post("/status")
    async def ask(request: Request) -> Response:
        form = await small_form(request)
        room.pages.require_own_form(request, form.get("csrf"))
        await room.limits.spend("status", source_of(request), room.pages.settings.pages.queries_per_hour, HOUR_S)
        return await _check(room, request, str(form.get("number") or ""), str(form.get("pin") or "").strip())

    @routes.post("/status/leave")
    async def leave(request: Request) -> Response:
        room.pages.require_own_form(request, (await small_form(request)).get("csrf"))
        response = see_other("/status")
        response.delete_cookie(STATUS_COOKIE, path="/status")
        return response

    _acts(routes, room)
    return routes


def _acts(routes: APIRouter, room: StatusRoom) -> None:
    pages, matters = room.pages, room.matters

    @routes.post("/status/note")
    async def note(request: Request) -> Response:
        t, receipt_id = pages.translator(request), _required(room, request)
        await room.limits.spend("form", source_of(request), pages.settings.pages.forms_per_hour, HOUR_S)
        posted = await room.reader.read(request, pages)
        text = posted.fields.get("note", "").strip()
        errors = _note_errors(text, len(posted.files), posted.problems, t, pages)
        if errors:
            return await _progress(room, request, receipt_id, errors=errors, note=text, status=422)
        await matters.add_note(receipt_id, text, posted.files, t.language, room.deliver)
        return see_other("/status?said=note")

    @routes.post("/status/urge")
    async def urge(request: Request) -> Response:
        t, receipt_id = pages.translator(request), _required(room, request)
        pages.require_own_form(request, (await small_form(request)).get("csrf"))
        await matters.urge(receipt_id, t("status.event_urge"), t.language, room.deliver)
        return see_other("/status?said=urge")

    @routes.post("/status/withdraw")
    async def withdraw(request: Request) -> Response:
        t, receipt_id = pages.translator(request), _required(room, request)
        form = await small_form(request)
        pages.require_own_form(request, form.get("csrf"))
        reason = str(form.get("reason") or "").strip()[:MAX_REASON_CHARS]
        if not reason:
            errors = FieldErrors(reason=t("error_field.reason_missing"))
            return await _progress(room, request, receipt_id, errors=errors, status=422)
        try:
            await matters.withdraw(receipt_id, reason, t.language, room.deliver)
        except Conflict:
            return see_other("/status")
        return see_other("/status?said=withdraw")


def _required(room: StatusRoom, request: Request) -> str:
    receipt_id = room.receipt_of(request)
    if receipt_id is None:
        raise NotFound
    return receipt_id


async def _check(room: StatusRoom, request: Request, number: str, pin: str) -> Response:
    t, errors = room.pages.translator(request), FieldErrors()
    clean = receipts.clean_number(number)
    if not number.strip():
        errors["number"] = t("error_field.number_missing")
    elif clean is None:
        errors["number"] = t("error_field.number_wrong")
    if not PIN.fullmatch(pin):
        errors["pin"] = t("error_field.pin_missing")
    if errors or clean is None:
        return _ask(room, request, number, errors)
    verdict = await room.matters.open(clean, pin, source_of(request))
    if verdict.receipt is None:
        errors["pin"] = _refused(room, verdict, t)
        return _ask(room, request, number, errors)
    return _with_pass(room, request, see_other("/status"), verdict.receipt.id)


def _refused(room: StatusRoom, verdict: receipts.Verdict, t: Translator) -> str:
    if verdict.locked_until is not None:
        left_s = (verdict.locked_until - room.clock.now()).total_seconds()
        return t("error_field.locked", minutes=max(1, -int(-left_s // 60)))
    return t("error_field.pin_last") if verdict.tries_left == 1 else t("error_field.pin_wrong", left=verdict.tries_left)


def _ask(room: StatusRoom, request: Request, number: str, errors: FieldErrors) -> Response:
    status = 422 if errors else 200
    return room.pages.render(request, "status.html", here="status", number=number, errors=errors, status=status)


def _with_pass(room: StatusRoom, request: Request, response: Response, receipt_id: str) -> Response:
    max_age = room.pages.settings.pages.status_minutes * 60
    response.set_cookie(
        STATUS_COOKIE,
        room.pass_for(receipt_id),
        max_age=max_age,
        path="/status",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def _note_errors(text: str, files: int, problems: tuple[str, ...], t: Translator, pages: Pages) -> FieldErrors:
    limits, errors = pages.settings.uploads, FieldErrors()
    if not text and not files and not problems:
        errors["note"] = t("error_field.note_missing")
    if len(text) > limits.text_chars:
        errors["note"] = t("error_field.text_long", limit=limits.text_chars, count=len(text))
    if problems:
        errors["files"] = t.clause_separator.join(problems)
    elif files > limits.count:
        errors["files"] = t("error_field.file_many", limit=limits.count, count=files - limits.count)
    return errors


async def _progress(
    room: StatusRoom,
    request: Request,
    receipt_id: str,
    *,
    errors: FieldErrors | None = None,
    said: str = "",
    note: str = "",
    status: int = 200,
) -> Response:
    matter, calendar, citizen = await room.matters.matter(receipt_id)
    await room.matters.mark_read(matter)
    rateable = await room.ratings.of_contact(matter.contact.id) if matter.contact is not None else None
    response = room.pages.render(
        request,
        "progress.html",
        here="status",
        status=status,
        case=_shown(room, matter, calendar, citizen, room.pages.translator(request)),
        errors=errors or FieldErrors(),
        said=said,
        rate=link_token(room.box, rateable.contact_id) if rateable is not None and not rateable.done else "",
        note=note,
        timeout_min=room.pages.settings.pages.status_minutes,
    )
    return _with_pass(room, request, response, receipt_id)


def _shown(
    room: StatusRoom, matter: Matter, calendar: Calendar, citizen: CitizenRow | None, t: Translator
) -> dict[str, Any]:
    now = room.clock.now()
    due, urged = matter.due_on(calendar.zone), urged_on(matter, calendar, now)
    return {
        "number": matter.receipt.number,
        "title": "" if matter.sealed else mask_text(_title(matter)),
        "state": matter.state,
        "finished": matter.finished,
        "due": due,
        "days_left": _days_left(calendar, now, due) if due else 0,
        "asked": matter.asked,
        "stages": matter.stages(),
        "timeline": matter.timeline(t),
        "can_urge": not matter.finished and not urged,
        "urged_today": urged,
        **_registered(matter, citizen, t),
    }


def _title(matter: Matter) -> str:
    if matter.case is not None:
        return matter.case.title
    return matter.contact.subject if matter.contact else ""


def _days_left(calendar: Calendar, now: datetime, due: Any) -> int:
    today = calendar.local_day(now)
    return calendar.workdays_between(today, due) if due >= today else -calendar.workdays_between(due, today)


def _registered(matter: Matter, citizen: CitizenRow | None, t: Translator) -> dict[str, str]:
    """What was registered; of a confidential matter neither kind nor category nor name."""
    if matter.sealed or matter.contact is None:
        return {"kind": "", "category": "", "citizen": "", "reply_to": ""}
    contact, case = matter.contact, matter.case
    kind = case.kind if case else str(contact.hints.get("kind") or "")
    name = mask_name(citizen.name) if citizen and citizen.name else ""
    known = contact.sender_kind in ("phone", "mail")
    return {
        "kind": matter.word(kind, t.language),
        "category": matter.word(case.category, t.language) if case else "",
        "citizen": f"{name} {citizen.honorific or ''}".strip() if citizen and name else "",
        "reply_to": mask_address(contact.sender_kind, contact.sender) if known else "",
    }
