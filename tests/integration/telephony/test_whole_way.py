"""The platform as an operator starts it, with Asterisk: a citizen calls by SIP and speaks with an agent.

In the middle of it the gateway is killed: the conversation goes on, and the next gateway leads it to its end.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kit.tasks import stop
from server.bench.asterisk_server import AsteriskServer
from server.bench.clients import DeskClient
from tests.support import asterisk_peer
from tests.support.asterisk_platform import asterisk_platform
from tests.support.running import Platform
from tests.support.sip_phone import SipCall, SipPhone
from tests.support.tones import TONES
from tests.support.waiting import wait_until

CITIZEN, AGENT, *_ = TONES
HEARD_SAMPLES = 8000


@dataclass
class House:
    """A running platform, its Asterisk, the telephone network, and one agent at work with a SIP phone."""

    running: Platform
    asterisk: AsteriskServer
    network: SipPhone
    phone: SipPhone
    agent: DeskClient

    def channels(self) -> int:
        """Legs that Asterisk knows, its own listeners included."""
        return int(self.asterisk.command("core show channels count").split()[0])

    async def contacts(self) -> list[dict[str, Any]]:
        snapshot = await self.agent.get("snapshot")
        found: list[dict[str, Any]] = snapshot["contacts"]
        return found


@pytest.fixture
def running_platform(tmp_path: Path) -> Iterator[tuple[Platform, AsteriskServer]]:
    with asterisk_platform(tmp_path) as both:
        yield both


@asynccontextmanager
async def at_work(running: Platform, server: AsteriskServer) -> AsyncIterator[House]:
    passwords = {login.login: login.password for login in running.credentials()}
    keeper, agent = DeskClient(running.url), DeskClient(running.url)
    await keeper.sign_in("admin", passwords["admin"])
    await agent.sign_in("sumin", passwords["sumin"])
    network = SipPhone(asterisk_peer.NETWORK, server.settings.sip_port, "network")
    await network.open()
    await keeper.post("trunks", {"name": "City", "host": network.host, "port": network.port, "prefixes": [""]})
    given = await keeper.post("phones", {"number": "8200", "name": "Su", "account_id": agent.account_id})
    phone = SipPhone("127.0.0.1", server.settings.sip_port, given["username"], given["secret"])
    await phone.open()
    cursor = (await agent.get("snapshot"))["cursor"]
    page = asyncio.create_task(stay(agent, cursor))

    async def registered() -> bool:
        return await phone.register() == 200

    async def ready() -> bool:
        return bool((await agent.post("presence", {"presence": "ready"}))["state"] == "ready")

    try:
        await wait_until(registered, "the phone may register: the gateway handed it over", timeout_s=30)
        await wait_until(ready, "the agent is ready", timeout_s=30)
        yield House(running, server, network, phone, agent)
    finally:
        await stop([page])
        await network.close()
        await phone.close()
        await keeper.close()
        await agent.close()


async def stay(agent: DeskClient, cursor: str) -> None:
    """The agent's page is open."""
    async for _ in agent.events(cursor):
        continue


async def hears(call: SipCall, *tones: int) -> None:
    async def same() -> bool:
        return await call.hears() == frozenset(tones)

    await wait_until(same, f"the telephone hears {tones}", timeout_s=20)


async def conversation(house: House) -> tuple[SipCall, SipCall]:
    """A citizen hears the greeting, asks for a human, and an agent's phone rings and is answered."""
    citizen = await house.network.call("12396", caller="13800138000")
    await wait_until(lambda: citizen.is_up, "the flow answers", timeout_s=20)
    await wait_until(lambda: len(citizen.audio.since(0)) > HEARD_SAMPLES, "the greeting is heard", timeout_s=20)
    await citizen.press("1")
    agent = await asyncio.wait_for(house.phone.came.get(), 30)
    await agent.answer()
    await citizen.speak(CITIZEN)
    await agent.speak(AGENT)
    await hears(citizen, AGENT)
    await hears(agent, CITIZEN)
    return citizen, agent


async def test_a_caller_reaches_an_agent_and_the_call_outlives_a_killed_gateway(
    running_platform: tuple[Platform, AsteriskServer],
) -> None:
    async with at_work(*running_platform) as house:
        citizen, agent = await conversation(house)
        [contact] = await house.contacts()
        assert (contact["channel"], contact["status"]) == ("voice", "active")

        house.running.kill("gateway")
        await hears(citizen, AGENT)
        await hears(agent, CITIZEN)
        await wait_until(lambda: "gateway" in house.running.children(), "another gateway is started", timeout_s=30)
        [contact] = await house.contacts()
        assert contact["status"] == "active"
        await hears(citizen, AGENT)

        async def is_led() -> bool:
            return house.running.axd("doctor", "--only", "telephone").returncode == 0

        await wait_until(is_led, "the next gateway leads Asterisk", timeout_s=40)
        await citizen.hang_up()
        await agent.ended()

        async def wrapped_up() -> bool:
            return [item["status"] for item in await house.contacts()] == ["wrap_up"]

        await wait_until(wrapped_up, "the contact is in wrap-up", timeout_s=20)
        await wait_until(lambda: house.channels() == 0, "no leg is left hanging", timeout_s=20)
