"""Every first-level way through the default flow, walked by keys on the wire: what is heard, and what is kept of it."""

import asyncio
import re
import time
from dataclasses import dataclass

import numpy as np
import pytest
from sqlalchemy import select

from kit.access import Access
from records.citizens import receipts
from router.tables import ContactRow
from server.default_workspace import WORKSPACE_ID
from telephony.tables import CallRow
from tests.support.phone_house import PhoneHouse, after_prompt
from tests.support.sip_phone import SipCall
from tests.support.tones import TONES
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio(loop_scope="package")

CITIZEN = TONES[0]
MESSAGE_S = 1.5
ANSWER_TONE_HZ = 2100  # of a receiving fax machine (T.30)
DIGITS = str.maketrans("零幺二三四五六七八九", "0123456789", "，")
REGISTERED = re.compile(r"编号(\d{14})查询密码(\d{6})。")
WELCOME = ["answer:next", "service:other", "hours:other"]


@dataclass
class Walk:
    """One caller at the end of a way."""

    house: PhoneHouse
    number: str
    call: SipCall

    async def contact(self, status: str) -> ContactRow:
        return await self.house.contact(self.number, status=status)

    async def path(self, status: str) -> list[str]:
        contact = await self.contact(status)
        return (await self.house.path(contact.id))[len(WELCOME) :]


async def walk(house: PhoneHouse, keys: str) -> Walk:
    number = house.new_number()
    return Walk(house, number, await house.walk(keys, number))


async def waits(walked: Walk) -> ContactRow:
    """He is in the line; then he leaves."""
    contact = await walked.contact("queued")
    await walked.call.hang_up()
    return contact


async def human(house: PhoneHouse) -> None:
    walked = await walk(house, "1")
    await waits(walked)
    assert await walked.path("abandoned") == ["welcome:1", "human:"]


async def no_key(house: PhoneHouse) -> None:
    walked = await walk(house, "")
    await waits(walked)
    assert await walked.path("abandoned") == ["welcome:silence", "human:"]


async def wrong_keys(house: PhoneHouse) -> None:
    walked = await walk(house, "777")
    contact = await waits(walked)
    assert contact.hints["keys"] == "777"
    assert await walked.path("abandoned") == ["welcome:invalid", "human:"]


async def english(house: PhoneHouse) -> None:
    walked = await walk(house, "91")
    assert (await waits(walked)).language == "en"
    assert "english:next" in await walked.path("abandoned")


async def spoken_message(house: PhoneHouse, keys: str, topic: str) -> tuple[Walk, ContactRow]:
    """Leaves a message under `topic` and hears its number and PIN."""
    walked = await walk(house, keys)
    await after_prompt(walked.call)
    await walked.call.press("5")  # he need not hear all of it
    await walked.call.speak(CITIZEN)
    over = time.monotonic() + MESSAGE_S
    await wait_until(lambda: time.monotonic() > over, "he has spoken for a while")
    await walked.call.speak(None)
    await walked.call.press("#")
    await walked.call.ended()
    message = await house.contact(walked.number, "voicemail")
    assert message.hints["topic"] == topic
    assert (await walked.path("closed"))[-3:] == [f"{topic}:next", "registered:next", "bye:"]
    return walked, message


async def director(house: PhoneHouse) -> None:
    _, message = await spoken_message(house, "21", "director")
    assert message.status == "queued"


async def complaint(house: PhoneHouse) -> None:
    """With the number and the PIN that he hears he asks how it stands, and hears that."""
    walked, message = await spoken_message(house, "221", "complaint")
    number, pin = await receipt_heard(walked, message)
    asking = await walk(house, "23")
    await after_prompt(asking.call)
    await asking.call.press(f"{number}#{pin}")

    def told() -> bool:
        return any(said.startswith(f"{number}：") for said in told_digits(house))

    await wait_until(told, "the state of this number is said", timeout_s=30)
    await after_prompt(asking.call)
    await asking.call.press("0")
    contact = await waits(asking)
    assert pin not in str(contact.hints)
    path = await asking.path("abandoned")
    assert path[-5:] == ["query_pin:next", "query:found", "result:next", "result_menu:0", "human:"]


def told_digits(house: PhoneHouse) -> list[str]:
    """What was spoken so far, the digits of numbers as such."""
    return [words.translate(DIGITS) for words in house.words()]


