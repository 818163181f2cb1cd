"""Trunks, phones, unusual callers: what comes from the network and goes out to it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from telephony.calls import CallFailed, Dial, Ended, HangUpCause
from telephony.guard import GuardSettings
from telephony.lines.book import NumberFormat, Trunk
from tests.support.asterisk_peer import AsteriskRoom, asterisk_room
from tests.support.call_rooms import asterisk, running
from tests.support.sip_message import OPAQUE
from tests.support.sip_phone import SipPhone
from tests.support.sip_registrar import sip_registrar
from tests.support.waiting import wait_until


async def test_the_called_number_names_the_flow_and_the_caller_is_in_one_form(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        leg, _ = await room.call("013800138000")
        assert (leg.caller, leg.dialled) == ("+8613800138000", "12396")
        assert leg.variables == {"way": "trunk", "line": "Network", "flow": "f"}
        other, _ = await room.call(number="12345")
        assert "flow" not in other.variables


async def test_a_withheld_number_is_no_number(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        leg, _ = await room.call("anonymous")
        assert leg.caller == ""


async def test_a_call_goes_out_as_the_network_wants_it_and_shows_what_it_may(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        [trunk] = room.book.trunks
        room.lend(replace(trunk, number_format=NumberFormat.NATIONAL, other_caller_ids=("82001234",)))
        await room.engine.lines.hand_over()
        for number, dialled in (("010 8200 1234", "01082001234"), ("+4930123456", "004930123456"), ("110", "110")):
            await room.engine.originate(Dial(to=number, caller="82001234", timeout_s=5))
            rung = await room.network.rings()
            assert rung.invite.start.startswith(f"INVITE sip:{dialled}@")
            assert "82001234" in rung.invite.get("From")
            await rung.decline()
        await room.engine.originate(Dial(to="+8613900000000", caller="95588", timeout_s=5))
        assert "sip:12396@" in (await room.network.rings()).invite.get("From")


async def test_no_trunk_serves_a_number_that_none_has_as_its_beginning(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        room.lend(replace(room.book.trunks[0], prefixes=("+86",)))
        await room.engine.lines.hand_over()
        with pytest.raises(CallFailed):
            await room.engine.originate(Dial(to="+4930123456", caller="", timeout_s=5))


async def test_a_trunk_registers_with_its_password_and_again_after_a_change(tmp_path: Path) -> None:
    async with sip_registrar("127.0.0.3") as registrar, asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        trunk = Trunk(
            id="r1", name="R", host="127.0.0.3", port=registrar.port, username="axd", secret="s", registers=True
        )
        room.lend(*room.book.trunks, trunk)
        await room.engine.lines.hand_over()
        await wait_until(lambda: registrar.registered, "the trunk registers")
        said = dict(OPAQUE.findall(registrar.registered[0].get("Authorization").partition(" ")[2]))
        assert (said["username"], said["realm"]) == ("axd", "network")

        async def is_in() -> bool:
            known = await asyncio.to_thread(room.server.command, "pjsip show registrations")
            return any("trunk-r1" in line and "Registered" in line for line in known.splitlines())

        await wait_until(is_in, "Asterisk has read that it is registered: until then it does not sign off")
        room.lend(*room.book.trunks[:1])
        await room.engine.lines.hand_over()
        # Its password is forgotten together with it: a network that asks for it once more gets no answer.
        await wait_until(
            lambda: any(message.get("Expires") == "0" for message in registrar.asked), "the trunk signs off"
        )


async def test_a_phone_needs_its_password_and_strangers_get_no_call(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        thief = SipPhone("127.0.0.1", room.server.settings.sip_port, room.agent.user, "guessed")
        await thief.open()
        assert await thief.register() == 401
        stranger = SipPhone("127.0.0.4", room.server.settings.sip_port, "stranger")
        await stranger.open()
        call = await stranger.call("12396")
        await wait_until(lambda: call.statuses, "the stranger is answered")
        assert call.statuses == [401]
        assert room.came.empty()
        await thief.close()
        await stranger.close()


async def test_what_is_no_sip_disturbs_nobody(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        invite = "INVITE sip:12396@127.0.0.1 SIP/2.0\r\n"
        for junk in (
            b"\x00" * 200,
            b"\xff\xfe" * 4000,
            invite.encode(),
            f"{invite}Via: x\r\nCSeq: -1\r\n\r\n".encode(),
        ):
            room.network.send_raw(junk)
        room.network.send_raw(f"{invite}{'From: a' * 4000}\r\n\r\n".encode())
        leg, _ = await room.call()
        assert leg.dialled == "12396"


async def test_who_calls_again_and_again_is_refused_and_others_get_through(tmp_path: Path) -> None:
    flood = GuardSettings(source_calls=3, source_window_s=60)
    async with asterisk_room(tmp_path, flood) as room, running(room.engine, room.came):
        calls = [await room.network.call("12396", caller="13800138000") for _ in range(6)]
        await wait_until(lambda: sum(call.is_over for call in calls) == 3, "three of six are refused")
        assert {call.statuses[-1] for call in calls if call.is_over} == {503}
        leg, _ = await room.network_call_of("13900139000")
        assert leg.caller == "+8613900139000"


async def test_a_caller_who_hangs_up_while_it_rings_is_gone(tmp_path: Path) -> None:
    async with asterisk(tmp_path) as room:
        assert isinstance(room, AsteriskRoom)
        leg, phone = await room.call()
        await phone.hang_up()
        async with asyncio.timeout(30):
            events = [event async for event in leg.events()]
        assert [type(event) for event in events] == [Ended]
        assert events[0].cause in {HangUpCause.NORMAL, HangUpCause.NO_ANSWER}  # type: ignore[union-attr]
        await leg.hang_up()


async def test_lines_that_the_next_gateway_hands_over_again_still_tell_callers_and_forget_old_addresses(
    tmp_path: Path,
) -> None:
    async with asterisk_room(tmp_path) as room:
        [trunk] = room.book.trunks
        for addresses in ((), (trunk.host, "127.0.0.9"), ()):
            room.lend(replace(trunk, addresses=addresses))
            async with running(room.another_engine(), room.came):
                leg, phone = await room.call("013800138000")
                assert leg.caller == "+8613800138000"
                assert ("127.0.0.9" in room.server.command("pjsip show identifies")) is bool(addresses)
                await phone.hang_up()
