"""A workspace in each database."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from kit.access import Access
from kit.ids import new_id
from kit.unit_of_work import Database, UnitOfWork

Work = Callable[..., AbstractAsyncContextManager[UnitOfWork]]


@pytest.fixture
def work(database: Database) -> Work:
    """Opens units of work in one workspace: as the platform, or as an account that sees nothing sealed."""
    workspace_id = new_id()

    @asynccontextmanager
    async def open_work(*, sees_sealed: bool = True, actor_id: str = "someone") -> AsyncIterator[UnitOfWork]:
        access = Access(workspace_id=workspace_id, actor_id=actor_id, sees_sealed=sees_sealed)
        async with database.unit_of_work(access) as uow:
            yield uow

    return open_work
