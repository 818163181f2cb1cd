"""SMPP with Kannel's own emulator of a message centre, the third one that is not of this project."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from records.messages.tables import OutboxState
from tests.support.channel_room import ChannelRoom
from tests.support.ports import free_port
from tests.support.smpp_world import smpp_world
from tests.support.sms_world import CITIZEN

DRIVE = "/usr/lib/kannel/test/drive_smpp"
GATEWAY_PORT = 13001  # no choice of ours: it is written into the program
TEXTS = 100


@asynccontextmanager
async def kannel(port: int, folder: Path) -> AsyncIterator[Path]:
    """Delivers that many texts to whoever binds a pair, and takes texts; its log.

    It was made to drive Kannel's gateway and wants to be connected to one as well, which here only listens.
    """
    left = asyncio.Event()

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            continue
        writer.close()
        await writer.wait_closed()
        left.set()

    gateway = await asyncio.start_server(swallow, "127.0.0.1", GATEWAY_PORT)
    log, argv = folder / "kannel.log", (DRIVE, "-p", str(port), "-m", str(TEXTS))
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*argv, stdout=output, stderr=output, cwd=folder)
    async with gateway:
        try:
            yield log
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await asyncio.wait_for(left.wait(), 30)


async def test_kannel_delivers_is_acknowledged_and_takes_an_answer(room: ChannelRoom, tmp_path: Path) -> None:
    port = free_port()
    async with kannel(port, tmp_path) as log, smpp_world(room) as line:
        await line.set_up(port, mode="pair", system_id="foo", password="bar")
        await line.start()
        heard = await line.hears(TEXTS)
        assert sorted(heard, key=int) == [str(number) for number in range(1, TEXTS + 1)]
        (contact,) = await room.contacts()
        contact.sender = CITIZEN
        message = await line.sms.agent_answers("三天内答复", contact)
        await line.sends_until(message, OutboxState.SENT)
    said = log.read_text("utf-8", "replace")
    assert said.count("of type deliver_sm_resp") == TEXTS
    assert "of type submit_sm" in said
