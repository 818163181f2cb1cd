"""Faxes over the telephone line: what comes in on a call goes to the fax channel; what goes out on one is drawn."""

import asyncio
import logging
from contextlib import suppress

from channels.adapter import OutboundMessage, RawInbound
from channels.fax.letter import letter_of
from channels.fax.ways import RenderingFailed
from kit.errors import AppError, Unavailable
from kit.ids import new_id
from records.staff.tables import WorkspaceRow
from router.contact import Channel
from server.paper import draw_fax
from server.wiring import Services
from telephony.calls import CallLeg
from telephony.fax import FaxPort, FaxResult, FaxStatus, LeftFax
from telephony.switchboard.fax_back import FaxBack, Sheet

log = logging.getLogger(__name__)

LINE = "line"


class LineFaxes:
    """`telephony.switchboard.house.ReceiveFax`."""

    def __init__(self, services: Services, port: FaxPort) -> None:
        self._services, self._port = services, port

    async def __call__(self, leg: CallLeg) -> bool:
        """Whether pages came: all of them, or as many as arrived before it was cut."""
        mark = new_id().replace("-", "")
        result = await self._port.receive(leg, mark)
        about = LeftFax(mark=mark, call_id=leg.id, caller=leg.caller, dialled=leg.dialled)
        return await self._keep(about, result)

    async def take_over(self) -> None:
        """Those that an earlier process was receiving go on by themselves; what came of each is kept as any fax."""
        try:
            await asyncio.gather(*(self._finish(fax) for fax in await self._port.left()))
        except Exception:
            log.exception("faxes of an earlier process could not be taken over; the next one tries again")

    async def _finish(self, fax: LeftFax) -> None:
        result = None
        while result is None:
            with suppress(AppError):
                result = await self._port.resume(fax.mark)
        await self._keep(fax, result)

    async def _keep(self, fax: LeftFax, result: FaxResult) -> bool:
        """Harmless to repeat: a call brings one fax."""
        if result.path is not None:
            said = {"caller": fax.caller, "line": fax.dialled, "station": result.station}
            raw = RawInbound(
                channel=Channel.FAX,
                account=LINE,
                provider_id=fax.call_id,
                received_at=self._services.database.clock.now(),
                raw=await asyncio.to_thread(result.path.read_bytes),
                raw_json={
                    **said,
                    "pages": result.pages,
                    "call_id": fax.call_id,
                    "cut": result.status is FaxStatus.PARTIAL,
                },
            )
            await self._services.store_intake(raw)
        with suppress(AppError):
            await self._port.forget(fax.mark)
        return result.path is not None


def fax_back(services: Services, port: FaxPort) -> FaxBack:
    """Documents on the callers' own calls, drawn as the fax channel draws its letters."""

    async def draw(sheet: Sheet) -> bytes:
        async with services.database.unit_of_work(services.access, read_only=True) as uow:
            workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
        sender = workspace.name_en if sheet.language.startswith("en") and workspace.name_en else workspace.name
        message = OutboundMessage(
            outbox_id="",
            message_id="",
            thread_key="",
            recipient=sheet.recipient,
            subject=sheet.title,
            text=sheet.text,
            language=sheet.language,
            external_id="",
        )
        try:
            return await draw_fax(letter_of(message, sender), [])
        except RenderingFailed as error:
            raise Unavailable("The fax could not be drawn.") from error

    return FaxBack(draw=draw, port=port)
