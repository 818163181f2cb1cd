"""The first start fills an empty database once, whoever comes first, on both databases."""

import asyncio

from sqlalchemy import delete, func, select, update

from kit.access import Access
from kit.unit_of_work import Database, UnitOfWork
from records.messages.tables import CannedAnswerRow
from records.staff import passwords, store
from records.staff.permissions import Permission, RoleKey
from records.staff.tables import WorkspaceRow
from router.tables import AgentRow, AgentSkillRow, QueueRow, RuleRow, SkillRow
from server.default_workspace import ACCOUNTS, WORKSPACE_ID
from server.first_start import seed


async def test_one_of_two_racing_nodes_fills_the_database(database: Database) -> None:
    first, second = await asyncio.gather(*(seed(database, timezone="Asia/Shanghai") for _ in range(2)))
    logins = first or second
    assert (first, second).count([]) == 1
    assert [login.login for login in logins] == [account.login for account in ACCOUNTS]
    assert len({login.password for login in logins}) == len(ACCOUNTS)
    assert await seed(database, timezone="Asia/Shanghai") == []
    async with database.unit_of_work(Access.system(WORKSPACE_ID), read_only=True) as uow:
        account = await store.account_by_login(uow, logins[0].login)
        assert account is not None
        assert account.must_change_password
        assert await passwords.matches(account.password_hash, logins[0].password)
        await everybody_finds_somebody(uow)
        await rights_fit_the_people(uow)


async def everybody_finds_somebody(uow: UnitOfWork) -> None:
    """Each queue has an agent who may take it, and each skill an agent who has it."""
    levels: dict[str, dict[str, int]] = {}
    for row in await uow.session.scalars(select(AgentSkillRow)):
        levels.setdefault(row.agent_id, {})[row.skill_id] = row.level
    queues = (await uow.session.scalars(select(QueueRow))).all()
    stranded = [
        queue.name
        for queue in queues
        if not any(
            all(has.get(skill, 0) >= level for skill, level in queue.requirements.items()) for has in levels.values()
        )
    ]
    names = {row.id: row.name for row in await uow.session.scalars(select(SkillRow))}
    covered = {skill for has in levels.values() for skill in has}
    assert queues
    assert stranded == []
    assert {name for skill, name in names.items() if skill not in covered} == set()
    agents = await uow.session.scalar(select(func.count()).select_from(AgentRow))
    assert agents == len([account for account in ACCOUNTS if account.skills is not None]) == 4


async def rights_fit_the_people(uow: UnitOfWork) -> None:
    rights = {row.login: await store.permissions_of(uow, row.id) for row in await store.accounts(uow)}
    languages = select(CannedAnswerRow.language, func.count()).group_by(CannedAnswerRow.language)
    assert {row.key for row in await store.roles(uow)} == set(RoleKey)
    assert [login for login, found in rights.items() if Permission.ACCOUNTS_WRITE in found] == ["admin"]
    assert [login for login, found in rights.items() if Permission.SEALED_READ in found] == ["heyun"]
    assert [login for login, found in rights.items() if Permission.MAILBOX_DIRECTOR in found] == ["banzhang"]
    assert dict(iter(await uow.session.execute(languages))) == {"zh-CN": 10, "en": 10}


async def test_an_older_workspace_is_given_the_rules_it_lacks_and_keeps_its_own(database: Database) -> None:
    await seed(database, timezone="Asia/Shanghai")
    access = Access.system(WORKSPACE_ID)
    edited, removed, new = "默认", "其余:fax", "其余:visit"
    async with database.unit_of_work(access) as uow:
        before = await rules_of(uow)
        await uow.session.execute(update(RuleRow).where(RuleRow.name == edited).values(priority=3))
        await uow.session.execute(delete(RuleRow).where(RuleRow.name.in_((removed, new))))
        workspace = await uow.session.get_one(WorkspaceRow, WORKSPACE_ID)
        known = [key for key in workspace.settings["default_rules"] if not key.startswith(new)]
        workspace.settings = {"default_rules": known, "own": 1}
    assert await asyncio.gather(*(seed(database, timezone="Asia/Shanghai") for _ in range(2))) == [[], []]
    async with database.unit_of_work(access, read_only=True) as uow:
        assert await rules_of(uow) == [name for name in before if name != removed]
        assert await uow.session.scalar(select(RuleRow.priority).where(RuleRow.name == edited)) == 3
        assert (await uow.session.get_one(WorkspaceRow, WORKSPACE_ID)).settings["own"] == 1


async def rules_of(uow: UnitOfWork) -> list[str]:
    return list(await uow.session.scalars(select(RuleRow.name).order_by(RuleRow.position)))
