"""Asking citizens what they thought of a closed contact, by the channel they came by; and taking what they reply.

Found by looking for what has closed, not noted at each of the many places where a contact can close: so none is
missed, also when a process dies between the two. The row of a contact is made once and says whether it was asked.
"""

import asyncio
import logging
import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from channels import automatic_texts
from channels.acknowledgements import ON_PAGES, reply_channel
from channels.adapter import ContactRequest
from channels.outbox import LINK_IN_ENVELOPE, LINK_MASK, UNASKED
from channels.satisfaction_choices import ANSWER_WITHIN, CHOICES, WITH_BUTTONS, choices_of
from kit.access import Access
from kit.errors import Unavailable
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork
from records.cases.tables import CaseRow
from records.citizens import do_not_contact, satisfaction
from records.citizens.satisfaction import Rating
from records.citizens.tables import SatisfactionRow
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction
from records.staff.tables import WorkspaceRow
from router.contact import OPEN_STATUSES, Channel, ContactStatus
from router.tables import ContactRow
from webchat.rating_links import link_token
from webchat.ratings import is_report

log = logging.getLogger(__name__)

POLL_S = 15.0
BATCH = 50
LATEST = timedelta(days=1)
AFTER_MINUTES = 5
SETTING = "satisfaction"
"""In the workspace's settings: {"ask": true, "after_minutes": 5}."""
BY_LINK = frozenset({Channel.MAIL, Channel.CHAT})
SPOKEN = frozenset({Channel.VOICE, Channel.CALLBACK})
NOT_SERVED = frozenset(
    {
        "misdialled",
        "silent",
        "harassment",
        "line_cut",
        "withdrawn",
        "answered_elsewhere",
        "nobody_there",
        "wrong_person",
    }
)
_DIGITS = re.compile(r"([1-5])[\s,、/]*([1-5])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SatisfactionSettings:
    """Whether the system asks, and how many minutes after the end; a chat is asked at once."""

    ask: bool = True
    after_minutes: int = AFTER_MINUTES


class SatisfactionQuestions:
    """Any number may run: who makes the row of a contact asks. `url` is the citizens' address of the platform."""

    def __init__(self, database: Database, access: Access, box: SecretBox, url: str) -> None:
        self._database = database
        self._access = access
        self._box = box
        self._url = url

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self.work()
            except Unavailable:
                log.warning("closed contacts cannot be read now; trying again")
            except Exception:
                log.exception("a round of asking for satisfaction failed; trying again")
            await asyncio.sleep(POLL_S)

    async def work(self) -> int:
        """Ask about what has closed; returns how many contacts were looked at."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            due = await _due(uow, await read_settings(uow))
        for contact_id in due:
            try:
                async with self._database.unit_of_work(self._access) as uow:
                    await self._ask(uow, contact_id)
            except IntegrityError:
                log.info("another process asks about this contact")
        return len(due)

    async def _ask(self, uow: UnitOfWork, contact_id: str) -> None:
        contact = await uow.session.get_one(ContactRow, contact_id)
        channel, language = reply_channel(contact), automatic_texts.language_of(contact.language)
        reason = await _why_not(uow, contact, channel)
        row = SatisfactionRow(
            contact_id=contact.id,
            citizen_id=contact.citizen_id,
            channel=channel,
            recipient=contact.sender,
            language=language,
            asked_at=None if reason else uow.now,
            not_asked=reason,
        )
        uow.session.add(row)
        await uow.session.flush()
        if reason is None:
            await self._send(uow, contact, row)

    async def _send(self, uow: UnitOfWork, contact: ContactRow, row: SatisfactionRow) -> None:
        words = await automatic_texts.words(uow, "satisfaction", row.channel, row.language)
        places = {**await automatic_texts.house(uow, row.language), "url": LINK_MASK}
        envelope: dict[str, Any] = {"automatic": True, "account": contact.recipient, UNASKED: True}
        if row.channel in WITH_BUTTONS:
            envelope[CHOICES] = choices_of(row)
        if row.channel == Channel.CHAT:
            # The page knows its visitor by the cookie.
            places["url"] = f"{self._url}/rate"
        else:
            token = link_token(self._box, contact.id)
            envelope[LINK_IN_ENVELOPE] = self._box.encrypt(f"{self._url}/rate/{token}")
        message = _message(contact, row, f"satisfaction:{row.id}", words.text.format(**places))
        await reply(uow, message, Delivery(recipient=row.recipient, envelope=envelope))


async def take_reply(uow: UnitOfWork, request: ContactRequest) -> bool:
    """Whether the message is one or two digits in answer to our question: then it is written down and thanked for.

    The first digit is for the service, the second for the result; a single one answers what is still open.
    """
    digits = _DIGITS.fullmatch(unicodedata.normalize("NFKC", request.text).strip().rstrip("。.!"))
    if digits is None or request.channel in BY_LINK or request.attachments:
        return False
    row = await satisfaction.unanswered(uow, request.channel, request.sender.value, uow.now - ANSWER_WITHIN)
    if row is None or row.sealed:
        return False
    first, second = int(digits[1]), int(digits[2]) if digits[2] else None
    rating = Rating(service=first, result=second) if row.service is None else Rating(result=first)
    satisfaction.record(uow, row, rating, by=request.channel)
    contact = await uow.session.get_one(ContactRow, row.contact_id)
    key = "satisfaction_thanks" if satisfaction.is_complete(row) else "satisfaction_more"
    words = await automatic_texts.words(uow, key, row.channel, row.language)
    text = words.text.format(**await automatic_texts.house(uow, row.language))
    envelope = {"automatic": True, "account": contact.recipient}
    await reply(
        uow, _message(contact, row, f"{key}:{row.id}", text), Delivery(recipient=row.recipient, envelope=envelope)
    )
    return True


def _message(contact: ContactRow, row: SatisfactionRow, client_id: str, text: str) -> NewMessage:
    return NewMessage(
        thread_id=contact.thread_id,
        contact_id=contact.id,
        citizen_id=contact.citizen_id,
        direction=Direction.OUT,
        author_kind="system",
        channel=row.channel,
        client_id=client_id,
        subject=automatic_texts.built_in("satisfaction", row.channel, row.language).subject,
        text=text,
        language=row.language,
        detail={"automatic": True, "satisfaction": True},
        sealed=contact.sealed,
    )


async def _due(uow: UnitOfWork, settings: SatisfactionSettings) -> list[str]:
    """Ids of served contacts that closed, with their case where they have one, and that nobody has looked at yet."""
    if not settings.ask:
        return []
    other = aliased(ContactRow)
    asked = exists().where(SatisfactionRow.contact_id == ContactRow.id)
    goes_on = exists().where(other.thread_id == ContactRow.thread_id, other.status.in_(OPEN_STATUSES))
    closed = _closed(uow.now, timedelta(minutes=settings.after_minutes))
    query = (
        select(ContactRow.id)
        .outerjoin(CaseRow, CaseRow.id == ContactRow.case_id)
        .where(ContactRow.status == ContactStatus.CLOSED, ContactRow.direction == "in", ContactRow.sealed.is_(False))
        .where(ContactRow.accepted_at.is_not(None), closed, ~asked, ~goes_on)
    )
    return list(await uow.session.scalars(query.order_by(ContactRow.closed_at.desc()).limit(BATCH)))


def _closed(now: datetime, after: timedelta) -> ColumnElement[bool]:
    """A little while ago: to be asked at once is a nuisance, to be asked the next day, too."""
    last, first = now - after, now - after - LATEST
    # A page waits for nothing: who leaves it cannot be asked there any more.
    chat = and_(ContactRow.channel == Channel.CHAT, ContactRow.closed_at.between(first, now))
    alone = and_(ContactRow.case_id.is_(None), or_(ContactRow.closed_at.between(first, last), chat))
    return or_(alone, CaseRow.closed_at.between(first, last))


async def _why_not(uow: UnitOfWork, contact: ContactRow, channel: str) -> str | None:
    if await is_report(uow, contact):
        return "report"
    if not contact.answerable:
        return "machine"
    if contact.disposition in NOT_SERVED:
        return "not_served"
    if channel in ON_PAGES or channel in SPOKEN:
        return "no_way"
    if await do_not_contact.forbids(uow, contact.citizen_id, channel):
        return "do_not_contact"
    return "asked_for_case" if await _asked_for_case(uow, contact) else None


async def _asked_for_case(uow: UnitOfWork, contact: ContactRow) -> bool:
    if contact.case_id is None:
        return False
    query = select(SatisfactionRow.id).join(ContactRow, ContactRow.id == SatisfactionRow.contact_id)
    query = query.where(ContactRow.case_id == contact.case_id, SatisfactionRow.asked_at.is_not(None)).limit(1)
    return await uow.session.scalar(query) is not None


async def read_settings(uow: UnitOfWork) -> SatisfactionSettings:
    """As the workspace has them."""
    workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
    found = workspace.settings.get(SETTING) or {}
    minutes = int(found.get("after_minutes", AFTER_MINUTES))
    return SatisfactionSettings(ask=bool(found.get("ask", True)), after_minutes=max(0, minutes))


async def change_settings(uow: UnitOfWork, settings: SatisfactionSettings) -> None:
    """For all contacts that nobody was asked about yet."""
    workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
    workspace.settings = {**workspace.settings, SETTING: asdict(settings)}
