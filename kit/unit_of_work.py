"""The unit of work: one transaction, its events, and what must happen once it is durable."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from kit.access import Access, bind_access
from kit.clock import Clock
from kit.errors import Unavailable
from kit.event_row import EventBatchRow, NewEvent, batch_of
from kit.ids import new_id
from kit.masses import BY_ID, insert_into, update_by_id
from kit.reading import keep_from_writing, reading_options
from kit.tables import Base, Row

log = logging.getLogger(__name__)

TRY_AGAIN = frozenset({"40001", "40P01", "53100", "53200", "53300", "57P01", "57P03"})
"""SQLSTATE of PostgreSQL: serialisation, deadlock, disk, memory and connections used up, shutting down, starting."""

AfterCommit = Callable[[], Awaitable[object]]


class EventPublisher(Protocol):
    async def publish(self, events: list[NewEvent], batch_id: str | None = None) -> None: ...


class UnitOfWork:
    """Handed to services; they read and write through `session` and never commit."""

    def __init__(self, session: AsyncSession, access: Access, clock: Clock) -> None:
        self.session = session
        self.access = access
        self._clock = clock
        self._at_commit: list[Callable[[], None]] = []
        self._after_commit: list[AfterCommit] = []
        self._events: list[NewEvent] = []
        self._batch_id: str | None = None

    @property
    def now(self) -> datetime:
        """The current instant, aware UTC, by the platform's clock."""
        return self._clock.now()

    @property
    def workspace_id(self) -> str:
        if self.access.workspace_id is None:
            raise RuntimeError("this work belongs to one workspace")
        return self.access.workspace_id

    async def insert_many(self, kind: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows given as values of the same columns, at once: what comes in masses is not worth an object each."""
        if rows:
            connection = await self.session.connection()
            await connection.execute(insert_into(kind), [{**row, "workspace_id": self.workspace_id} for row in rows])

    async def update_many(self, kind: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
        """Change rows that this transaction has read, and so may change: each by its `id`, all in the same columns."""
        if rows:
            connection = await self.session.connection()
            await connection.execute(update_by_id(kind, tuple(rows[0])), [{**row, BY_ID: row["id"]} for row in rows])

    @contextmanager
    def seeing_sealed(self) -> Iterator[None]:
        """In the block statements see what is sealed, too; the actor stays who it is.

        For what an account sets off and may not see the outcome of: nothing read here may be answered to it.
        """
        own = self.access
        self.access = replace(own, sees_sealed=True)
        bind_access(self.session.sync_session, self.access)
        try:
            yield
        finally:
            self.access = own
            bind_access(self.session.sync_session, own)

    def at_commit(self, tell: Callable[[], None]) -> None:
        """Call `tell` the moment that the transaction is durable, before anything else; it must not fail."""
        self._at_commit.append(tell)

    def after_commit(self, action: AfterCommit) -> None:
        """Run `action` once the transaction is durable. It may be lost with the process: a sweeper must heal that."""
        self._after_commit.append(action)

    def emit(
        self,
        audience: str,
        entity: str,
        entity_id: str,
        version: int,
        data: dict[str, Any],
        *,
        sealed: bool = False,
    ) -> None:
        """Tell pages about a change, at least once, in this transaction.

        `audience` is `family` or `family:topic` (`desk`, `chat:<session>`); clients apply by (entity, id, version).
        """
        family, _, topic = audience.partition(":")
        self._events.append(
            NewEvent(
                workspace_id=self.workspace_id,
                family=family,
                topic=topic,
                entity=entity,
                entity_id=entity_id,
                version=version,
                data=data,
                sealed=sealed,
            )
        )

    async def write_events(self) -> None:
        """Put what was emitted into the transaction, as its last row."""
        if self._events:
            self._batch_id = new_id()
            await self.insert_many(EventBatchRow, [batch_of(self._batch_id, self._events, self.now)])

    def committed(self) -> None:
        """Tell those who wait for nothing but the commit."""
        for tell in self._at_commit:
            tell()

    async def settle(self, publisher: EventPublisher | None) -> None:
        """Publish the events and run what waited for the commit; a failure is logged and left to the sweepers."""
        if self._events and publisher is not None:
            await _logged(lambda: publisher.publish(self._events, self._batch_id))
        for action in self._after_commit:
            await _logged(action)


async def _logged(action: AfterCommit) -> None:
    try:
        await action()
    except Exception:
        log.exception("work after commit failed; a sweeper will repeat it")


class Database:
    """Opens units of work. `publisher` sends committed events to their stream, `writer` writes if it is another."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        publisher: EventPublisher | None = None,
        *,
        writer: AsyncEngine | None = None,
    ) -> None:
        self.engine = engine
        self._writing = writer or engine
        self.clock = clock
        self.publisher = publisher
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._reading = reading_options(engine)
        # SQLite has one writer; queueing in the process is fair, its busy handler is not.
        self._writer = asyncio.Lock()
        self._under_way = 0
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    async def settled(self) -> None:
        """Wait until no writing unit of work is under way: all that was committed is published, too."""
        await self._at_rest.wait()

    async def close(self) -> None:
        """Let go of every connection, once what was begun is settled."""
        await self.settled()
        await self._writing.dispose()
        await self.engine.dispose()

    @asynccontextmanager
    async def unit_of_work(self, access: Access, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        """One transaction under `access`: committed at exit, rolled back on an exception.

        Raises `Unavailable` when the database is down, locked or full: nothing was stored then.
        """
        with self._counted(read_only=read_only):
            async with self._transaction(access, read_only=read_only) as uow:
                yield uow
            await uow.settle(self.publisher)

    @contextmanager
    def _counted(self, *, read_only: bool) -> Iterator[None]:
        if read_only:
            yield
            return
        self._under_way += 1
        self._at_rest.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._at_rest.set()

    @asynccontextmanager
    async def _transaction(self, access: Access, *, read_only: bool) -> AsyncIterator[UnitOfWork]:
        async with AsyncExitStack() as stack:
            if self._is_sqlite and not read_only:
                await stack.enter_async_context(self._writer)
            session = await stack.enter_async_context(
                AsyncSession(self.engine if read_only else self._writing, expire_on_commit=False)
            )
            bind_access(session.sync_session, access)
            uow = UnitOfWork(session, access, self.clock)
            with _unavailable():
                if read_only:
                    keep_from_writing(session.sync_session)
                    await session.connection(execution_options=self._reading)
                yield uow
                if read_only:
                    session.expunge_all()  # or the rollback would empty the rows that were read
                    await session.rollback()
                else:
                    await uow.write_events()
                    await session.commit()
                    uow.committed()


def _may_work_later(error: DBAPIError) -> bool:
    if isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated:
        return True
    return getattr(error.orig, "sqlstate", None) in TRY_AGAIN


class _unavailable:  # noqa: N801 - a context manager in the style of contextlib
    """Turn a database that cannot work into an error that tells the caller to try again."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DBAPIError) and _may_work_later(error):
            log.error("database unavailable: %s", type(error.orig).__name__)
            raise Unavailable("The database cannot take this now; nothing was stored.") from error
        if isinstance(error, (ConnectionError, TimeoutError)):
            raise Unavailable("The database cannot be reached; nothing was stored.") from error
