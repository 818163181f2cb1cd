"""Faxes over the telephone line: what comes in on a call goes to the fax channel; what goes out on one is drawn."""

import asyncio

from channels.adapter import OutboundMessage, RawInbound
from channels.fax.letter import letter_of
from channels.fax.ways import RenderingFailed
from kit.errors import Unavailable
from records.staff.tables import WorkspaceRow
from router.contact import Channel
from server.paper import draw_fax
from server.wiring import Services
from telephony.calls import CallLeg
from telephony.fax import FaxPort
from telephony.switchboard.fax_back import FaxBack, Sheet

LINE = "line"


class LineFaxes:
    """`telephony.switchboard.house.ReceiveFax`."""

    def __init__(self, services: Services, port: FaxPort) -> None:
        self._services, self._port = services, port

    async def __call__(self, leg: CallLeg) -> bool:
        """Whether pages came: all of them, or as many as arrived before it was cut."""
        result = await self._port.receive(leg)
        if result.path is None:
            return False
        said = {"caller": leg.caller, "line": leg.dialled, "station": result.station}
        raw = RawInbound(
            channel=Channel.FAX,
            account=LINE,
            provider_id=leg.id,
            received_at=self._services.database.clock.now(),
            raw=await asyncio.to_thread(result.path.read_bytes),
            raw_json={**said, "pages": result.pages, "call_id": leg.id},
        )
        await self._services.store_intake(raw)
        await asyncio.to_thread(result.path.unlink, True)
        return True


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
