"""Callers in the line of the whole running product: their place, the message, the call-back that keeps the place."""

import asyncio
import time

import pytest

from tests.support.phone_house import AGENT, CITIZEN, PhoneHouse, after_prompt, all_hear, rung, talk
from tests.support.sip_phone import SipCall
from tests.support.tone_voice import PLACE
from tests.support.tones import tones_in
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio(loop_scope="package")

TALK_S = 1.5


async def test_who_waits_learns_his_place_leaves_a_message_or_is_called_back_in_it(house: PhoneHouse) -> None:
    """The only agent speaks: two callers wait. One leaves a message, the other is called back in his place."""
    async with talk(house) as on:
        writes, returns = house.new_number(), house.new_number()
        first = await house.walk("1", writes)
        await house.contact(writes, status="queued")
        second = await house.walk("1", returns)
        await asyncio.gather(*(after_prompt(call, PLACE) for call in (first, second)))
        assert {place for place in "01" for words in house.words() if words.startswith(f"您前面有{place}位")} == {*"01"}
        await asyncio.gather(leaves_message(house, first, writes), is_promised_a_call(house, second, returns))
        await on.citizen.hang_up()
        await on.agent.ended()
        await on.member.clear()

        # In his old place he is the next: the agent's telephone rings, then his own.
        await on.member.be("ready")
        back = await on.member.answers("", AGENT)
        dialled = await rung(house.network, returns)
        await dialled.answer()
        await dialled.speak(CITIZEN)
        await all_hear((dialled, [AGENT]), (back, [CITIZEN]))
        row = await house.contact(returns, "callback", status="active")
        assert row.queued_at == (await house.contact(returns)).queued_at
        await dialled.hang_up()
        await back.ended()


async def leaves_message(house: PhoneHouse, call: SipCall, number: str) -> None:
    await call.press("2")
    await house.contact(number, status="closed", disposition="message_left")
    await after_prompt(call)
    await call.press("5")
    await call.speak(CITIZEN)
    begun = time.monotonic()
    await wait_until(lambda: time.monotonic() > begun + TALK_S, "he speaks")
    await call.press("#")
    await call.ended()
    message = await house.contact(number, "voicemail")
    sides, rate = await house.audio_of(message.id)
    assert tones_in(sides[0][rate // 2 : rate], rate) == {CITIZEN}


async def is_promised_a_call(house: PhoneHouse, call: SipCall, number: str) -> None:
    await call.press("1")
    await call.ended()
    await house.contact(number, status="closed", disposition="callback_agreed")
    await house.contact(number, "callback")
