"""Who is looking, and the one place where that decides what a query can see.

Every session of the unit of work carries an `Access`. Each ORM statement it runs is narrowed here: to the
workspace, and to unsealed rows unless the access sees sealed ones. Nothing else in the program filters by either.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import event
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria

from kit.tables import Row, WorkspaceBound

_KEY = "access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`workspace_id` None means all workspaces: for sweepers that keep house, never for a request."""

    workspace_id: str | None
    actor_id: str | None = None
    sees_sealed: bool = False

    @classmethod
    def system(cls, workspace_id: str) -> Self:
        """The platform at work for one workspace: it must route sealed contacts too."""
        return cls(workspace_id=workspace_id, sees_sealed=True)

    @classmethod
    def platform(cls) -> Self:
        """Housekeeping over all workspaces."""
        return cls(workspace_id=None, sees_sealed=True)


class Sealable:
    """Mixed into rows that can be confidential; a sealed row does not exist for those without the right."""

    sealed: Mapped[bool] = mapped_column(default=False)


def sealable_with(column: str) -> list[Any]:
    """All kinds of rows, of whatever room, that can be confidential and have this column."""
    kinds = [mapper.class_ for mapper in Row.registry.mappers]
    return [kind for kind in kinds if issubclass(kind, Sealable) and hasattr(kind, column)]


def bind_access(session: Session, access: Access) -> None:
    """Make every statement of this session obey `access`."""
    session.info[_KEY] = access


def _access(session: Session) -> Access:
    access = session.info.get(_KEY)
    if not isinstance(access, Access):
        raise RuntimeError("a session without an Access must not run a query")
    return access


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    access = _access(state.session)
    options = _criteria(access.workspace_id, access.sees_sealed)
    if options:
        state.statement = state.statement.options(*options)


@lru_cache(maxsize=64)
def _criteria(workspace_id: str | None, sees_sealed: bool) -> tuple[Any, ...]:
    options = []
    if workspace_id is not None:
        options.append(
            with_loader_criteria(WorkspaceBound, lambda cls: cls.workspace_id == workspace_id, include_aliases=True)
        )
    if not sees_sealed:
        options.append(with_loader_criteria(Sealable, lambda cls: cls.sealed.is_(False), include_aliases=True))
    return tuple(options)


@event.listens_for(Session, "before_flush")
def _place_in_workspace(session: Session, _context: object, _instances: object) -> None:
    access = _access(session)
    for row in session.new:
        if not isinstance(row, WorkspaceBound) or access.workspace_id is None:
            continue
        if row.workspace_id is None:
            row.workspace_id = access.workspace_id
        elif row.workspace_id != access.workspace_id:
            raise RuntimeError("a row of another workspace must not be written through this session")
