"""SMPP with another independent message centre, the server of the package smpp34."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import smpp34

from kit.tasks import stop
from records.messages.tables import OutboxState
from tests.support.channel_room import ChannelRoom
from tests.support.ports import free_port
from tests.support.smpp_world import smpp_world
from tests.support.waiting import wait_until


class Centre:
    """Takes every part and reports it as delivered."""

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: list[smpp34.SubmitSmEvent] = []
        self.sessions: dict[str, smpp34.Esme] = {}
        self._server = smpp34.Server("127.0.0.1", self.port)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self._server.start()
        task = asyncio.create_task(self._serve())
        try:
            yield
        finally:
            await stop([task])
            await self._server.stop()

    async def _serve(self) -> None:
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.Esme):
                self.sessions[event.session_id] = event
            elif isinstance(event, smpp34.SubmitSmEvent):
                self.taken.append(event)
                event.accept(f"id-{len(self.taken)}")
                if event.registered_delivery:
                    await self._report(event, f"id-{len(self.taken)}")

    async def _report(self, event: smpp34.SubmitSmEvent, message_id: str) -> None:
        await self.sessions[event.session_id].deliver_sm(
            event.source_addr,
            source_addr=event.destination_addr,
            esm_class=4,
            tlvs=[
                smpp34.Tlv(0x001E, message_id.encode() + b"\0"),
                smpp34.Tlv(0x0427, b"\x02"),
            ],
        )

    async def deliver(self, octets: bytes, esm_class: int = 0, tlvs: list[smpp34.Tlv] | None = None) -> int:
        await wait_until(lambda: self.sessions, "a session is bound")
        session = list(self.sessions.values())[-1]
        answer = await session.deliver_sm(
            "8657188120001",
            octets,
            source_addr="8613900000001",
            source_addr_ton=1,
            esm_class=esm_class,
            data_coding=8,
            tlvs=tlvs or [],
        )
        return answer.command_status


def sar(reference: int, total: int, number: int) -> list[smpp34.Tlv]:
    return [
        smpp34.Tlv(0x020C, reference.to_bytes(2, "big")),
        smpp34.Tlv(0x020E, bytes((total,))),
        smpp34.Tlv(0x020F, bytes((number,))),
    ]


async def test_in_answer_out_and_receipt_by_parameters(room: ChannelRoom) -> None:
    centre = Centre()
    async with centre.running(), smpp_world(room) as line:
        await line.set_up(centre.port, concatenation="udh16", receipts="all")
        await line.start()
        for number, text in ((2, "乙" * 60), (1, "甲" * 60)):
            assert await centre.deliver(text.encode("utf-16-be"), tlvs=sar(300, 2, number)) == 0
        header = bytes.fromhex("06080401f4")
        for number, text in ((1, "丙" * 60), (2, "丁" * 60)):
            octets = header + bytes((2, number)) + text.encode("utf-16-be")
            assert await centre.deliver(octets, esm_class=0x40) == 0
        assert await line.heard() == ["甲" * 60 + "乙" * 60, "丙" * 60 + "丁" * 60]
        message = await line.sms.agent_answers("长" * 100)
        await line.sms.sends()
        await line.answer_is(message, OutboxState.DELIVERED)
        parts = [event.short_message for event in centre.taken if event.esm_class == 0x40]
        texts = [part[7:].decode("utf-16-be") for part in parts if "长" in part[7:].decode("utf-16-be")]
        assert "".join(texts) == "长" * 100
