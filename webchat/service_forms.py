"""A form handed in: stored and routed once however often it is sent, answered with a number and a PIN."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from kit import blobs
from kit.access import Access
from kit.unit_of_work import Database, UnitOfWork
from records.citizens import receipts
from router.contact import Channel, RawInbound
from router.tables import ContactRow
from webchat.form_entry import FormEntry
from webchat.notes import VisitorNotes
from webchat.settings import PageSettings

ACCOUNT = "web"


class StoredForm(Protocol):
    """What storing answers: which contact it became, and on the first time the receipt."""

    @property
    def contact_id(self) -> str | None: ...
    @property
    def receipt_number(self) -> str | None: ...
    @property
    def receipt_pin(self) -> str | None: ...


DeliverForm = Callable[[RawInbound], Awaitable[StoredForm]]
"""Stores, routes and issues the receipt in one transaction. Raises `Unavailable` when nothing was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A receipt as its page shows it. `reply` is a way of the form, `reply_address` masked."""

    number: str
    pin: str
    due: date | None
    reply: str
    reply_address: str

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "pin": self.pin,
            "due": self.due.isoformat() if self.due else None,
            "reply": self.reply,
            "reply_address": self.reply_address,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Slip":
        return cls(**{**value, "due": date.fromisoformat(value["due"]) if value["due"] else None})


class FormDesk:
    """Takes forms in; one for each process."""

    def __init__(
        self, database: Database, access: Access, notes: VisitorNotes, settings: PageSettings, zone: ZoneInfo
    ) -> None:
        self._database = database
        self._access = access
        self._notes = notes
        self._settings = settings
        self._zone = zone

    async def hand_in(
        self, entry: FormEntry, *, form_key: str, browser: str, language: str, deliver: DeliverForm
    ) -> tuple[str, Slip]:
        """Returns the slip and the name it is kept under for this browser. Sent again, it answers the same.

        A repeat whose PIN was lost on the way (the first answer never arrived) gets a new PIN: only the browser that
        holds the form's key can ask for it.
        """
        entry = entry.without_identity()
        provider_id = f"{form_key}:{entry.fingerprint()}"
        name = slip_name(provider_id)
        known = await self.slip(browser, name)
        if known is not None:
            return name, known
        stored = await deliver(self._raw(entry, provider_id, language))
        return name, await self._keep_slip(entry, stored, browser, name)

    async def slip(self, browser: str, name: str) -> Slip | None:
        """The receipt this browser was given under `name`, for half an hour."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            value = await self._notes.recall(uow, browser, name)
        return Slip.from_json(value) if value else None

    def _raw(self, entry: FormEntry, provider_id: str, language: str) -> RawInbound:
        return RawInbound(
            channel=Channel.FORM,
            account=ACCOUNT,
            provider_id=provider_id,
            received_at=self._database.clock.now(),
            raw_json={
                "entry": {**entry.as_json(), "files": [file.as_attachment() for file in entry.files]},
                "mobile": entry.mobile,
                "language": language,
            },
            sealed=entry.is_report,
        )

    async def _keep_slip(self, entry: FormEntry, stored: StoredForm, browser: str, name: str) -> Slip:
        pin = await receipts.new_pin()
        ttl = timedelta(minutes=self._settings.slip_minutes)
        async with self._database.unit_of_work(self._access) as uow:
            for file in entry.files:
                await blobs.keep(uow, file.key)
            slip = await self._make_slip(uow, entry, stored, pin)
            first = await self._notes.keep_first(uow, browser, name, slip.as_json(), ttl)
            if first and stored.receipt_pin is None:
                receipt = await receipts.of_contact(uow, str(stored.contact_id))
                if receipt is not None:
                    await receipts.change_pin(uow, receipt.id, pin)
            kept = None if first else await self._notes.recall(uow, browser, name)
        return Slip.from_json(kept) if kept else slip

    async def _make_slip(self, uow: UnitOfWork, entry: FormEntry, stored: StoredForm, pin: receipts.Pin) -> Slip:
        contact = await uow.session.scalar(select(ContactRow).where(ContactRow.id == stored.contact_id))
        receipt = await receipts.of_contact(uow, str(stored.contact_id))
        return Slip(
            number=stored.receipt_number or (receipt.number if receipt else ""),
            pin=stored.receipt_pin or pin.value,
            due=contact.due_at.astimezone(self._zone).date() if contact and contact.due_at else None,
            reply=entry.reply,
            reply_address=entry.masked_address,
        )


def slip_name(provider_id: str) -> str:
    """What a browser's receipt is called in its notes and in the address of its page."""
    return f"slip:{hashlib.sha256(provider_id.encode()).hexdigest()[:24]}"
