"""How long a citizen's message takes to reach the agent's page, in open chats, stored durably on the way.

A platform of its own is started on a temporary data folder; citizens and agents are clients in this process. Each
message carries its number; times are taken at three places: when it is sent, when the citizen's page is told that it
is stored, and when the agent's page has it.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from server.bench.clients import DeskClient, Visitor, forgetful_client
from server.bench.trial import Trial
from server.tuning import be_quick

CHATS_PER_AGENT = 100
ACCEPT_TIMEOUT_S = 60.0
DRAIN_S = 5.0
DRAIN_LOOKS = 100
SET_UP_AT_ONCE = 10


@dataclass
class Sent:
    """One message; instants of `time.perf_counter`, and of the wall clock where two processes compare."""

    sent_at: float
    sent_wall: float
    stored_at: float | None = None
    received_at: float | None = None
    server_wall: float | None = None


@dataclass
class Measurement:
    messages: dict[str, Sent] = field(default_factory=dict)

    def lines(self) -> dict[str, Any]:
        """Milliseconds: the whole way, to storage and its acknowledgement, and from the server's clock to the agent."""
        done = [message for message in self.messages.values() if message.received_at is not None]
        whole = [(message.received_at or 0) - message.sent_at for message in done]
        stored = [m.stored_at - m.sent_at for m in self.messages.values() if m.stored_at is not None]
        taken_in = [m.server_wall - m.sent_wall for m in done if m.server_wall is not None]
        return {
            "p50_ms": percentile(whole, 50),
            "p99_ms": percentile(whole, 99),
            "hops": {
                "taken_in_p50_ms": percentile(taken_in, 50),
                "taken_in_p99_ms": percentile(taken_in, 99),
                "acknowledged_p50_ms": percentile(stored, 50),
                "acknowledged_p99_ms": percentile(stored, 99),
            },
            "sent": len(self.messages),
            "acknowledged": len(stored),
            "received": len(done),
        }


def run_message(chats: int, rate: float, seconds: float, database_url: str | None) -> dict[str, Any]:
    """One measurement at `rate` messages a second over `chats` open chats; SQLite when no `database_url` is given."""
    return asyncio.run(_run(chats, rate, seconds, database_url))


async def _run(chats: int, rate: float, seconds: float, database_url: str | None) -> dict[str, Any]:
    agents = max(2, -(-chats // CHATS_PER_AGENT))
    async with Trial.started(agents=agents, chats_per_agent=CHATS_PER_AGENT, database_url=database_url) as platform:
        measurement = Measurement()
        async with forgetful_client(30) as http:
            desks = await _desks(platform)
            listeners = [asyncio.create_task(_listen(desk, cursor, measurement)) for desk, cursor in desks]
            visitors = await _open_chats(http, platform.base, chats)
            readers = [asyncio.create_task(_read_acknowledgements(visitor, measurement)) for visitor in visitors]
            be_quick()  # or what the clients' own garbage collection holds up counts as the platform's delay
            await _talk(visitors, rate, seconds, measurement)
            await _drained(measurement)
            for task in (*listeners, *readers):
                task.cancel()
            await asyncio.gather(*listeners, *readers, return_exceptions=True)
            await asyncio.gather(*(visitor.close() for visitor in visitors), *(desk.close() for desk, _ in desks))
    kind = "sqlite" if database_url is None else database_url.split("+")[0]
    return {"database": kind, "chats": chats, "rate": rate, "seconds": seconds, **measurement.lines()}


async def _desks(platform: Trial) -> list[tuple[DeskClient, str]]:
    desks = []
    for login, password in platform.agents:
        desk = DeskClient(platform.base)
        await desk.sign_in(login, password)
        snapshot = await desk.get("snapshot")
        desks.append((desk, str(snapshot["cursor"])))
    return desks


async def _listen(desk: DeskClient, cursor: str, measurement: Measurement) -> None:
    ready = False
    async for frame in desk.events(cursor):
        if not ready:
            # An agent is here once the page's socket is open.
            await desk.post("presence", {"presence": "ready"})
            ready = True
        if frame["type"] != "event":
            continue
        data = frame["data"]
        if frame["entity"] == "message":
            _note(frame, measurement)
        elif frame["entity"] == "offer" and data["outcome"] == "pending" and data["agent_id"] == desk.account_id:
            await _accept(desk, data)
        elif frame["id"] == desk.account_id and data.get("presence") == "not_ready":
            # Too slow for an offer, on a machine that is setting up a thousand chats at once.
            await desk.post("presence", {"presence": "ready"})


async def _accept(desk: DeskClient, offer: dict[str, Any]) -> None:
    with suppress(httpx.HTTPStatusError):
        await desk.post(f"contacts/{offer['contact_id']}/accept", {"fence": offer["fence"]})


def _note(frame: dict[str, Any], measurement: Measurement) -> None:
    message = measurement.messages.get(frame["data"]["client_id"] or "")
    if message is not None and message.received_at is None:
        message.received_at = frame["received_at"]
        message.server_wall = datetime.fromisoformat(frame["data"]["created_at"]).timestamp()


async def _open_chats(http: httpx.AsyncClient, base: str, chats: int) -> list[Visitor]:
    """Each is answered before the next begins: a long queue of waiting chats is not what is measured."""
    gate = asyncio.Semaphore(SET_UP_AT_ONCE)

    async def open_one(number: int) -> Visitor:
        async with gate, asyncio.timeout(ACCEPT_TIMEOUT_S):
            visitor = Visitor(http, base)
            await visitor.open()
            await visitor.connect()
            await visitor.say(f"first-{number}", "您好，请问有人吗？")
            while (await visitor.receive()).get("status") != "active":
                pass
            return visitor

    return list(await asyncio.gather(*(open_one(number) for number in range(chats))))


async def _read_acknowledgements(visitor: Visitor, measurement: Measurement) -> None:
    while True:
        frame = await visitor.receive()
        if frame["type"] == "ack":
            message = measurement.messages.get(frame["client_msg_id"])
            if message is not None:
                message.stored_at = time.perf_counter()


async def _talk(visitors: Sequence[Visitor], rate: float, seconds: float, measurement: Measurement) -> None:
    """Arrivals at random (Poisson), each from a random chat."""
    start, number, due = time.perf_counter(), 0, 0.0
    dice = random.Random(1)  # noqa: S311 - the same load each time
    while (due := due + dice.expovariate(rate)) < seconds:
        await asyncio.sleep(max(0.0, start + due - time.perf_counter()))
        client_msg_id = f"m-{number}"
        number += 1
        measurement.messages[client_msg_id] = Sent(sent_at=time.perf_counter(), sent_wall=time.time())
        await dice.choice(visitors).say(client_msg_id, f"第 {number} 条：复审期间证书到期，还能享受优惠吗？")


async def _drained(measurement: Measurement) -> None:
    for _ in range(DRAIN_LOOKS):
        if all(message.received_at is not None for message in measurement.messages.values()):
            return
        await asyncio.sleep(DRAIN_S / DRAIN_LOOKS)


def percentile(values: Sequence[float], percent: int) -> float | None:
    """In milliseconds, by the nearest rank; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000, 2)
