"""Which contacts belong in whose inbox."""

import pytest

from desk.inbox.visibility import Whereabouts, reads, sees
from records.staff.permissions import DEFAULT_ROLES, RoleKey
from tests.support.actors import actor

RESTRICTED = frozenset({"director"})


def contact(
    status: str = "queued", agent: str | None = None, queue: str = "chat", offered: str | None = None
) -> Whereabouts:
    return Whereabouts(status=status, agent_id=agent, queue_id=queue, offered_to=offered)


@pytest.mark.parametrize(
    ("role", "where", "expected"),
    [
        (RoleKey.REGISTRAR, contact(), True),
        (RoleKey.REGISTRAR, contact("offered", offered="other"), False),
        (RoleKey.REGISTRAR, contact("offered", offered="me"), True),
        (RoleKey.REGISTRAR, contact("active", "other"), False),
        (RoleKey.REGISTRAR, contact("parked", "me"), True),
        (RoleKey.REGISTRAR, contact("closed"), False),
        (RoleKey.REGISTRAR, contact(queue="director"), False),
        (RoleKey.REGISTRAR, contact("active", "me", queue="director"), True),
        (RoleKey.SUPERVISOR, contact("active", "other"), True),
        (RoleKey.SUPERVISOR, contact(queue="director"), False),
        (RoleKey.DIRECTOR, contact(queue="director"), True),
        (RoleKey.ADMINISTRATOR, contact(), False),
        (RoleKey.STATISTICIAN, contact("active", "other"), False),
    ],
)
def test_who_sees_what(role: RoleKey, where: Whereabouts, expected: bool) -> None:
    assert sees(actor("me", DEFAULT_ROLES[role]), where, RESTRICTED) is expected


def test_past_contacts_are_part_of_a_citizens_history() -> None:
    registrar, boss = (actor("me", DEFAULT_ROLES[role]) for role in (RoleKey.REGISTRAR, RoleKey.STATISTICIAN))
    assert reads(registrar, contact("closed"), RESTRICTED)
    assert not reads(boss, contact("closed"), RESTRICTED)
    assert not reads(registrar, contact("closed", queue="director"), RESTRICTED)
    assert not reads(registrar, contact("active", "other"), RESTRICTED)
