"""One citizen with mailbox, telephone, browser and Telegram before a running platform, and the agent at its desk."""

import asyncio
import email
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email import policy
from pathlib import Path
from typing import Any

import httpx

from kit.ids import new_id
from kit.tasks import stop
from server.bench.clients import DeskClient, Visitor, forgetful_client
from tests.support.bot_api import TOKEN, BotApi, bot_api
from tests.support.mail_config import CITIZEN_DOMAIN, PASSWORD
from tests.support.mail_peers import MailPeers
from tests.support.mail_samples import simple
from tests.support.open_page import stay
from tests.support.running import Platform, platform
from tests.support.sms_accounts import settings as sms_settings
from tests.support.sms_provider import SmsProvider, provider, twilio_calls
from tests.support.waiting import wait_until

NUMBER = "+8613900000001"
PATIENCE_S = 60.0


class Desk(DeskClient):
    """What a page of the desk asks beside what every agent of a bench does."""

    async def patch(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self._http.patch(path, json=body, headers={"X-CSRF-Token": self._csrf})
        answer.raise_for_status()
        return answer.json()

    async def takes(self, channel: str) -> dict[str, Any]:
        """Accept the next contact of `channel` that is offered."""

        async def offered() -> dict[str, Any] | None:
            snapshot = await self.get("snapshot")
            for offer in snapshot["offers"]:
                if (await self.get(f"contacts/{offer['contact_id']}"))["channel"] == channel:
                    return dict(offer)
            return None

        offer = await wait_until(offered, f"the contact by {channel} is offered", timeout_s=PATIENCE_S)
        accepted: dict[str, Any] = await self.post(f"contacts/{offer['contact_id']}/accept", {"fence": offer["fence"]})
        return accepted

    async def says(self, contact_id: str, text: str) -> None:
        await self.post(f"contacts/{contact_id}/messages", {"client_id": new_id(), "kind": "reply", "text": text})


@dataclass(kw_only=True)
class Citizen:
    """`asks` by each channel, and what came back by it."""

    peers: MailPeers
    api: BotApi
    provider: SmsProvider
    http: httpx.AsyncClient
    chat: Visitor
    hotline: str
    sms_url: str
    sms_number: str
    user: str = field(default_factory=lambda: f"c{new_id()[-12:]}")
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def asks(self, channel: str, text: str) -> None:
        if channel == "mail":
            sender = f"{self.user}@{CITIZEN_DOMAIN}"
            raw = simple(text, subject="来信", sender=f'"Zhang San" <{sender}>')
            await asyncio.to_thread(self.peers.postfix.send, raw, sender=sender, recipient=self.hotline)
        elif channel == "sms":
            fields = {"MessageSid": new_id(), "From": NUMBER, "To": self.sms_number, "Body": text, "NumMedia": "0"}
            assert (await twilio_calls(self.http, self.sms_url, fields)).status_code == 200
        elif channel == "chat":
            await self.chat.say(new_id(), text)
        else:
            self.api.says(text)

    async def hears(self, channel: str, what: str) -> str:
        """The first text that came by `channel` and has `what` in it."""

        async def found() -> str:
            return next((text for text in await self._heard(channel) if what in text), "")

        return await wait_until(found, f"{what} comes by {channel}", timeout_s=PATIENCE_S)

    async def _heard(self, channel: str) -> list[str]:
        if channel == "mail":
            mails = await asyncio.to_thread(self.peers.dovecot.mails, self.user)
            found = [email.message_from_bytes(mail, policy=policy.default) for mail in mails]
            return [mail.get_content().replace("\r\n", "\n").strip() for mail in found]
        if channel == "sms":
            return [one.text for one in self.provider.taken]
        if channel == "chat":
            return [frame["text"] for frame in self.frames if frame["type"] in ("message", "answer")]
        return [one.text for one in self.api.sent]

    async def reads_the_chat(self) -> None:
        """Until cancelled."""
        while True:
            self.frames.append(await self.chat.receive())


@asynccontextmanager
async def one_citizen(peers: MailPeers, folder: Path) -> AsyncIterator[tuple[Citizen, Desk, Platform]]:
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(bot_api())
        texts = provider()
        await texts.server.start()
        stack.push_async_callback(texts.server.kill)
        started = platform(
            folder, TELEGRAM=f'{{"api_url": "{api.server.url}", "poll_timeout_s": 1}}', CALL_ENGINE="off"
        )
        running = await asyncio.to_thread(started.__enter__)
        stack.push_async_callback(asyncio.to_thread, started.__exit__, None, None, None)
        http = await stack.enter_async_context(forgetful_client(PATIENCE_S))
        passwords = {login.login: login.password for login in running.credentials()}
        keeper, agent = Desk(running.url), Desk(running.url)
        for desk, login in ((keeper, "admin"), (agent, "sumin")):
            stack.push_async_callback(desk.close)
            await desk.sign_in(login, passwords[login])
        citizen = await _set_up(
            keeper,
            Citizen(
                peers=peers,
                api=api,
                provider=texts,
                http=http,
                chat=Visitor(http, running.url),
                hotline=peers.address(f"h{new_id()[-12:]}"),
                sms_url="",
                sms_number="",
            ),
        )
        await citizen.chat.open()
        await citizen.chat.connect()
        page = asyncio.create_task(stay(agent, takes=False))
        tasks = [page, asyncio.create_task(citizen.reads_the_chat())]
        stack.push_async_callback(stop, tasks)
        await wait_until(lambda: _ready(agent), "the agent is ready", timeout_s=PATIENCE_S)
        yield citizen, agent, running


async def _ready(agent: Desk) -> bool:
    return bool((await agent.post("presence", {"presence": "ready"}))["state"] == "ready")


async def _set_up(keeper: Desk, citizen: Citizen) -> Citizen:
    """The channels, as the administrator sets them up in the desk."""
    ports = citizen.peers.ports
    await keeper.post(
        "mailboxes",
        {
            "name": "热线",
            "address": citizen.hotline,
            "imap_host": "127.0.0.1",
            "imap_port": ports.imap,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": ports.smtp,
            "smtp_security": "none",
            "username": citizen.hotline.split("@")[0],
            "secret": PASSWORD,
        },
    )
    await keeper.post("bots", {"name": "热线", "token": TOKEN})
    account = sms_settings("twilio", citizen.provider.url).model_dump(mode="json")
    made = await keeper.post("sms/accounts", account)
    citizen.sms_url, citizen.sms_number = made["inbound_url"], made["number"]
    return citizen


def number_and_pin(receipt: str) -> tuple[str, str]:
    """As they stand in a receipt."""
    number, pin = re.search(r"\d{14}", receipt), re.search(r"查询密码\D*(\d{6})", receipt)
    assert number is not None
    assert pin is not None
    return number[0], pin[1]
