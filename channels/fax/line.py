"""Faxes out over the telephone line: written down as due, dialled by the process that carries the calls."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from PIL import Image
from sqlalchemy import select, update

from channels.adapter import Health, NotSupported, OutboundMessage, SendReceipt
from channels.fax import store
from channels.fax.ways import NOT_ALLOWED, TIFF
from kit import blobs
from kit.access import Access
from kit.blobs import BlobRow, BlobStore
from kit.due_work import DueWorkRow, WorkState, schedule
from kit.errors import Forbidden, TooMany
from kit.ids import new_id
from kit.unit_of_work import Database
from records.citizens.addresses import normalise
from records.messages.service import emit_delivery
from records.messages.tables import MessageRow, OutboxRow
from telephony.calls import CallFailed, CallLeg, Dial, Ended, HangUpCause, LegEnded
from telephony.fax import FaxPort, FaxResult, FaxStatus
from telephony.guard import AUTOMATIC
from telephony.switchboard.call import answered
from telephony.switchboard.errands import Errand
from telephony.switchboard.house import House

log = logging.getLogger(__name__)

WORDS: dict[str, str] = {
    HangUpCause.BUSY: "对方占线。The line was busy.",
    HangUpCause.NO_ANSWER: "无人应答。Nobody answered.",
    HangUpCause.REJECTED: "对方拒接。The call was rejected.",
    HangUpCause.UNREACHABLE: "号码无法接通。The number cannot be reached.",
}
NOT_CONNECTED = "呼叫失败。The call failed."
NO_MACHINE = "对方不是传真机，或线路中断（{error}）。No fax machine, or the line broke ({error})."
CUT = "传真中断：共 {pages} 页，已送达 {arrived} 页（{error}）。Cut: {arrived} of {pages} pages arrived ({error})."
GONE = "传真页面已不存在，请重新发送。The pages are gone; send it once more."

Reaches = Callable[[str], Awaitable[bool]]
"""Whether a line leads to this number (E.164); to "": whether there is any line out."""


class LineWay:
    """A `FaxWay`: the fax waits in the due work; its end is written into the outbox by `LineFaxes`."""

    def __init__(self, database: Database, access: Access, store: BlobStore, reaches: Reaches) -> None:
        self._database, self._access, self._blobs, self._reaches = database, access, store, reaches

    async def is_set_up(self) -> bool:
        return await self._reaches("")

    async def brought(self, line: str) -> bool:
        """See `FaxWay`: where no gateway claims it, the line is the first choice anyway."""
        return False

    async def send(self, message: OutboundMessage, number: str, pages: bytes) -> SendReceipt:
        """See `FaxWay`. Repeating is harmless as long as the fax waits or is on its way."""
        if not await self._reaches(normalise("phone", number)):
            raise NotSupported("No telephone line leads to this number.")
        receipt = SendReceipt(external_id=message.external_id)
        if await self._waits(message.outbox_id):
            return receipt
        blob = await self._blobs.put(pages)
        async with self._database.unit_of_work(self._access) as uow:
            blobs.record(uow, blob, TIFF, kept=True)
            payload = {"outbox_id": message.outbox_id, "blob_key": blob.key, "mark": new_id().replace("-", "")}
            await schedule(uow, Errand.FAX, payload, key=message.outbox_id)
        return receipt

    async def check(self) -> Health:
        """See `FaxWay`: the engine of calls is looked after by those who carry the calls."""
        return Health(ok=True)

    async def _waits(self, outbox_id: str) -> bool:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            mine = (DueWorkRow.job == Errand.FAX) & (DueWorkRow.key == outbox_id)
            query = select(DueWorkRow.id).where(mine, DueWorkRow.state == WorkState.PENDING)
            return await uow.session.scalar(query) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fax:
    message_id: str
    number: str
    line: str
    author: str
    path: Path
    mark: str


class LineFaxes:
    """Does `Errand.FAX`: dials, sends, and says in the thread what became of it. A fax that an earlier process began is
    not sent again: it goes on by itself, and its end is waited for.

    A line that is busy or silent is tried again. A fax that was cut is not: somebody has pages of it on the table, and
    the agent, who learns how many, decides.
    """

    def __init__(self, house: House, port: FaxPort) -> None:
        self._house, self._port = house, port

    async def __call__(self, row: DueWorkRow) -> timedelta | None:
        """See `telephony.switchboard.errands.Do`."""
        fax = await self._fax(row)
        if fax is None:
            return None
        begun = await self._port.resume(fax.mark)
        later = await (self._end(row, fax, begun) if begun is not None else self._try(row, fax))
        await self._port.forget(fax.mark)
        return later

    async def _try(self, row: DueWorkRow, fax: _Fax) -> timedelta | None:
        try:
            await self._house.allow(fax.author, fax.number)
        except Forbidden:
            await self._over(row, fax, NOT_ALLOWED)
            return None
        except TooMany as error:
            return await self._later(row, fax, error.detail)
        if not await asyncio.to_thread(fax.path.exists):
            await self._over(row, fax, GONE)
            return None
        return await self._end(row, fax, await self._transmit(fax))

    async def _end(self, row: DueWorkRow, fax: _Fax, result: FaxResult) -> timedelta | None:
        if result.status is FaxStatus.FAILED and row.attempts < self._house.settings.fax_tries:
            return await self._later(row, fax, result.error)
        await self._over(row, fax, await _reason(fax, result))
        return None

    async def _fax(self, row: DueWorkRow) -> _Fax | None:
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            outbox = await uow.session.get(OutboxRow, row.payload["outbox_id"])
            if outbox is None or outbox.state not in store.ON_THE_WAY:
                return None  # its end is known, though a process may have ended before it could say so in the work
            message = await uow.session.get_one(MessageRow, outbox.message_id)
            return _Fax(
                message_id=message.id,
                number=normalise("phone", outbox.recipient),
                line=str(outbox.envelope.get("account") or ""),
                author=message.author_id or AUTOMATIC,
                path=self._house.blobs.path(row.payload["blob_key"]),
                mark=row.payload.get("mark") or row.id.replace("-", ""),
            )

    async def _transmit(self, fax: _Fax) -> FaxResult:
        caller = fax.line if fax.line.removeprefix("+").isdigit() else self._house.settings.public_number
        ring_s = self._house.settings.fax_ring_s
        dial = Dial(to=fax.number, caller=caller, timeout_s=ring_s, variables={"why": "fax"})
        try:
            leg = await self._house.engine.originate(dial)
        except CallFailed as error:
            return _failed(error.detail)
        try:
            if not await answered(leg, ring_s):
                return _failed(await _cause(leg))
            async with asyncio.timeout(self._house.settings.fax_longest_s):
                result = await self._port.send(leg, fax.path, fax.mark)
        except (LegEnded, TimeoutError) as error:
            return _no_machine(type(error).__name__)
        finally:
            if not self._house.leaves_calls():
                await leg.hang_up()
        return result if result.status is not FaxStatus.FAILED else _no_machine(result.error)

    async def _over(self, row: DueWorkRow, fax: _Fax, reason: str) -> None:
        """`reason`: why it failed, empty where all of it arrived."""
        async with self._house.database.unit_of_work(self._house.access) as uow:
            await uow.session.execute(update(BlobRow).where(BlobRow.key == row.payload["blob_key"]).values(kept=False))
            if await store.mark(uow, fax.message_id, delivered=not reason, reason=reason):
                await emit_delivery(uow, fax.message_id)

    async def _later(self, row: DueWorkRow, fax: _Fax, reason: str) -> timedelta:
        async with self._house.database.unit_of_work(self._house.access) as uow:
            mine = (OutboxRow.id == row.payload["outbox_id"]) & OutboxRow.state.in_(store.ON_THE_WAY)
            await uow.session.execute(update(OutboxRow).where(mine).values(last_error=reason[:500]))
            await emit_delivery(uow, fax.message_id)
        return timedelta(seconds=self._house.settings.fax_retry_s)


def pages_of(path: Path) -> int:
    with Image.open(path) as image:
        pages: int = getattr(image, "n_frames", 1)
        return pages


async def _reason(fax: _Fax, result: FaxResult) -> str:
    """Why it did not arrive, or not all of it; empty where it did."""
    if result.status is not FaxStatus.PARTIAL:
        return result.error if result.status is FaxStatus.FAILED else ""
    pages = await asyncio.to_thread(pages_of, fax.path)
    return CUT.format(pages=pages, arrived=result.pages, error=result.error)


def _failed(cause: str) -> FaxResult:
    """Not even connected."""
    return FaxResult(status=FaxStatus.FAILED, pages=0, error=WORDS.get(cause, NOT_CONNECTED))


def _no_machine(error: str) -> FaxResult:
    return FaxResult(status=FaxStatus.FAILED, pages=0, error=NO_MACHINE.format(error=error))


async def _cause(leg: CallLeg) -> HangUpCause:
    """Why a leg has ended."""
    async for event in leg.events():
        if isinstance(event, Ended):
            return event.cause
    return HangUpCause.FAILED
