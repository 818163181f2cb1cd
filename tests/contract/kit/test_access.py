"""One place decides what a query can see: by workspace, and sealed rows not without the right."""

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from kit import search
from kit.access import Access
from kit.ids import new_id
from kit.unit_of_work import Database
from records.messages.tables import ThreadRow
from records.staff.tables import AuditRow

HOME = new_id()
ELSEWHERE = new_id()
ALL = Access.system(HOME)
PLAIN = Access(workspace_id=HOME, actor_id="agent")
FOREIGN = Access.system(ELSEWHERE)


@pytest.fixture
async def threads(database: Database) -> None:
    async with database.unit_of_work(ALL) as uow:
        for key, sealed in (("open", False), ("secret", True)):
            uow.session.add(ThreadRow(channel="chat", key=key, created_at=uow.now, sealed=sealed))


async def _keys(database: Database, access: Access) -> list[str]:
    async with database.unit_of_work(access, read_only=True) as uow:
        return sorted(await uow.session.scalars(select(ThreadRow.key)))


@pytest.mark.usefixtures("threads")
async def test_sealed_rows_exist_only_for_those_with_the_right(database: Database) -> None:
    assert await _keys(database, ALL) == ["open", "secret"]
    assert await _keys(database, PLAIN) == ["open"]
    assert await _keys(database, FOREIGN) == []


@pytest.mark.usefixtures("threads")
async def test_counts_subqueries_updates_and_deletes_are_narrowed_too(database: Database) -> None:
    async with database.unit_of_work(PLAIN) as uow:
        assert await uow.session.scalar(select(func.count()).select_from(ThreadRow)) == 1
        inner = select(ThreadRow.key).subquery()
        assert list(await uow.session.scalars(select(inner.c.key))) == ["open"]
        changed = await uow.session.scalars(update(ThreadRow).values(subject="x").returning(ThreadRow.key))
        assert list(changed) == ["open"]
        gone = await uow.session.scalars(delete(ThreadRow).returning(ThreadRow.key))
        assert list(gone) == ["open"]
    assert await _keys(database, ALL) == ["secret"]


@pytest.mark.usefixtures("threads")
async def test_a_block_may_see_what_is_sealed_and_the_account_after_it_may_not(database: Database) -> None:
    async with database.unit_of_work(PLAIN) as uow:
        with pytest.raises(LookupError), uow.seeing_sealed():
            assert sorted(await uow.session.scalars(select(ThreadRow.key))) == ["open", "secret"]
            assert (uow.access.workspace_id, uow.access.actor_id) == (HOME, "agent")
            raise LookupError
        assert uow.access == PLAIN
        assert list(await uow.session.scalars(select(ThreadRow.key))) == ["open"]


@pytest.mark.usefixtures("threads")
async def test_a_sealed_row_cannot_be_got_by_its_id(database: Database) -> None:
    async with database.unit_of_work(ALL, read_only=True) as uow:
        secret = (await uow.session.scalars(select(ThreadRow).where(ThreadRow.key == "secret"))).one()
    async with database.unit_of_work(PLAIN, read_only=True) as uow:
        assert await uow.session.get(ThreadRow, secret.id) is None


async def test_a_row_of_another_workspace_cannot_be_written(database: Database) -> None:
    with pytest.raises(RuntimeError, match="another workspace"):
        async with database.unit_of_work(PLAIN) as uow:
            row = ThreadRow(channel="chat", key="k", created_at=uow.now, workspace_id=ELSEWHERE)
            uow.session.add(row)


async def test_search_finds_chinese_words_of_any_length_but_nothing_sealed(database: Database) -> None:
    async with database.unit_of_work(ALL) as uow:
        await search.index(uow, "message", "m1", "高企复审期间证书到期,还能享受 15% 优惠吗?", sealed=False)
        await search.index(uow, "message", "m2", "举报高企复审造假", sealed=True)
        await search.index(uow, "case", "c1", 'He said "hello_world" 100%', sealed=False)

    async def found(access: Access, query: str) -> list[str]:
        async with database.unit_of_work(access, read_only=True) as uow:
            return [entity_id for _, entity_id in await search.find(uow, query, ["message", "case"])]

    assert await found(PLAIN, "高企") == ["m1"]
    assert await found(PLAIN, "高企复审") == ["m1"]
    assert await found(PLAIN, "证书到期 优惠") == ["m1"]
    assert sorted(await found(ALL, "高企复审")) == ["m1", "m2"]
    assert await found(PLAIN, "HELLO_WORLD") == ["c1"]
    assert await found(PLAIN, '"hello') == ["c1"]
    assert await found(PLAIN, "%") == ["m1", "c1"] or await found(PLAIN, "%") == ["c1", "m1"]
    assert await found(PLAIN, "helloXworld") == []
    assert await found(FOREIGN, "高企") == []
    async with database.unit_of_work(ALL) as uow:
        await search.index(uow, "message", "m1", "另一句话", sealed=False)
    assert await found(PLAIN, "高企复审") == []


async def test_the_audit_trail_can_only_grow(database: Database) -> None:
    async with database.unit_of_work(ALL) as uow:
        uow.session.add(AuditRow(at=uow.now, action="reveal", entity="citizen", entity_id=new_id(), detail={}))
    for statement in (update(AuditRow).values(action="nothing"), delete(AuditRow)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.unit_of_work(ALL) as uow:
                await uow.session.execute(statement)
    async with database.unit_of_work(ALL, read_only=True) as uow:
        assert list(await uow.session.scalars(select(AuditRow.action))) == ["reveal"]
