"""Rating by the buttons below the question: each press counts once, and the question shows what was said."""

from sqlalchemy import update

from channels import satisfaction
from channels.satisfaction import SatisfactionQuestions
from records.citizens.tables import SatisfactionRow
from router.contact import ContactStatus
from router.tables import ContactRow
from tests.support.bot_api import BotApi, Sent
from tests.support.telegram_world import TelegramWorld

STRANGER = 5_000_000_777


async def asked(world: TelegramWorld, api: BotApi) -> Sent:
    """The question that came after a contact was served and has closed."""
    room = world.room
    await world.add_bot()
    api.says("请问何时答复")
    await world.takes()
    async with room.database.unit_of_work(room.access) as uow:
        served = {"status": ContactStatus.CLOSED, "accepted_at": uow.now, "closed_at": uow.now}
        await uow.session.execute(update(ContactRow).values(**served, disposition="answered"))
    room.side.clock.advance(satisfaction.AFTER_MINUTES * 60 + 1)
    await SatisfactionQuestions(room.database, room.access, room.side.box, "http://axd").work()
    while await world.outbox().work():
        pass
    return next(one for one in api.sent if one.buttons)


async def rated(world: TelegramWorld) -> tuple[int | None, int | None]:
    (row,) = await world.room.rows(SatisfactionRow)
    return row.service, row.result


async def test_two_presses_rate_service_and_result_and_the_question_says_so(world: TelegramWorld, api: BotApi) -> None:
    question = await asked(world, api)
    assert [label for label, _ in question.buttons] == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
    first = question.buttons
    api.presses(question, first[1][1])
    await world.takes()
    assert (await rated(world), "对服务满意吗？ 满意" in question.text) == ((2, None), True)
    api.presses(question, question.buttons[3][1])
    await world.takes()
    assert (await rated(world), question.buttons) == ((2, 4), [])
    assert "感谢评价" in question.text
    shown = question.text
    for _ in range(2):
        api.presses(question, first[4][1])
    await world.takes()
    assert (await rated(world), question.text) == ((2, 4), shown), "the first rating stands"
    assert api.told == ["已记下，谢谢。"] * 2 + ["已经评过，以第一次为准。"] * 2
    assert {row.reason for row in await world.room.ledger()} - {""} == {"satisfaction: noted", "satisfaction: stands"}
    assert len(await world.room.contacts()) == 1


async def test_nobody_else_and_nothing_forged_rates(world: TelegramWorld, api: BotApi) -> None:
    question = await asked(world, api)
    data = question.buttons[0][1]
    api.presses(question, data, chat_id=STRANGER)
    api.presses(question, data.replace("service", "comment"))
    api.presses(question, "rate:" + "0" * 36 + ":service:1")
    await world.takes()
    assert (await rated(world), set(api.told)) == ((None, None), {"这个按钮已经失效。"})


async def test_a_press_is_kept_while_telegram_is_away_and_shown_when_it_is_back(
    world: TelegramWorld, api: BotApi
) -> None:
    question = await asked(world, api)
    api.presses(question, question.buttons[0][1])
    api.broken = True
    await world.takes()
    assert (await rated(world), len(question.buttons)) == ((1, None), 5)
    api.broken = False
    world.room.side.clock.advance(600)
    await world.claims().work()
    assert (await rated(world), "非常满意" in question.text) == ((1, None), True)
