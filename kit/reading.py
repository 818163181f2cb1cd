"""Units of work that only read: cheaper than others, and kept from writing."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import ORMExecuteState, Session

from kit.database import READ_ONLY, is_sqlite

_KEY = "only_reads"


def reading_options(engine: AsyncEngine) -> dict[str, Any]:
    """Execution options of a connection that only reads.

    PostgreSQL gives each statement its own snapshot anyway (read committed): to begin and to roll back would be two
    round trips for nothing.
    """
    return {READ_ONLY: True} if is_sqlite(str(engine.url)) else {READ_ONLY: True, "isolation_level": "AUTOCOMMIT"}


def keep_from_writing(session: Session) -> None:
    """Make every attempt of this session to write raise `RuntimeError`: nothing would take it back."""
    session.info[_KEY] = True


@event.listens_for(Session, "do_orm_execute")
def _refuse_statement(state: ORMExecuteState) -> None:
    if state.session.info.get(_KEY) and not state.is_select:
        raise RuntimeError("a unit of work that only reads must not change rows")


@event.listens_for(Session, "before_flush")
def _refuse_flush(session: Session, _context: object, _instances: object) -> None:
    if session.info.get(_KEY):
        raise RuntimeError("a unit of work that only reads must not write")
