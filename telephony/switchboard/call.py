"""One call in progress: the citizen's leg and everything that hangs on it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from telephony.calls import Bridge, CallLeg, Ended, HangUpCause, LegEnded, LegState, RecordingHandle, Spy, SpyMode
from telephony.ivr.ports import Session

AGENT = "agent:"
ROUND = "#"


@dataclass(kw_only=True)
class AgentSide:
    """`fence`: of the offer by which he has the contact; 0 before he has it."""

    agent_id: str
    leg: CallLeg
    fence: int = 0
    recording: RecordingHandle | None = None


@dataclass(kw_only=True)
class Consult:
    """The agent asks somebody while the citizen waits. `to`: as it was dialled.

    `mark`: under which a colleague is kept from other calls; `seals`: who takes reports is asked.
    """

    to: str
    leg: CallLeg
    mark: str
    seals: bool = False
    bridge: Bridge | None = None

    @property
    def agent_id(self) -> str | None:
        """Of a colleague who handles contacts, too."""
        return colleague_of(self.to)


def colleague_of(to: str) -> str | None:
    """The agent whom `to` names, if any."""
    return to.removeprefix(AGENT) if to.startswith(AGENT) else None


@dataclass(kw_only=True)
class Listening:
    """A supervisor takes part; `spy` once he has answered. `stays`: his line is his own and outlives it.

    `over` is set when he takes part no more, whoever ended it.
    """

    leg: CallLeg
    mode: SpyMode
    spy: Spy | None = None
    stays: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(kw_only=True)
class Call:
    """`agent`: who speaks with the citizen; `coming`: who was reached and is put through next;
    `on_duty`: who answered an emergency from the roster; `expected`: who was asked and gets the call passed on;
    `reaching`: the task that rings him; `fence`: of the newest offer for which an agent was rung.
    `served`: what he came for is done, whoever hung up.
    `sent_to`: the node of the flow to which the agent sent the citizen; `round`: how many contacts this call has been.

    `connected`, `released`, `ended` are set by who learns of it and looked at by the task that serves the call.
    """

    leg: CallLeg
    contact_id: str
    row_id: str
    session: Session
    direction: str = "in"
    bridge: Bridge | None = None
    agent: AgentSide | None = None
    coming: AgentSide | None = None
    on_duty: AgentSide | None = None
    expected: AgentSide | None = None
    reaching: "asyncio.Task[None] | None" = None
    fence: int = -1
    consult: Consult | None = None
    others: list[CallLeg] = field(default_factory=list)
    listening: dict[str, Listening] = field(default_factory=dict)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    ended_by: str = ""
    served: bool = False
    sent_to: str = ""
    round: int = 1
    flow_version: int | None = None

    @property
    def engine_id(self) -> str:
        """How rows name the call: a leg that asks for an agent again is a further contact."""
        return self.leg.id if self.round == 1 else f"{self.leg.id}{ROUND}{self.round}"

    async def watch(self) -> None:
        """Until the citizen's leg ends."""
        async for event in self.leg.events():
            if isinstance(event, Ended):
                self.ended.set()

    def require_alive(self) -> None:
        if self.ended.is_set() or self.leg.state is LegState.ENDED:
            raise LegEnded()

    async def until(self, *events: asyncio.Event) -> None:
        """Wait for one of `events`. Raises `LegEnded` when the citizen hangs up first."""
        await first_of(*(event.wait() for event in (*events, self.ended)))
        self.require_alive()

    async def until_alone(self) -> None:
        """Wait until nobody is left with the citizen, who hangs up or hears the others do so."""
        for leg in list(self.others):
            await first_of(_over(leg), self.until())
        self.others.clear()


async def _over(leg: CallLeg) -> None:
    async for event in leg.events():
        if isinstance(event, Ended):
            return


async def first_of(*waits: Awaitable[Any]) -> None:
    """Until the first is done; the others are cancelled, errors raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answered(leg: CallLeg, timeout_s: float) -> bool:
    """Whether a dialled leg is answered within `timeout_s`; one that is not is hung up."""
    try:
        async with asyncio.timeout(timeout_s):
            async for _ in leg.events():
                if leg.state is not LegState.RINGING:
                    break
    except TimeoutError:
        await leg.hang_up(HangUpCause.NO_ANSWER)
    except BaseException:
        await leg.hang_up()
        raise
    return leg.state is LegState.UP
