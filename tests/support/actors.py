"""Who looks, without a browser."""

from collections.abc import Iterable

from desk.access import Actor
from kit.access import Access
from records.staff import store as staff
from records.staff.permissions import Permission
from tests.support.desk import Desk


def actor(account_id: str = "a", permissions: Iterable[str] = (), *, workspace_id: str = "w") -> Actor:
    """An account with these permissions."""
    given = frozenset(permissions)
    return Actor(
        access=Access(workspace_id=workspace_id, actor_id=account_id, sees_sealed=Permission.SEALED_READ in given),
        account_id=account_id,
        session_id="s",
        permissions=given,
        language="zh-CN",
        csrf="",
        must_change_password=False,
    )


async def actor_of(desk: Desk, account_id: str) -> Actor:
    """An account of the desk, with what its roles allow."""
    async with desk.work() as uow:
        permissions = await staff.permissions_of(uow, account_id)
    return actor(account_id, permissions, workspace_id=desk.workspace_id)
