"""Calls by an independent SIP program (SIPp): many in a short time, each answered, spoken to and let go."""

import asyncio
from pathlib import Path

from telephony.calls import CallLeg, LegEnded
from tests.support.asterisk_peer import HOTLINE, NETWORK, AsteriskRoom, asterisk_room
from tests.support.tones import TONES, tone_media
from tests.support.waiting import wait_until

CALLS = 60


async def sipp(room: AsteriskRoom, *options: str) -> tuple[int, str]:
    """SIPp's built-in caller; its exit code is 0 when every call went as it should."""
    argv = (
        *("sipp", "-sn", "uac", "-i", NETWORK, "-s", HOTLINE, "-nostdin", "-timeout", "40", "-recv_timeout", "8000"),
        *("-timeout_error", *options, f"127.0.0.1:{room.server.settings.sip_port}"),
    )
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=room.folder
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")


async def test_many_callers_at_once_are_each_answered_and_none_is_left(tmp_path: Path) -> None:
    served = 0
    ended = 0
    greeting = tone_media(tmp_path, TONES[3], 30)

    async def serve(leg: CallLeg) -> None:
        nonlocal served, ended
        await leg.answer()
        served += 1
        try:
            await leg.play(greeting)
        except LegEnded:
            ended += 1

    async with asterisk_room(tmp_path) as room:
        task = asyncio.create_task(room.engine.run(serve, lambda _: room.came.join()))
        try:

            async def ready() -> bool:
                return (await room.engine.check()).ok

            await wait_until(ready, "the engine is ready")
            code, output = await sipp(room, "-m", str(CALLS), "-r", "30", "-d", "500")
            assert code == 0, output[-2000:]
            assert served == CALLS
            await wait_until(lambda: ended == CALLS, "every call has ended here too")
            left = room.server.command("core show channels count")
            assert left.startswith("0 active channels"), left
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