async def receipt_heard(walked: Walk, message: ContactRow) -> tuple[str, str]:
    """Number and PIN of this message, from what was said to the caller."""
    async with walked.house.database.unit_of_work(Access.system(WORKSPACE_ID), read_only=True) as uow:
        kept = await receipts.of_contact(uow, message.id)
    assert kept is not None
    told = {found[1]: found[2] for said in told_digits(walked.house) for found in REGISTERED.finditer(said)}
    assert kept.number in told
    return kept.number, told[kept.number]


async def report(house: PhoneHouse) -> None:
    """He hears number and PIN; for who may not see reports there is neither the message nor the call."""
    walked, message = await spoken_message(house, "222", "report")
    await receipt_heard(walked, message)
    assert message.status == "queued"
    await is_hidden(walked)


async def report_broken_off(house: PhoneHouse) -> None:
    """A report is confidential from its first second on, whatever comes of it."""
    walked = await walk(house, "222")
    await after_prompt(walked.call)
    await walked.call.hang_up()
    assert (await walked.path("abandoned"))[-1] == "report:hung_up"
    await is_hidden(walked)


async def is_hidden(walked: Walk) -> None:
    house = walked.house
    keeper = Access(workspace_id=WORKSPACE_ID, actor_id=house.keeper.account_id)
    async with house.database.unit_of_work(keeper, read_only=True) as uow:
        for number in (ContactRow.sender, CallRow.caller):
            assert await uow.session.scalar(select(number).where(number.endswith(walked.number))) is None


async def query(house: PhoneHouse) -> None:
    """A number that nobody has, and on to a human."""
    walked = await walk(house, "23" + "20260101000019#" + "135790" + "0")
    contact = await waits(walked)
    assert "135790" not in str(contact.hints)
    assert (await walked.path("abandoned"))[-4:] == ["query_pin:next", "query:wrong_number", "query_wrong:0", "human:"]


async def consultation(house: PhoneHouse) -> None:
    walked = await walk(house, "241*0")
    await waits(walked)
    assert (await walked.path("abandoned"))[2:] == [
        *("information:1", "item_policies:next", "more:*", "information:0", "human:"),
    ]


async def opinion(house: PhoneHouse) -> None:
    walked = await walk(house, "252")
    await walked.call.ended()
    assert (await walked.path("closed"))[-2:] == ["opinion:next", "bye:"]
    assert (await house.keeper.get("telephone/polls/opinion/1")) == {"2": 1}


async def fax(house: PhoneHouse) -> None:
    walked = await walk(house, "26")
    await wait_until(lambda: hears_machine(walked.call), "a fax machine answers", timeout_s=20)
    await walked.call.hang_up()
    assert (await walked.path("abandoned"))[-2:] == ["automatic:6", "fax:"]


async def fax_tone(house: PhoneHouse) -> None:
    """A fax machine that calls is led there without a key."""
    walked = await walk(house, "")
    await walked.call.send_fax_tone()
    await wait_until(lambda: hears_machine(walked.call), "a fax machine answers", timeout_s=20)
    await walked.call.hang_up()
    assert (await walked.path("abandoned"))[-1] == "fax:tone"


def hears_machine(call: SipCall) -> bool:
    if len(call.audio.heard) < 10:
        return False
    sound = np.concatenate([packet for _, packet in call.audio.heard[-10:]]).astype(float)
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / 8000)
    return bool(power.sum() > 1e6 and power[np.abs(frequencies - ANSWER_TONE_HZ) < 25].sum() > 0.5 * power.sum())


WAYS = (
    human,
    no_key,
    wrong_keys,
    english,
    director,
    complaint,
    report,
    report_broken_off,
    query,
    consultation,
    opinion,
    fax,
    fax_tone,
)


async def test_every_first_level_way_is_walked_by_keys_and_kept(house: PhoneHouse) -> None:
    """All at once, as callers come."""
    async with asyncio.TaskGroup() as group:
        for way in WAYS:
            group.create_task(way(house), name=way.__name__)
    counted = {(row["node"], row["exit"]) for row in await house.keeper.get("telephone/flows/main/counts")}
    assert {("automatic", key) for key in "123456"} | {("welcome", key) for key in "129"} <= counted
    await house.quiet()
