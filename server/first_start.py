"""The first start: an empty database gets the default workspace and accounts with random passwords."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from kit import leases
from kit.access import Access
from kit.ids import new_id
from kit.unit_of_work import Database, UnitOfWork
from records.messages.tables import CannedAnswerRow
from records.staff import passwords, service, store
from records.staff.service import NewAccount
from records.staff.tables import DepartmentRow, WorkspaceRow
from router.adopting import adopt_rules, rule_keys
from router.contact import DEFAULT_CAPACITY, Presence
from router.defaults import seed_routing
from router.tables import AgentRow, AgentSkillRow, SkillRow
from server import default_workspace
from server.default_workspace import ACCOUNTS, FirstAccount

log = logging.getLogger(__name__)

LEASE = "first-start"
LEASE_S = 60.0
KNOWN_RULES = "default_rules"
"""In the workspace's settings: which default rules it was given, so that one that was removed does not come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLogin:
    """One account of the first start. The password must be changed at the first login and is kept nowhere in clear.

    `tells`: what the account is for, in Chinese and English.
    """

    login: str
    password: str
    tells: tuple[str, str]


async def seed(
    database: Database, *, timezone: str, keep: Callable[[list[FirstLogin]], None] | None = None
) -> list[FirstLogin]:
    """Create the default workspace with its roles, departments, canned answers, routing and accounts.

    All of it in one transaction. Safe to repeat and to race: only the call that created the workspace returns logins.
    `keep` is given them before the commit: a crash must not leave accounts whose passwords nobody has. A workspace that
    an older version made is given the default rules that it lacks.
    """
    chosen = [passwords.one_time_password() for _ in ACCOUNTS]
    async with database.unit_of_work(Access.platform(), read_only=True) as uow:
        found = await store.first_workspace(uow)
    if found is not None:
        await _catch_up(database, found)
        return []
    hashes = await asyncio.gather(*(passwords.hash_password(password) for password in chosen))
    workspace_id = default_workspace.WORKSPACE_ID
    async with database.unit_of_work(Access.system(workspace_id)) as uow:
        # On PostgreSQL the second of two racing nodes waits here for the first one's commit.
        held = await leases.acquire(uow, LEASE, workspace_id, LEASE_S)
        if held is None or await store.first_workspace(uow) is not None:
            return []
        await _fill(uow, workspace_id, timezone, hashes)
        await uow.session.flush()
        logins = [
            FirstLogin(login=account.login, password=password, tells=account.tells)
            for account, password in zip(ACCOUNTS, chosen, strict=True)
        ]
        if keep is not None:
            keep(logins)
    return logins


async def _catch_up(database: Database, workspace: WorkspaceRow) -> None:
    if set(rule_keys()) <= set(workspace.settings.get(KNOWN_RULES, ())):
        return
    async with database.unit_of_work(Access.system(workspace.id)) as uow:
        # Of several nodes that start together the others wait here, and then find it done.
        row = await uow.session.get_one(WorkspaceRow, workspace.id, with_for_update=True)
        known = row.settings.get(KNOWN_RULES, [])
        added = await adopt_rules(uow, known)
        row.settings = {**row.settings, KNOWN_RULES: sorted({*known, *rule_keys()})}
    if added:
        log.info("new default rules were added: %s", ", ".join(added))


async def _fill(uow: UnitOfWork, workspace_id: str, timezone: str, hashes: list[str]) -> None:
    _add_workspace(uow, workspace_id, timezone)
    await uow.session.flush()
    departments = _add_departments(uow)
    _add_canned_answers(uow)
    await service.create_default_roles(uow)
    await seed_routing(uow)
    await uow.session.flush()
    skills = dict(iter(await uow.session.execute(select(SkillRow.name, SkillRow.id))))
    for account, password_hash in zip(ACCOUNTS, hashes, strict=True):
        await _add_account(uow, account, password_hash, departments, skills)


def _add_workspace(uow: UnitOfWork, workspace_id: str, timezone: str) -> None:
    uow.session.add(
        WorkspaceRow(
            id=workspace_id,
            name=default_workspace.NAME,
            name_en=default_workspace.NAME_EN,
            short_name=default_workspace.SHORT_NAME,
            hotline=default_workspace.HOTLINE,
            timezone=timezone,
            language=default_workspace.LANGUAGE,
            settings={KNOWN_RULES: sorted(rule_keys())},
        )
    )


def _add_departments(uow: UnitOfWork) -> dict[str, str]:
    """Ids by name."""
    ids = {name: new_id() for name, _ in default_workspace.DEPARTMENTS}
    uow.session.add_all(
        DepartmentRow(id=ids[name], name=name, name_en=name_en, duties="", position=position)
        for position, (name, name_en) in enumerate(default_workspace.DEPARTMENTS)
    )
    return ids


def _add_canned_answers(uow: UnitOfWork) -> None:
    for number, (chinese, english) in enumerate(default_workspace.CANNED_ANSWERS, start=1):
        uow.session.add(CannedAnswerRow(number=number, language="zh-CN", text=chinese))
        uow.session.add(CannedAnswerRow(number=number, language="en", text=english))


async def _add_account(
    uow: UnitOfWork,
    account: FirstAccount,
    password_hash: str,
    departments: Mapping[str, str],
    skills: Mapping[str, str],
) -> None:
    row = await service.create_account(
        uow,
        NewAccount(
            login=account.login,
            display_name=account.display_name,
            staff_number=account.staff_number,
            language=default_workspace.LANGUAGE,
            department_id=departments[account.department],
            roles=account.roles,
            password_hash=password_hash,
        ),
    )
    if account.skills is None:
        return
    uow.session.add(
        AgentRow(
            id=row.id,
            presence=Presence.OFFLINE,
            capacity=dict(DEFAULT_CAPACITY),
            presence_since=uow.now,
            group_name=account.group_name,
        )
    )
    await uow.session.flush()
    uow.session.add_all(
        AgentSkillRow(agent_id=row.id, skill_id=skills[name], level=level) for name, level in account.skills.items()
    )
