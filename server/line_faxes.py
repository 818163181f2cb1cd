"""Faxes over the telephone line: what comes in on a call goes to the fax channel."""

import asyncio

from channels.adapter import RawInbound
from router.contact import Channel
from server.wiring import Services
from telephony.calls import CallLeg
from telephony.fax import FaxPort

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
