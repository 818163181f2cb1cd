"""What becomes of calls when Asterisk or the gateway goes away in the middle of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kit.tasks import stop
from telephony.asterisk.engine import AsteriskEngine
from telephony.calls import Adopted, Answered, CallLeg, Dial, Ended, HangUpCause, LegEnded, LegEvent, LegState
from tests.support.asterisk_peer import AsteriskRoom, answers, asterisk_room, registered
from tests.support.call_rooms import asterisk
from tests.support.sip_phone import SipCall
from tests.support.tones import TONES, read_wav, tone_media, tones_in
from tests.support.waiting import wait_until

CITIZEN, AGENT, _, PROMPT, _ = TONES


async def hears(phone: SipCall, *tones: int) -> None:
    async def same() -> bool:
        return await phone.hears() == frozenset(tones)

    await wait_until(same, f"the telephone hears {tones}")


async def event_of(leg: CallLeg, kind: type[LegEvent]) -> LegEvent:
    async with asyncio.timeout(30):
        async for event in leg.events():
            if isinstance(event, kind):
                return event
    raise AssertionError(f"no {kind.__name__}")


async def conversation(room: AsteriskRoom) -> tuple[CallLeg, SipCall, CallLeg, SipCall]:
    """Citizen and agent talk, each in a tone of their own."""
    citizen, citizen_phone = await room.call()
    await citizen.answer()
    agent = await room.engine.originate(Dial(to=room.target, caller="12396", timeout_s=10, variables={"contact": "c"}))
    agent_phone = await room.rings()
    await agent_phone.answer()
    await event_of(agent, Answered)
    await citizen_phone.speak(CITIZEN)
    await agent_phone.speak(AGENT)
    return citizen, citizen_phone, agent, agent_phone


@asynccontextmanager
async def gateway(engine: AsteriskEngine, came: "asyncio.Queue[CallLeg]") -> AsyncIterator["asyncio.Queue[Adopted]"]:
    """The engine of one process; what it adopts at its start."""
    adopted: asyncio.Queue[Adopted] = asyncio.Queue()
    task = asyncio.create_task(engine.run(came.put, adopted.put))

    async def ready() -> bool:
        return (await engine.check()).ok

    await wait_until(ready, "the engine is connected")
    try:
        yield adopted
    finally:
        await stop([task])


def written(room: AsteriskRoom) -> int:
    """Bytes of the smaller side of the recording under way."""
    return min(path.stat().st_size for path in room.server.settings.recordings_dir.glob("*.*.wav"))


async def test_calls_outlive_the_gateway_and_the_next_one_adopts_them(tmp_path: Path) -> None:
    async with asterisk_room(tmp_path) as room:
        async with gateway(room.engine, room.came):
            await registered(room)
            citizen, citizen_phone, agent, agent_phone = await conversation(room)
            bridge = await room.engine.bridge(citizen, agent)
            await bridge.record_stereo(citizen)
            await hears(citizen_phone, AGENT)
        # Nobody controls the call now, and it goes on.
        await hears(citizen_phone, AGENT)
        await hears(agent_phone, CITIZEN)
        async with gateway(room.another_engine(), room.came) as adopted:
            found = await asyncio.wait_for(adopted.get(), 30)
            legs = {leg.id: leg for leg in found.legs}
            assert {leg.id for leg in found.legs} == {citizen.id, agent.id}
            assert legs[agent.id].variables == {"contact": "c"}
            assert legs[citizen.id].variables["way"] == "trunk"
            assert [leg.state for leg in found.legs] == [LegState.UP, LegState.UP]
            [kept] = found.bridges
            assert kept.id == bridge.id
            assert {leg.id for leg in kept.legs} == {citizen.id, agent.id}
            handle = await kept.record_stereo(legs[citizen.id])
            await legs[citizen.id].hold()
            await hears(agent_phone)
            await legs[citizen.id].hang_up()
            await citizen_phone.ended()
            recording = await handle.stop()
    (left, right), rate = read_wav(recording.path)
    assert tones_in(left[: 2 * rate], rate) == {CITIZEN}
    assert tones_in(right[: 2 * rate], rate) == {AGENT}
    # From before the gateway's end to the hang-up: one recording without a gap.
    assert recording.duration_s > 1.5


async def test_a_held_party_is_adopted_as_held_and_comes_back(tmp_path: Path) -> None:
    async with asterisk_room(tmp_path) as room:
        async with gateway(room.engine, room.came):
            await registered(room)
            citizen, citizen_phone, agent, agent_phone = await conversation(room)
            await room.engine.bridge(citizen, agent)
            await citizen.hold()
        async with gateway(room.another_engine(), room.came) as adopted:
            found = await asyncio.wait_for(adopted.get(), 30)
            [bridge] = found.bridges
            assert {leg.id for leg in bridge.legs} == {citizen.id, agent.id}
            await hears(agent_phone)
            await next(leg for leg in found.legs if leg.id == citizen.id).resume()
            await hears(agent_phone, CITIZEN)
            await hears(citizen_phone, AGENT)


async def test_who_calls_while_no_gateway_runs_hears_ringing_and_is_taken_on_by_the_next(tmp_path: Path) -> None:
    async with asterisk_room(tmp_path) as room:
        async with gateway(room.engine, room.came):
            pass
        phone = await room.network.call("12396", caller="13800138000")
        await wait_until(lambda: 180 in phone.statuses, "the caller hears ringing")
        async with gateway(room.another_engine(), room.came):
            leg = await asyncio.wait_for(room.came.get(), 30)
            assert leg.state is LegState.RINGING
            await leg.answer()
            await wait_until(lambda: phone.is_up, "the caller is answered")


async def test_a_killed_asterisk_ends_its_calls_and_serves_again_after_its_restart(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as some_room:
        assert isinstance(some_room, AsteriskRoom)
        room = some_room
        citizen, phone = await room.call()
        await citizen.answer()
        bridge = await room.engine.bridge(citizen)
        handle = await bridge.record_stereo(citizen)
        await phone.speak(CITIZEN)
        playing = asyncio.create_task(citizen.play(tone_media(tmp_path, PROMPT, 30)))
        await hears(phone, PROMPT)
        # Asterisk writes two seconds at a time.
        await wait_until(lambda: written(room) > 20_000, "some of the recording is on the disk")
        room.server.kill()
        room.server.start()
        answers(room.server)
        ended = await event_of(citizen, Ended)
        assert isinstance(ended, Ended)
        assert ended.cause is HangUpCause.FAILED
        with pytest.raises(LegEnded):
            await playing
        assert bridge.legs == ()
        recording = await handle.stop()
        sides, rate = read_wav(recording.path)
        assert tones_in(sides[0], rate) == {CITIZEN}
        # The lines were in its memory only: all were handed over anew.
        leg, again = await room.call()
        await leg.answer()
        await wait_until(lambda: again.is_up, "the next caller is answered")
        await registered(room)


async def test_an_engine_that_cannot_reach_asterisk_says_so_and_goes_on_trying(tmp_path: Path) -> None:
    async with asterisk_room(tmp_path) as room:
        room.server.kill()
        task = asyncio.create_task(room.engine.run(room.came.put, lambda _: room.came.join()))
        try:
            assert not (await room.engine.check()).ok
            room.server.start()
            answers(room.server)

            async def ready() -> bool:
                return (await room.engine.check()).ok

            await wait_until(ready, "the engine found Asterisk", timeout_s=20)
        finally:
            await stop([task])


async def test_the_switchboard_may_fail_and_the_caller_is_not_left_hanging(tmp_path: Path) -> None:
    async def failing(_: CallLeg) -> None:
        raise RuntimeError("as a bug would")

    async with asterisk_room(tmp_path) as room:
        task = asyncio.create_task(room.engine.run(failing, lambda _: room.came.join()))
        try:

            async def ready() -> bool:
                return (await room.engine.check()).ok

            await wait_until(ready, "the engine is ready")
            phone = await room.network.call("12396")
            await phone.ended()
            assert not phone.is_up
        finally:
            await stop([task])
