"""In and out by a bot, over real HTTP, with a Telegram that fails, repeats itself and refuses."""

from collections.abc import Awaitable, Callable

import httpx
from sqlalchemy import delete

from channels.reconciliation import reconcile
from channels.telegram import service
from channels.telegram.settings import BotSettings
from records.messages.tables import LedgerRow, LedgerState, OutboxState
from tests.support.bot_api import CHAT, BotApi
from tests.support.clock import START
from tests.support.telegram_world import TelegramWorld
from tests.support.waiting import wait_until


def heard(world: TelegramWorld, *texts: str) -> Callable[[], Awaitable[bool]]:
    async def all_of_them() -> bool:
        return sorted(await world.room.heard()) == sorted(texts)

    return all_of_them


def sent(world: TelegramWorld, *texts: str) -> Callable[[], Awaitable[bool]]:
    async def all_of_them() -> bool:
        return {(await world.room.outbox_row_of(text)).state for text in texts} == {OutboxState.SENT}

    return all_of_them


async def test_a_citizen_writes_and_is_answered(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot()
    api.says("高企认定需要什么材料？")
    async with world.running():
        await wait_until(heard(world, "高企认定需要什么材料？"), "the message is routed")
        (contact,) = await world.room.contacts()
        assert (contact.channel, contact.sender, contact.sender_kind) == ("telegram", str(CHAT), "telegram")
        await world.agent_answers(contact, "请登录系统查看清单。")
        await wait_until(sent(world, "请登录系统查看清单。"), "the answer is sent")
    assert {one.chat_id for one in api.sent} == {CHAT}
    assert any("查询密码" in one.text for one in api.sent), "the receipt went by the same way"
    row = await world.room.outbox_row_of("请登录系统查看清单。")
    bot = await world.bot()
    assert row.external_id == f"{bot.id}:{CHAT}:{next(one.message_id for one in api.sent if '清单' in one.text)}"
    assert (bot.state, bot.username, bot.last_error) == ("connected", "axd_hotline_bot", "")
    assert api.menus["zh"] == ["start", "help", "status", "language"]


async def test_what_is_fetched_is_confirmed_only_once_it_is_stored(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot()
    api.says("一")
    async with world.running():
        await wait_until(heard(world, "一"), "the first is routed")
        world.room.side.database.away = True
        api.says("二")
        second = api.pending[-1]["update_id"]
        await wait_until(lambda: second in api.handed, "it is fetched")
        assert [update["update_id"] for update in api.pending] == [second], "it still waits at Telegram"
        world.room.side.database.away = False
        await wait_until(heard(world, "一", "二"), "the second is routed")


async def test_a_telegram_that_dies_and_comes_back_loses_nothing(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot()
    api.says("一")
    async with world.running():
        await wait_until(heard(world, "一"), "the first is routed")
        await api.server.kill()
        api.says("二")

        async def noticed() -> bool:
            return (await world.bot()).state == "retrying"

        await wait_until(noticed, "the loss is noticed")
        (contact,) = await world.room.contacts()
        await world.agent_answers(contact, "稍等")
        await api.server.start()
        await wait_until(heard(world, "一", "二"), "what was said meanwhile is routed")

        async def answered() -> bool:
            world.room.side.clock.advance(60)
            return any(one.text == "稍等" for one in api.sent)

        await wait_until(answered, "the answer is sent")
    assert len([one for one in api.sent if one.text == "稍等"]) == 1
    assert api.drops == []


async def test_after_a_restart_it_goes_on_where_it_was(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot()
    api.says("一")
    async with world.running():
        await wait_until(heard(world, "一"), "the first is routed")
    api.says("二")
    async with world.running():
        await wait_until(heard(world, "一", "二"), "the second is routed")
    assert len(await world.room.ledger()) == 2


async def test_two_processes_share_a_bot_and_double_nothing(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot()
    for number in range(20):
        api.says(f"第{number}条")
    async with world.running(), world.running():
        await wait_until(heard(world, *(f"第{number}条" for number in range(20))), "all are routed")
    assert len(await world.room.ledger()) == 20
    assert len(await world.room.contacts()) == 1


async def test_an_update_that_comes_twice_makes_one_contact(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot(mode="webhook")
    async with world.running():
        await wait_until(lambda: bool(api.webhook), "the webhook is set")
        api.says("请问")
        for _ in range(2):
            answer = await api.post(api.pending[0])
            assert answer.status_code == httpx.codes.OK
        await wait_until(heard(world, "请问"), "it is routed")
    assert len(await world.room.ledger()) == 1
    assert len(await world.room.contacts()) == 1


async def test_a_forged_post_is_refused_and_leaves_nothing(world: TelegramWorld, api: BotApi) -> None:
    bot = await world.add_bot(mode="webhook")
    async with world.running():
        await wait_until(lambda: bool(api.webhook), "the webhook is set")
        api.says("伪造")
        update = api.pending[0]
        for secret in ("", "guess", api.webhook["secret_token"] + "x"):
            assert (await api.post(update, secret=secret)).status_code == httpx.codes.FORBIDDEN
        api.webhook["url"] = api.webhook["url"].replace(bot.id, "another")
        assert (await api.post(update)).status_code == httpx.codes.FORBIDDEN
    assert await world.room.ledger() == []


async def test_what_is_no_update_or_too_large_is_refused(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot(mode="webhook")
    async with world.running():
        await wait_until(lambda: bool(api.webhook), "the webhook is set")
        for wrong in ({}, {"update_id": "1"}, {"update_id": True}):
            assert (await api.post(wrong)).status_code == httpx.codes.UNPROCESSABLE_ENTITY
        large = await api.post({"update_id": 1, "x": "字" * 200_000})
        assert large.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert await world.room.ledger() == []


async def test_a_database_that_is_away_tells_telegram_to_come_again(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot(mode="webhook")
    async with world.running():
        await wait_until(lambda: bool(api.webhook), "the webhook is set")
        api.says("请问")
        world.room.side.database.away = True
        await api.deliver()
        assert len(api.pending) == 1
        assert "503" in api.last_error
        world.room.side.database.away = False
        await api.deliver()
        await wait_until(heard(world, "请问"), "it is routed")


async def test_a_webhook_gives_way_to_polling_and_takes_what_waits_along(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot()
    api.webhook = {"url": "https://elsewhere.test/", "secret_token": "s"}
    api.says("等着的")
    async with world.running():
        await wait_until(heard(world, "等着的"), "it is fetched")
    assert api.webhook == {}


async def test_a_storm_of_429_delays_and_doubles_nothing(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot()
    api.says("请问")
    await world.takes()
    (contact,) = await world.room.contacts()
    answers = [f"答{number}" for number in range(5)]
    for answer in answers:
        await world.agent_answers(contact, answer)
    api.storm = 4
    async with world.running():

        async def all_sent() -> bool:
            world.room.side.clock.advance(5)
            return await sent(world, *answers)()

        await wait_until(all_sent, "all are sent", timeout_s=30)
    assert api.storm == 0
    assert sorted(one.text for one in api.sent if one.text in answers) == answers


async def test_a_refused_token_is_told_to_the_operator(world: TelegramWorld) -> None:
    await world.add_bot(token="999:" + "x" * 35)
    async with world.running():

        async def told() -> bool:
            return "token" in (await world.bot()).last_error

        await wait_until(told, "the state says it")
    assert (await world.adapter.check()).ok is False


async def test_what_came_while_a_bot_was_off_is_taken_once_it_is_on(world: TelegramWorld, api: BotApi) -> None:
    bot = await world.add_bot(enabled=False)
    api.says("请问")
    async with world.running():
        assert api.asked == []
        async with world.room.database.unit_of_work(world.room.access) as uow:
            settings = BotSettings(name="科技局热线")
            await service.change(uow, world.room.side.box, world.room.waker, bot.id, settings)
        await wait_until(heard(world, "请问"), "it is taken")


async def test_reconciliation_names_the_update_that_is_not_in_the_ledger(world: TelegramWorld, api: BotApi) -> None:
    bot = await world.add_bot()
    texts = [f"第{number}条" for number in range(4)]
    for text in texts:
        api.says(text)
    async with world.running():
        await wait_until(heard(world, *texts), "all are routed")
    (before,) = await reconcile(world.room.database, world.room.access, {"telegram": world.adapter}, START)
    assert (before.provider, before.ledger, before.is_wrong) == (4, 4, False)
    rows = await world.room.ledger()
    for gone in (rows[1], rows[-1]):
        async with world.room.database.unit_of_work(world.room.access) as uow:
            await uow.session.execute(delete(LedgerRow).where(LedgerRow.id == gone.id))
    (after,) = await reconcile(world.room.database, world.room.access, {"telegram": world.adapter}, START)
    assert after.missing == [f"{bot.id} {gone.provider_id}" for gone in (rows[1], rows[-1])]


async def test_everything_that_came_in_is_settled(world: TelegramWorld, api: BotApi) -> None:
    await world.add_bot()
    api.says("一")
    api.says("/help")
    api.says("群", chat={"id": -100, "type": "supergroup", "title": "群"})
    await world.takes()
    states = [row.state for row in await world.room.ledger()]
    assert states == [LedgerState.ROUTED, LedgerState.IGNORED, LedgerState.IGNORED]
