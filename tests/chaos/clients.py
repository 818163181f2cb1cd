"""Citizens and agents who do not give up: whatever breaks, they come back and go on with the same ids."""

import asyncio
import random
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from kit.ids import new_id
from server.bench.clients import DeskClient, Visitor, forgetful_client
from tests.chaos.journal import Journal

BROKEN = (httpx.HTTPError, WebSocketException, OSError, TimeoutError, KeyError)
MESSAGES_EACH = 5
REPLIES_EACH = 2
PATIENCE_S = 8.0


async def citizen(base: str, journal: Journal, dice: random.Random) -> None:
    """One chat after the other until the audit is stopping; a begun chat is brought to its end."""
    async with forgetful_client(PATIENCE_S) as http:
        while not journal.stopping:
            await _one_chat(Visitor(http, base), journal, dice)


async def _one_chat(visitor: Visitor, journal: Journal, dice: random.Random) -> None:
    await _until_done(visitor.open)
    await _until_done(visitor.connect)
    for _ in range(MESSAGES_EACH):
        message_id = new_id()
        text = f"第 {message_id} 条:证书到期了怎么办?"
        await _say(visitor, message_id, text)
        journal.said[message_id] = (visitor.session_id, text)
        await asyncio.sleep(dice.uniform(0.05, 0.6))
    await visitor.close()


async def _say(visitor: Visitor, message_id: str, text: str) -> None:
    while True:
        try:
            await visitor.say(message_id, text)
            await visitor.acknowledged(message_id, PATIENCE_S)
            return
        except BROKEN:
            await visitor.close()
            await _until_done(visitor.connect)


async def _until_done(step: Any) -> None:
    while True:
        try:
            await asyncio.wait_for(step(), PATIENCE_S)
            return
        except BROKEN:
            await asyncio.sleep(0.3)


class Agent:
    """Takes every offer, answers each contact a few times, finishes it."""

    def __init__(self, base: str, login: str, password: str, journal: Journal) -> None:
        self._desk = DeskClient(base)
        self._login, self._password = login, password
        self._journal = journal
        self._work: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._desk.sign_in(self._login, self._password)
                await self._watch()
            except BROKEN:
                await asyncio.sleep(0.3)

    async def _watch(self) -> None:
        snapshot = await self._desk.get("snapshot")
        events = asyncio.create_task(self._follow(str(snapshot["cursor"])))
        try:
            while not events.done():
                await self._look()
                await asyncio.wait({events}, timeout=1.0)
        finally:
            events.cancel()
            await asyncio.gather(events, return_exceptions=True)

    async def _look(self) -> None:
        """What a page does after each cut: take the snapshot and go on from it."""
        snapshot = await self._desk.get("snapshot")
        if snapshot["me"]["presence"] != "ready":
            await self._desk.post("presence", {"presence": "ready"})
        for offer in snapshot["offers"]:
            await self._take(offer)
        for contact in snapshot["contacts"]:
            self._begin(contact)

    async def _follow(self, cursor: str) -> None:
        async for frame in self._desk.events(cursor):
            if frame["type"] != "event" or frame["entity"] != "offer":
                continue
            offer = frame["data"]
            if offer.get("outcome") == "pending" and offer.get("agent_id") == self._desk.account_id:
                await self._take(offer)

    async def _take(self, offer: dict[str, Any]) -> None:
        try:
            contact = await self._desk.post(f"contacts/{offer['contact_id']}/accept", {"fence": offer["fence"]})
        except httpx.HTTPStatusError:
            return
        self._journal.note_accept(offer["contact_id"], offer["fence"], self._desk.account_id)
        self._begin(contact)

    def _begin(self, contact: dict[str, Any]) -> None:
        contact_id = contact["id"]
        if contact["status"] in ("active", "wrap_up") and contact_id not in self._work:
            task = asyncio.create_task(self._handle(contact_id))
            self._work[contact_id] = task
            task.add_done_callback(lambda _: self._work.pop(contact_id, None))

    async def _handle(self, contact_id: str) -> None:
        for _ in range(REPLIES_EACH):
            if not await self._reply(contact_id, new_id()):
                return
            await asyncio.sleep(0.2)
        await self._persist(f"contacts/{contact_id}/disposition", {"disposition": "answered", "note": ""})

    async def _reply(self, contact_id: str, client_id: str) -> bool:
        text = f"答 {client_id}"
        body = {"client_id": client_id, "kind": "reply", "text": text, "attachment_ids": []}
        if not await self._persist(f"contacts/{contact_id}/messages", body):
            return False
        self._journal.replied[client_id] = (contact_id, text)
        return True

    async def _persist(self, path: str, body: dict[str, Any]) -> bool:
        """Repeat with the same ids until the platform says yes, or no for good."""
        while True:
            try:
                await self._desk.post(path, body)
                return True
            except httpx.HTTPStatusError as error:
                if error.response.status_code in (403, 404, 409, 422):
                    return False
                await asyncio.sleep(0.3)
            except BROKEN:
                await asyncio.sleep(0.3)
