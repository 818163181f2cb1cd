"""One number and PIN, valid on every channel: issued by mail, asked for by text message, Telegram, voice and page."""

from sqlalchemy import select

from channels import automatic_texts
from channels.built_in_texts import ANY_CHANNEL, Words
from channels.status_answers import StatusAnswers
from records.citizens import matching, merging, sealing, store
from records.citizens.receipts import MAX_FAILURES
from records.citizens.service import find_or_create
from records.citizens.tables import ReceiptAskerRow, ReceiptRow
from router.contact import Address
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


async def suggested(room: ChannelRoom, citizen_id: str) -> list[tuple[str, tuple[str, ...]]]:
    async with room.database.unit_of_work(room.access, read_only=True) as uow:
        return [(match.citizen.id, match.reasons) for match in await matching.matches(uow, citizen_id)]


async def known(room: ChannelRoom, number: str, asker: Address) -> tuple[str, str, str]:
    """The contact of the receipt, its citizen, and the one who writes from `asker`."""
    async with room.database.unit_of_work(room.access) as uow:
        receipt = (await uow.session.scalars(select(ReceiptRow).where(ReceiptRow.number == number))).one()
        assert receipt.contact_id is not None
        assert receipt.citizen_id is not None
        return receipt.contact_id, receipt.citizen_id, (await find_or_create(uow, asker, language=None)).id


async def test_who_gives_number_and_pin_from_elsewhere_is_suggested_and_not_merged(
    room: ChannelRoom,
) -> None:
    number, pin = await issued(room)
    asker = Address(kind="telegram", value="4711")
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    await answers(room).answer(number, wrong, source="x", language="zh-CN", asker=asker)
    _, owner, other = await known(room, number, asker)
    assert await suggested(room, owner) == []
    for _ in range(2):
        await answers(room).answer(number, pin, source="x", language="zh-CN", asker=asker)
    assert await suggested(room, owner) == [(other, ("same_receipt",))]
    assert await suggested(room, other) == [(owner, ("same_receipt",))]
    async with room.database.unit_of_work(room.access) as uow:
        assert (await store.kept(uow, other)).id == other
        (own,) = await store.addresses_of(uow, owner)
        await merging.merge(uow, other, owner, "本人", by="agent")
    await answers(room).answer(number, pin, source="own", language="zh-CN", asker=Address(kind="mail", value=own.value))
    assert await suggested(room, other) == []


async def test_who_asks_after_a_report_is_never_suggested(room: ChannelRoom) -> None:
    number, pin = await issued(room)
    asker = Address(kind="phone", value="13900000001")
    contact, owner, other = await known(room, number, asker)
    await answers(room).answer(number, pin, source="x", language="zh-CN", asker=asker)
    assert await suggested(room, owner) != []
    for _ in range(2):
        async with room.database.unit_of_work(room.access) as uow:
            await sealing.seal_receipts(uow, contact, [])
        async with room.database.unit_of_work(room.access, read_only=True) as uow:
            assert list(await uow.session.scalars(select(ReceiptAskerRow))) == []
        assert await suggested(room, owner) == await suggested(room, other) == []
        await answers(room).answer(number, pin, source="x", language="zh-CN", asker=asker)
