"""What every part of the switchboard works with, and the few things that all of them do."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from kit.access import Access
from kit.blobs import BlobStore
from kit.errors import Conflict, NotFound
from kit.events import EventHub
from kit.unit_of_work import Database, UnitOfWork
from records.staff.tables import AccountRoleRow, RoleRow
from router.contact import Channel
from router.service import Router
from telephony.calls import CallEngine, CallLeg, LegEnded, Media
from telephony.guard import DialGuard, GuardSettings
from telephony.in_turn import in_order
from telephony.ivr.nodes import Part, Say
from telephony.ivr.ports import Answer, Session
from telephony.switchboard.fax_back import FaxBack
from telephony.switchboard.ports import Arrive, HandIn, Phrases, Speaker, SupervisorDesk
from telephony.switchboard.settings import SwitchboardSettings

log = logging.getLogger(__name__)

INSIDE = ("agent:", "extension:")
Action = Callable[[Session, Mapping[str, str]], Awaitable[Answer]]
ReceiveFax = Callable[[CallLeg], Awaitable[bool]]
CanSend = Callable[[str], Awaitable[bool]]
"""Whether anything can go out by this channel now."""


@dataclass(kw_only=True)
class House:
    """`actions`: data actions of flows by name. `receive_fax`: takes a fax on a leg until it ends,
    and says whether pages came. `fax_back`: sends documents on the callers' own calls.

    `prepare` is repeated beside the calls: speaks ahead what will be heard. `beside` runs beside them, until cancelled.
    `supervisors`: who may take part in calls by telephone, and hear recordings.
    """

    engine: CallEngine
    database: Database
    access: Access
    router: Router
    blobs: BlobStore
    events: EventHub
    speaker: Speaker
    arrive: Arrive
    hand_in: HandIn
    phrases: Phrases
    settings: SwitchboardSettings
    actions: Mapping[str, Action] = field(default_factory=dict)
    receive_fax: ReceiveFax | None = None
    fax_back: FaxBack | None = None
    can_send: CanSend | None = None
    prepare: Callable[[], Awaitable[None]] | None = None
    supervisors: SupervisorDesk | None = None
    beside: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = ()
    guard: DialGuard = field(default_factory=lambda: DialGuard(GuardSettings()))
    channels: frozenset[str] = frozenset({Channel.VOICE, Channel.CALLBACK})
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def workspace_id(self) -> str:
        return str(self.access.workspace_id)

    def start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Something that goes on beside the calls; its failure is logged."""
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # it never began where the task was cancelled at once
        return task

    @property
    def busy(self) -> frozenset["asyncio.Task[None]"]:
        return frozenset(self._tasks)

    def leaves_calls(self) -> bool:
        """Whether this task is being stopped with its process, and the next process goes on with its calls."""
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0 and self.engine.capabilities.adopts_calls

    async def allow(self, account_id: str, to: str) -> None:
        """Raises `Forbidden` or `TooMany` for an outside number that this account may not call (now)."""
        if to.startswith(INSIDE):
            return
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            roles = await uow.session.scalars(
                select(RoleRow.key)
                .join(AccountRoleRow, AccountRoleRow.role_id == RoleRow.id)
                .where(AccountRoleRow.account_id == account_id)
            )
            self.guard.require(account_id, list(roles), to)

    async def say(self, leg: CallLeg, say: Say, session: Session, *, stop: bool = False) -> str:
        """Let `leg` hear `say`; with `stop` a key ends it and is returned."""
        return await leg.play_all(in_order(await self.sounds(say, session)), stop_on_digit=stop) or ""

    async def sounds(self, say: Say, session: Session) -> list[Media]:
        return list(await self.speaker.sounds(say, session.language, session.values))

    async def change(self, what: Callable[[UnitOfWork], Awaitable[object]]) -> bool:
        """Change the router's state in a transaction of its own; False when things have changed meanwhile."""
        try:
            async with self.database.unit_of_work(self.access) as uow:
                await what(uow)
        except (Conflict, NotFound) as error:
            log.info("a change of a call came too late: %s", error.code)
            return False
        return True


def words(chinese: str, english: str) -> Say:
    return (Part(text={"zh-CN": chinese, "en": english}),)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except LegEnded:
        return
    except Exception:
        log.exception("a part of a call failed")
