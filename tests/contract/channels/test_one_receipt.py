"""One number and PIN, valid on every channel: issued by mail, asked for by text message, Telegram, voice and page."""

from channels import automatic_texts
from channels.built_in_texts import ANY_CHANNEL, Words
from channels.status_answers import StatusAnswers
from records.citizens.receipts import MAX_FAILURES
from tests.contract.webchat.test_status import ask, words
from tests.support.channel_room import ChannelRoom
from webchat.limits import RateLimits
from webchat.service_status import Matters


async def issued(room: ChannelRoom) -> tuple[str, str]:
    """Number and PIN as the citizen reads them in the receipt of a mail."""
    await room.store(room.mail())
    await room.claims().work()
    while await room.outbox().work():
        pass
    (receipt,) = room.adapter.sent
    number = receipt.text.split("编号：")[1].split()[0]
    return number, receipt.text.split("查询密码：")[1].split()[0]


def answers(room: ChannelRoom) -> StatusAnswers:
    matters = Matters(room.database, room.access, room.side.world.router)
    return StatusAnswers(matters, RateLimits(room.redis, str(room.access.workspace_id)))


async def test_the_number_of_a_mail_is_answered_on_every_channel(room: ChannelRoom) -> None:
    number, pin = await issued(room)
    for source in ("+8613800000001", "telegram:4711", "voice:+8613800000001"):
        said = await answers(room).answer(number, pin, source=source, language="zh-CN")
        assert said.startswith(f"{number}：已收到，等人受理。"), source
    english = await answers(room).answer(number, pin, source="x", language="en-GB")
    assert english.startswith(f"{number}: ")
    assert "已收到，等人受理" in words(await ask(room.side.browser(), number, pin))


async def test_a_status_is_told_in_the_words_of_the_workspace(room: ChannelRoom) -> None:
    number, pin = await issued(room)
    async with room.database.unit_of_work(room.access) as uow:
        for key, text in (("status", "您的{number}现在{state}"), ("state_received", "在排队"), ("status_due", "{due}")):
            await automatic_texts.change(uow, key, ANY_CHANNEL, "zh-CN", Words(text=text), by="keeper")
    said = await answers(room).answer(number, pin, source="x", language="zh-CN")
    first, due = said.split("\n")
    assert first == f"您的{number}现在在排队"
    assert due.endswith("日")
    assert "Received" in await answers(room).answer(number, pin, source="x", language="en")


async def test_wrong_pins_lock_one_source_and_a_slip_in_the_number_costs_nothing(room: ChannelRoom) -> None:
    number, pin = await issued(room)
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    slip = number[:-1] + str((int(number[-1]) + 1) % 10)
    for _ in range(MAX_FAILURES * 2):
        await answers(room).answer(slip, pin, source="stranger", language="zh-CN")
    for _ in range(MAX_FAILURES):
        refused = await answers(room).answer(number, wrong, source="stranger", language="zh-CN")
    assert number not in refused
    locked = await answers(room).answer(number, pin, source="stranger", language="zh-CN")
    assert number not in locked
    assert (await answers(room).answer(number, pin, source="owner", language="zh-CN")).startswith(number)
