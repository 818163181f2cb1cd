"""One citizen over four real channels: one thread, one history, and one number and PIN that every channel answers."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.mail_peers import MailPeers, mail_peers, mail_servers
from tests.support.one_citizen import Citizen, Desk, number_and_pin, one_citizen

__all__ = ["mail_peers", "mail_servers"]

pytestmark = pytest.mark.timeout(600)
WAYS = ("mail", "sms", "chat", "telegram")


async def test_mail_text_message_chat_and_telegram_are_one_citizen_with_one_thread_and_one_number(
    mail_peers: MailPeers, tmp_path: Path
) -> None:
    async with one_citizen(mail_peers, tmp_path / "axd") as (citizen, agent, _):
        contacts = [await served(citizen, agent, channel) for channel in WAYS]
        number, pin = number_and_pin(await citizen.hears("mail", "查询密码"))
        first = contacts[0]["citizen_id"]
        for contact in contacts[1:]:
            await confirmed(agent, first, contact["citizen_id"])
        await one_thread_and_one_history(agent, first, contacts)
        told = set()
        for channel in WAYS:
            await citizen.asks(channel, f"/status {number} {pin}" if channel == "telegram" else f"{number} {pin}")
            told.add((await citizen.hears(channel, f"{number}：")).removeprefix("【云州科技】"))
        (status,) = told
        assert status.startswith(f"{number}：已答复")
        for contact in contacts:
            said = await texts(agent, contact)
            assert not any(pin in text for text in said)
            assert len([text for text in said if text.startswith("来自")]) == len(WAYS), "a query is no message"


async def served(citizen: Citizen, agent: Desk, channel: str) -> dict[str, Any]:
    """The citizen writes and says who they are; the agent takes it, answers, and writes that down."""
    await citizen.asks(channel, f"来自{channel}：我是智谷科技的张三，想问一件事。")
    contact = await agent.takes(channel)
    await agent.says(contact["id"], f"经{channel}答复")
    await citizen.hears(channel, f"经{channel}答复")
    card = await agent.get(f"citizens/{contact['citizen_id']}")
    known = {"version": card["version"], "name": "张三", "organisation": "智谷科技"}
    await agent.patch(f"citizens/{contact['citizen_id']}", known)
    return contact


async def confirmed(agent: Desk, first: str, other: str) -> None:
    """The platform suggests that both are one, with its reason, and the agent says that they are."""
    (match,) = [one for one in await agent.get(f"citizens/{first}/matches") if one["citizen_id"] == other]
    assert match["reasons"] == ["same_name_and_organisation"]
    await agent.post(f"citizens/{first}/merge", {"other_id": other, "reason": "本人说明"})


async def one_thread_and_one_history(agent: Desk, citizen_id: str, contacts: list[dict[str, Any]]) -> None:
    card = await agent.get(f"citizens/{citizen_id}")
    assert [past["channel"] for past in card["history"]] == list(reversed(WAYS))
    assert {address["kind"] for address in card["addresses"]} == {"mail", "phone", "telegram"}
    wanted = [text for channel in WAYS for text in (f"来自{channel}", f"经{channel}")]
    for contact in contacts:
        said = [text for text in await texts(agent, contact) if text.startswith(("来自", "经"))]
        assert [text.split("：")[0].removesuffix("答复") for text in said] == wanted


async def texts(agent: Desk, contact: dict[str, Any]) -> list[str]:
    return [item["text"] for item in (await agent.get(f"contacts/{contact['id']}/thread"))["items"]]
