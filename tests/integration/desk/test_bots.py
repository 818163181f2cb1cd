"""Telegram bots through the desk: tokens go in encrypted and never come out."""

from dataclasses import dataclass

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from channels.adapter import Health
from channels.registry import ChannelName
from channels.telegram.tables import BotRow
from tests.support.bot_api import TOKEN
from tests.support.inbox import Inbox

BOT = {"name": "科技局热线", "token": TOKEN}


@dataclass
class Telegram:
    """An adapter that finds a fault and says it in the language it is asked in."""

    async def check_bot(self, bot_id: str, language: str) -> Health:
        return Health(ok=False, detail=f"{bot_id} {language}")


@dataclass
class Plugin:
    name: ChannelName


@pytest.fixture
async def keeper(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("administrator")


async def row(office: Inbox) -> BotRow:
    async with office.desk.work() as uow:
        return (await uow.session.scalars(select(BotRow))).one()


async def test_a_token_is_never_given_back(office: Inbox, keeper: AsyncClient) -> None:
    created = await keeper.post("bots", json=BOT)
    assert created.status_code == 201
    for answer in (created, await keeper.get("bots"), await keeper.get("audit")):
        assert TOKEN not in answer.text
    stored = await row(office)
    changed = await keeper.patch(f"bots/{stored.id}", json={"name": "新名", "mode": "webhook"})
    assert (changed.json()["name"], changed.json()["mode"]) == ("新名", "webhook")
    assert changed.json()["webhook_path"] == f"/telegram/{stored.id}"
    assert office.desk.services.secret_box.decrypt((await row(office)).token) == TOKEN


async def test_a_bad_token_is_refused_without_repeating_it(office: Inbox, keeper: AsyncClient) -> None:
    refused = await keeper.post("bots", json={**BOT, "token": "not-a-token"})
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (422, "token")
    assert "not-a-token" not in refused.text


async def test_check_and_remove(office: Inbox, keeper: AsyncClient) -> None:
    bot = (await keeper.post("bots", json=BOT)).json()["id"]
    office.desk.services.telegram = Telegram()
    assert (await keeper.post(f"bots/{bot}/check")).json() == {"ok": False, "detail": f"{bot} zh-CN"}
    assert (await keeper.delete(f"bots/{bot}")).status_code == 204
    assert (await keeper.get("bots")).json() == []


async def test_pages_learn_the_names_of_channels_that_plug_ins_brought(office: Inbox, keeper: AsyncClient) -> None:
    office.desk.services.plugins = {"wechat": Plugin(ChannelName(zh="微信公众号", en="WeChat"))}
    names = (await keeper.get("reference")).json()["channels"]
    assert names == [{"key": "wechat", "name": "微信公众号", "name_en": "WeChat"}]
