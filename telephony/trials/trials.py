"""Calls that try flows out, on an engine of their own: pages only, whatever carries the real calls.

Nothing of them stays: no contact, no call, no count; and nobody is rung, written to or asked.
"""

import asyncio
import logging
from typing import Any

from kit.errors import AppError
from records.staff.tables import WorkspaceRow
from telephony.calls import Adopted, CallLeg, LegEnded
from telephony.embedded.bridge import own
from telephony.embedded.engine import EmbeddedEngine
from telephony.embedded.leg import EmbeddedLeg
from telephony.embedded.page_frames import COMMAND as FRAME
from telephony.embedded.page_frames import PageFrames
from telephony.embedded.store import LeftOver
from telephony.ivr.interpreter import Interpreter, Outcome, ToFax, ToNumber, ToQueue
from telephony.ivr.ports import Session
from telephony.trials.drafts import draft, draft_or_published
from telephony.trials.panel import Panel
from telephony.trials.surroundings import Scene, TrialSurroundings

log = logging.getLogger(__name__)

COMMAND = "trial.frame"
PARTY = "trial:"
LONGEST_S = 900.0
AGENT, CALLBACK, MESSAGE, ANSWERED, UNANSWERED = "agent", "callback", "message", "answered", "unanswered"


class NoLegs:
    """`telephony.embedded.store.Legs` of calls that end with their process."""

    async def keep(self, leg: EmbeddedLeg) -> None:
        return

    async def going_on(self) -> list[LeftOver]:
        return []

    async def end(self, leg_ids: object) -> None:
        return


class Trials:
    """The engine is idle, and costs nothing, until the first trial of its process."""

    def __init__(self, engine: EmbeddedEngine, scene: Scene) -> None:
        self._engine, self._scene, self._frames = engine, scene, PageFrames(engine)
        self._wanted, self._ready = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        await self._wanted.wait()
        await self._engine.run(self._incoming, self._adopted)

    async def command(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """A frame of a page, as `PageFrames.command` takes it."""
        self._wanted.set()
        await self._ready.wait()
        return await self._frames.command(FRAME, arguments)

    async def _adopted(self, _adopted: Adopted) -> None:
        self._ready.set()

    async def _incoming(self, leg: CallLeg) -> None:
        party = own(leg).facts.party
        panel = Panel(leg, lambda frame: self._engine.tell(party, dict(frame)))
        try:
            async with asyncio.timeout(LONGEST_S):
                await _Trial(self._scene, leg, panel).walk()
            await panel.over("finished")
        except LegEnded:
            log.debug("a trial was hung up")
        except TimeoutError:
            await panel.over("too_long")
        except AppError as error:
            log.info("a flow could not be tried further: %s", error.code)
            await panel.over("failed")
        finally:
            await leg.hang_up()


class _Trial:
    def __init__(self, scene: Scene, leg: CallLeg, panel: Panel) -> None:
        self._scene, self._leg, self._panel = scene, leg, panel
        self._tried = leg.variables["flow"]
        self._given: dict[str, str] = {}
        self._around = TrialSurroundings(scene, panel, self._tried, leg.variables.get("hours", ""))

    async def walk(self) -> None:
        async with self._scene.database.unit_of_work(self._scene.access, read_only=True) as uow:
            flow = await draft(uow, self._tried)
            workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
            self._given = {"name": workspace.name, "name_en": workspace.name_en, "service": ""}
        session = Session(
            leg=self._leg,
            language=self._leg.variables.get("language", "zh-CN"),
            values=dict(self._given),
            flow=self._tried,
        )
        start: str | None = flow.start
        while start is not None and flow is not None:
            outcome = await Interpreter(flow, session, self._around, entered=self._entered).run(start)
            async with self._scene.database.unit_of_work(self._scene.access, read_only=True) as uow:
                flow = await draft_or_published(uow, session.flow, self._tried) or flow
            start = await self._follow(outcome, flow.after_call)

    async def _entered(self, session: Session, key: str, node: object) -> None:
        self._around.node = node
        last = session.path[-1] if session.path else None
        passed = {"node": last.node, "exit": last.exit, "keys": last.keys} if last else None
        hidden = session.secrets | set(self._given)
        known = {name: value for name, value in session.values.items() if name not in hidden}
        await self._panel.node(session.flow, key, passed, known)

    async def _follow(self, outcome: Outcome, after_call: str | None) -> str | None:
        """Where it goes on as whoever tries it decides."""
        if isinstance(outcome, ToQueue):
            ways = {AGENT: after_call, CALLBACK: outcome.on_callback, MESSAGE: outcome.on_message}
            open_ways = [name for name, target in ways.items() if name == AGENT or target]
            return ways[await self._panel.choose("queue", open_ways, queue=outcome.queue, topic=outcome.topic)]
        if isinstance(outcome, ToNumber):
            chosen = await self._panel.choose("transfer", (ANSWERED, UNANSWERED), to=outcome.to)
            return outcome.on_failed if chosen == UNANSWERED else None
        if isinstance(outcome, ToFax):
            await self._panel.would("fax")
        return None
