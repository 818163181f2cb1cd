"""Documents that a caller asks for: a knowledge item, sent like any other answer, or by fax on the call itself."""

import asyncio
import logging
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PIL import Image

from kit.errors import AppError
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.citizens import store as citizens
from records.citizens.addresses import normalise
from records.knowledge import service as knowledge
from records.knowledge.tables import KnowledgeItemRow
from records.messages.service import Delivery, NewMessage, append, emit_delivery, reply
from records.messages.tables import Direction, OutboxRow, OutboxState
from router.contact import Channel
from router.tables import ContactRow
from telephony.calls import CallLeg, LegEnded
from telephony.fax import FaxResult, FaxStatus
from telephony.ivr.ports import Session
from telephony.switchboard import store
from telephony.switchboard.call import Call
from telephony.switchboard.fax_back import FaxBack, Sheet
from telephony.switchboard.house import House, words

log = logging.getLogger(__name__)

ITEM_OF = {"guide": "guides"}
"""Document to the item that it holds; other documents are items of their own name."""
MAIL, FAX = Channel.MAIL.value, Channel.FAX.value
DRAWING_S = 40.0
PAGES = "传真 {pages} 页"
"""What agents read; Chinese, as all that the platform writes into a record."""
START = words(
    "资料已备好，请在听到信号音后按传真机的启动键，发完后本次通话结束。",
    "It is ready. Please press the start key of your fax machine at the tone; the call ends with the fax.",
)
CUT = "传真中断：共 {pages} 页，已送达 {arrived} 页（{error}）。Cut: {arrived} of {pages} pages arrived ({error})."
NOT_TAKEN = "来电一方没有接收传真（{error}）。The caller's side took no fax ({error})."


async def send(house: House, contact_id: str, session: Session, document: str, by: str, address: str) -> bool:
    """Put the document on its way; False where the channel cannot send, there is no such item or address,
    or we call no such number.

    `address`: a number, or with `mail` an address; "" with `mail`: where the citizen is known to read mail.
    """
    if house.can_send is None or not await house.can_send(by):
        return False
    async with house.database.unit_of_work(house.access) as uow:
        contact = await store.contact(uow, contact_id)
        recipient = await _recipient(uow, contact, by, address)
        item = await _item(uow, document, session.language)
        if item is None or not recipient:
            return False
        if by != MAIL and not house.guard.permits((), recipient):
            return False  # a stranger typed it, and we would pay
        message = _message(contact, item, document, by, len(session.path))
        await reply(uow, message, Delivery(recipient=recipient, envelope={"automatic": True}))
    return True


async def fax_here(house: House, call: Call, session: Session, document: str) -> bool:
    """Fax the document on the caller's own call, which ends with it; False where nothing was sent.

    The number of pages and the result are kept with the contact. Raises `LegEnded` when the caller leaves before.
    """
    async with house.database.unit_of_work(house.access, read_only=True) as uow:
        item = await _item(uow, document, session.language)
    if house.fax_back is None or item is None:
        return False
    pages = await _drawn(house.fax_back, call.leg, item)
    if pages is None:
        return False
    await house.say(call.leg, START, session)
    with tempfile.TemporaryDirectory(prefix="axd-fax-") as folder:
        path = Path(folder) / "document.tiff"
        count = await asyncio.to_thread(_written, path, pages)
        result = await _transmitted(house.fax_back, call.leg, path)
    call.served = result.status is FaxStatus.COMPLETE
    await _keep(house, call, item, document, result, count)
    return call.served


async def _drawn(fax: FaxBack, leg: CallLeg, item: KnowledgeItemRow) -> bytes | None:
    """The caller hears music meanwhile."""
    sheet = Sheet(title=item.title, text=item.text, language=item.language, recipient=leg.caller)
    await leg.music(True)
    try:
        return await asyncio.wait_for(fax.draw(sheet), DRAWING_S)
    except (AppError, TimeoutError) as error:
        log.warning("a document could not be drawn for a fax: %s", type(error).__name__)
        return None
    finally:
        await leg.music(False)


async def _transmitted(fax: FaxBack, leg: CallLeg, path: Path) -> FaxResult:
    mark = new_id().replace("-", "")
    try:
        return await fax.port.send(leg, path, mark)
    except LegEnded:
        return FaxResult(status=FaxStatus.FAILED, pages=0, error="hung up")
    finally:
        with suppress(AppError):
            await fax.port.forget(mark)


async def _keep(house: House, call: Call, item: KnowledgeItemRow, document: str, result: FaxResult, pages: int) -> None:
    """As any answer with its end; one that failed can be sent once more, then by calling the number."""
    done = result.status is FaxStatus.COMPLETE
    words_of = CUT if result.status is FaxStatus.PARTIAL else NOT_TAKEN
    async with house.database.unit_of_work(house.access) as uow:
        contact = await store.contact(uow, call.contact_id)
        told = {"pages": pages, "arrived": result.pages, "fax": result.status.value, "on_call": True}
        new = _message(contact, item, document, FAX, len(call.session.path), told)
        message = await append(uow, replace(new, subject=f"{item.title} · {PAGES.format(pages=pages)}"))
        await uow.session.flush()
        uow.session.add(
            OutboxRow(
                message_id=message.id,
                channel=FAX,
                recipient=normalise("phone", call.leg.caller),
                envelope={"automatic": True},
                state=OutboxState.DELIVERED if done else OutboxState.FAILED,
                attempts=1,
                next_attempt_at=uow.now,
                last_error="" if done else words_of.format(pages=pages, arrived=result.pages, error=result.error),
                created_at=uow.now,
                finished_at=uow.now,
                sealed=message.sealed,
            )
        )
        await emit_delivery(uow, message.id)


async def _item(uow: UnitOfWork, document: str, language: str) -> KnowledgeItemRow | None:
    return await knowledge.item(uow, ITEM_OF.get(document, document), language)


async def _recipient(uow: UnitOfWork, contact: ContactRow, by: str, address: str) -> str:
    if by != MAIL:
        return normalise("phone", address)
    if address or contact.citizen_id is None or contact.sealed:
        return normalise("mail", address)
    known = [row for row in await citizens.addresses_of(uow, contact.citizen_id) if row.kind == "mail"]
    # Where the citizen was seen goes before what somebody wrote down for him.
    return next((row.value for row in sorted(known, key=lambda row: row.stated or row.shared)), "")


def _message(
    contact: ContactRow,
    item: KnowledgeItemRow,
    document: str,
    by: str,
    step: int,
    told: Mapping[str, object] | None = None,
) -> NewMessage:
    return NewMessage(
        thread_id=contact.thread_id,
        contact_id=contact.id,
        citizen_id=contact.citizen_id,
        direction=Direction.OUT,
        author_kind="system",
        channel=by,
        client_id=f"document:{contact.id}:{document}:{by}:{step}",
        subject=item.title,
        text=item.text,
        language=item.language,
        detail={"automatic": True, "document": document, **(told or {})},
        sealed=contact.sealed,
    )


def _written(path: Path, pages: bytes) -> int:
    path.write_bytes(pages)
    with Image.open(path) as image:
        count: int = getattr(image, "n_frames", 1)
    return count
