"""Calls in this installation: which engine carries them, who runs it, and what pages are served with."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, Protocol

from fastapi import WebSocket

from channels.claim import Claim, ClaimLost
from kit.errors import AppError
from kit.leases import Lease
from kit.tasks import stop
from server.asterisk import asterisk_engine, keep_lines, passes
from server.telephone import trial_scene
from server.wiring import Services
from telephony.asterisk.configuration import WEB_CALL
from telephony.asterisk.lines import WEB
from telephony.calls import Adopted, CallEngine, CallLeg
from telephony.embedded.engine import EmbeddedEngine
from telephony.embedded.page_frames import COMMAND, PageFrames
from telephony.embedded.page_wire import LEASE, PageLine, PageSocket, PageTeller
from telephony.embedded.store import Legs, SqlLegs
from telephony.trials.trials import COMMAND as TRIAL
from telephony.trials.trials import NoLegs, Trials
from telephony.web_pass import WebPass
from webchat.routes_calls import CallPass, IssuePass
from webchat.service import Visitor

log = logging.getLogger(__name__)

# Short, so that a process that died is followed by another before the citizens hang up.
LEASE_S, RENEW_S, RETRY_S = 3.0, 1.0, 0.5


class Switchboard(Protocol):
    """What happens to calls."""

    async def incoming(self, leg: CallLeg) -> None: ...

    async def adopted(self, adopted: Adopted) -> None: ...

    async def command(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]: ...

    async def run(self) -> None:
        """What goes on beside the calls, until cancelled."""
        ...


MakeSwitchboard = Callable[[CallEngine], Switchboard]


async def run_calls(services: Services, make_switchboard: MakeSwitchboard) -> None:
    """Carry calls whenever this process gets the lease, until cancelled; another process may have it meanwhile."""
    claim = Claim(services.database, services.access, LEASE, services.commands.holder, ttl_s=LEASE_S, renew_s=RENEW_S)

    async def carry(_lease: Lease) -> None:
        await _carry(services, make_switchboard)

    while True:
        try:
            await claim.hold(carry)
        except (ClaimLost, AppError) as error:
            log.warning("calls are carried by nobody for a moment: %s", error)
        await asyncio.sleep(RETRY_S)


async def _carry(services: Services, make_switchboard: MakeSwitchboard) -> None:
    carried = _by_asterisk if services.settings.carries_by_asterisk else _embedded
    tasks = [asyncio.create_task(work) for work in carried(services, make_switchboard)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await stop(tasks)


Command = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


def _embedded(services: Services, make_switchboard: MakeSwitchboard) -> list[Coroutine[Any, Any, None]]:
    engine = embedded_engine(services)
    switchboard, frames = make_switchboard(engine), PageFrames(engine)

    async def command(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name == COMMAND:
            return await frames.command(name, arguments)
        return await switchboard.command(name, arguments)

    return [
        *_with_trials(services, command),
        engine.run(switchboard.incoming, switchboard.adopted),
        switchboard.run(),
    ]


def _by_asterisk(services: Services, make_switchboard: MakeSwitchboard) -> list[Coroutine[Any, Any, None]]:
    engine = asterisk_engine(services)
    switchboard = make_switchboard(engine)
    return [
        *_with_trials(services, switchboard.command),
        engine.run(switchboard.incoming, switchboard.adopted),
        switchboard.run(),
        keep_lines(services, engine),
    ]


def _with_trials(services: Services, others: Command) -> list[Coroutine[Any, Any, None]]:
    """Serve `others`, and beside them the trials of flows, which pages carry whatever carries the calls."""
    trials = Trials(embedded_engine(services, legs=NoLegs()), trial_scene(services))

    async def command(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return await (trials.command(arguments) if name == TRIAL else others(name, arguments))

    return [services.commands.serve(command), trials.run()]


def embedded_engine(services: Services, legs: Legs | None = None) -> EmbeddedEngine:
    """The engine that needs nothing but browsers; `legs`: where it keeps its calls, the database by default."""
    settings, workspace_id = services.settings, str(services.access.workspace_id)
    return EmbeddedEngine(
        legs=legs or SqlLegs(services.database, services.access),
        tell=PageTeller(services.event_log, workspace_id),
        clock=services.database.clock,
        settings=settings.calls,
        recordings=settings.data_dir / "recordings",
        ice_servers=services.phones.ice_servers,
    )


def visitor_line(visitor: Visitor, workspace_id: str, dialled: str) -> PageLine:
    """Of a visitor's page. A call is nobody's where the chat is a report: no ordinary record names that chat."""
    session_id = "" if visitor.sealed else visitor.session_id
    return PageLine(
        workspace_id=workspace_id,
        party=f"web:{visitor.session_id}",
        dialled=dialled,
        variables={"line": "web", "session_id": session_id},
    )


def issue_pass(services: Services) -> IssuePass | None:
    """What lets a visitor's page call through Asterisk; None where it does not."""
    phones, signer = services.phones, passes(services.settings)
    if not phones.by_sip:
        return None

    def issue(visitor: Visitor, language: str) -> CallPass:
        dialled = services.settings.citizens.site.phone_digits
        session = visitor_line(visitor, str(services.access.workspace_id), dialled).variables["session_id"]
        about = WebPass(visitor=visitor.session_id, session=session, dialled=dialled, language=language)
        return CallPass(
            url=phones.sip_url,
            uri=f"sip:{WEB}@{phones.sip_host}",
            number=WEB_CALL,
            call_pass=signer.issue(about),
            ice_servers=[server.as_json() for server in phones.ice_servers],
        )

    return issue


def serve_visitor(services: Services) -> Callable[[WebSocket, Visitor, Callable[[], Awaitable[None]]], Awaitable[None]]:
    """What serves the call button's sockets: see `webchat.routes_calls.ServeCall`."""

    async def serve(socket: WebSocket, visitor: Visitor, may_call: Callable[[], Awaitable[None]]) -> None:
        line = replace(
            visitor_line(visitor, str(services.access.workspace_id), services.settings.citizens.site.phone_digits),
            may_call=may_call,
        )
        await PageSocket(
            socket, line, commands=services.commands, events=services.events, ice_servers=services.phones.ice_servers
        ).run()

    return serve
