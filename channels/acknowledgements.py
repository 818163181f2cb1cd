"""The receipt that every contact gets which is not answered live: number and PIN by the channel it came from.

It does not say what kind of matter it is: a confidential report looks like any other. The PIN itself travels
encrypted in the outbox and is put into the text as it is sent; what is kept, and what staff see, is `PIN_MASK`.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from channels import automatic_texts
from channels.adapter import ContactRequest
from channels.automatic_texts import language_of
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from records.citizens.receipts import IssuedReceipt, Pin, issue, new_pin
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction
from records.staff.tables import WorkspaceRow
from router.contact import Channel, ChannelClass, class_of
from router.results import Placed
from router.tables import ContactRow

ON_PAGES = frozenset({Channel.FORM, Channel.LETTER, Channel.VISIT, Channel.VOICEMAIL})
"""Where a page shows number and PIN, the citizen's own or the desk's that prints them, or a voice tells them."""
PIN_MASK = "******"
PIN_IN_ENVELOPE = "pin"

ReceiptWording = Callable[[UnitOfWork, str, str, Mapping[str, str]], Awaitable[str | None]]
"""A channel's own words for a receipt on (our line) in (language) with (words: number, pin, due, url, hotline, name);
None for the usual ones."""


class Acknowledgements:
    """`status_url` is where citizens ask with number and PIN."""

    def __init__(
        self, status_url: str, secret_box: SecretBox, *, wordings: Mapping[str, ReceiptWording] | None = None
    ) -> None:
        self._status_url = status_url
        self._secret_box = secret_box
        self._wordings = wordings or {}

    async def acknowledge(
        self, uow: UnitOfWork, contact: ContactRow, pin: Pin | None, placed: Placed
    ) -> IssuedReceipt | None:
        """Issue a receipt for a new contact and send it; None without a `pin` (see `pin_for`)."""
        if pin is None or not contact.answerable:
            return None
        workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
        receipt = await issue(
            uow,
            pin,
            uow.now.astimezone(ZoneInfo(workspace.timezone)).date(),
            contact_id=contact.id,
            citizen_id=contact.citizen_id,
            sealed=contact.sealed,
        )
        await self.send(uow, contact, receipt, placed.due_on)
        return receipt

    async def send(self, uow: UnitOfWork, contact: ContactRow, receipt: IssuedReceipt, due_on: date) -> bool:
        """Send number and PIN by the contact's channel; False where only a page can show them."""
        route = reply_channel(contact)
        if route in ON_PAGES or not contact.answerable:
            return False
        language = language_of(contact.language)
        words = {**await self._words(uow, receipt, due_on, language), "pin": PIN_MASK}
        subject, text = await self._text(uow, contact, route, language, words)
        message = NewMessage(
            thread_id=contact.thread_id,
            contact_id=contact.id,
            citizen_id=contact.citizen_id,
            direction=Direction.OUT,
            author_kind="system",
            channel=route,
            client_id=f"receipt:{receipt.number}",
            subject=subject,
            text=text,
            language=language,
            detail={"automatic": True, "receipt": receipt.number, "due": due_on.isoformat()},
            sealed=contact.sealed,
        )
        envelope = {
            "automatic": True,
            "account": contact.recipient,
            PIN_IN_ENVELOPE: self._secret_box.encrypt(receipt.pin),
        }
        await reply(uow, message, Delivery(recipient=contact.sender, envelope=envelope))
        return True

    async def _text(
        self, uow: UnitOfWork, contact: ContactRow, route: str, language: str, words: Mapping[str, str]
    ) -> tuple[str, str]:
        """Subject and text."""
        wording = self._wordings.get(route)
        own = await wording(uow, contact.recipient, language, words) if wording else None
        found = await automatic_texts.words(uow, "receipt", route, language)
        return found.subject.format(**words), own or found.text.format(**words)

    async def _words(self, uow: UnitOfWork, receipt: IssuedReceipt, due_on: date, language: str) -> dict[str, str]:
        return {
            **await automatic_texts.house(uow, language),
            "number": receipt.number,
            "due": due_on.strftime("%d %B %Y" if language == "en" else "%Y年%m月%d日"),
            "url": self._status_url,
        }


def needs_pin(request: ContactRequest) -> bool:
    """Whether a contact of it gets a receipt: it is not answered live, and no machine wrote it."""
    is_message = class_of(request.channel) is ChannelClass.MESSAGE
    return is_message and bool(request.hints.get("answerable", True))


async def pin_for(request: ContactRequest) -> Pin | None:
    """A PIN where `needs_pin`; made before the transaction begins."""
    return await new_pin() if needs_pin(request) else None


def reply_channel(contact: ContactRow) -> str:
    """The channel that an answer to this contact takes: a form is answered by mail or text message where it asks so."""
    if contact.channel == Channel.FORM and contact.sender_kind == "mail":
        return Channel.MAIL
    if contact.channel == Channel.FORM and contact.sender_kind == "phone" and contact.hints.get("reply") == "sms":
        return Channel.SMS
    return contact.channel
