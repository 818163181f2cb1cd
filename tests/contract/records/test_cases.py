"""Cases keep their rules, their order and their secrets on both databases."""

from datetime import date
from typing import Any

import pytest

from kit import search
from kit.errors import AppError, Conflict, NotFound
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.cases import service, states, store
from records.cases.service import SEARCH_ENTITY, CaseEdit, NewCase
from records.cases.tables import CaseStatus
from records.messages.tables import ThreadRow
from router.tables import ContactRow
from tests.contract.records.conftest import Work
from tests.support.clock import ManualClock


async def contact(uow: UnitOfWork) -> str:
    thread = ThreadRow(channel="mail", key=new_id(), created_at=uow.now)
    uow.session.add(thread)
    await uow.session.flush()
    values: dict[str, Any] = {"hints": {}, "requirements": {}}
    row = ContactRow(
        channel="mail",
        external_id=new_id(),
        thread_id=thread.id,
        sender_kind="mail",
        sender="a@b.cn",
        recipient="box",
        received_at=uow.now,
        **values,
    )
    uow.session.add(row)
    await uow.session.flush()
    return row.id


async def opened(work: Work, number: str, *, due_on: date | None = None, sealed: bool = False) -> str:
    async with work() as uow:
        new = NewCase(
            number=number,
            contact_id=await contact(uow),
            channel="mail",
            citizen_id=None,
            kind="consult",
            category="funding",
            title="经费申报进度",
            summary="请告知进度",
            urgency="normal",
            department_id=None,
            due_on=due_on,
            confidential=False,
            anonymous=True,
            sealed=sealed,
        )
        return (await service.open_case(uow, new)).id


async def move(work: Work, case: str, status: str, note: str = "") -> None:
    async with work() as uow:
        row = await store.one(uow, case)
        edit = CaseEdit(status=status, public_note=note)
        await service.change(uow, case, row.version, edit, lambda due_on, _paused: due_on)


async def test_the_list_begins_with_the_nearest_deadline(work: Work) -> None:
    late = await opened(work, "20261124000011", due_on=date(2026, 12, 8))
    soon = await opened(work, "20261124000029", due_on=date(2026, 12, 1))
    without = await opened(work, "20261124000037")
    async with work() as uow:
        assert [row.id for row in await store.listed(uow)] == [soon, late, without]
        assert await search.find(uow, "经费申报", [SEARCH_ENTITY]) != []


async def test_sealed_cases_are_nowhere_without_the_right(work: Work) -> None:
    case = await opened(work, "20261124000011", sealed=True)
    async with work(sees_sealed=False) as uow:
        assert await store.listed(uow) == []
        assert await store.events(uow, case) == []
        assert await store.contact_ids(uow, case) == []
        assert await search.find(uow, "经费申报", [SEARCH_ENTITY]) == []
        with pytest.raises(NotFound):
            await store.one(uow, case)


async def test_every_transition_is_in_the_table_and_no_other(work: Work) -> None:
    allowed = {(before, after) for before in CaseStatus for after in CaseStatus if _may(before, after)}
    assert (CaseStatus.ANSWERED, CaseStatus.CLOSED) in allowed
    assert {after for before, after in allowed if before is CaseStatus.WITHDRAWN} == set()
    assert {before for before, after in allowed if after is CaseStatus.CLOSED} == {CaseStatus.ANSWERED}
    case = await opened(work, "20261124000011")
    await move(work, case, "answered", "已下达")
    await move(work, case, "closed")
    async with work() as uow:
        assert (await store.one(uow, case)).closed_at == uow.now
    await move(work, case, "in_progress")
    async with work() as uow:
        row = await store.one(uow, case)
        assert (row.closed_at, row.version) == (None, 4)
        kinds = [(event.kind, event.detail.get("status")) for event in await store.events(uow, case)]
    assert kinds == [("opened", "registered"), ("status", "answered"), ("status", "closed"), ("status", "in_progress")]


def _may(before: CaseStatus, after: CaseStatus) -> bool:
    try:
        states.require(before, after, told=True)
    except AppError:
        return False
    return True


async def test_of_two_changes_at_once_one_is_refused(work: Work) -> None:
    case = await opened(work, "20261124000011")
    edit = CaseEdit(values={"title": "新的标题"})
    async with work() as uow:
        await service.change(uow, case, 1, edit, lambda due_on, _paused: due_on)
    with pytest.raises(Conflict) as refused:
        async with work() as uow:
            await service.change(uow, case, 1, edit, lambda due_on, _paused: due_on)
    assert refused.value.extras == {"version": 2}


async def test_a_case_remembers_since_when_it_waits(work: Work, clock: ManualClock) -> None:
    case = await opened(work, "20261124000011", due_on=date(2026, 12, 1))
    await move(work, case, "waiting_for_citizen", "请补充")
    paused = clock.now()
    clock.advance(86_400)
    seen: list[tuple[date, object]] = []
    async with work() as uow:
        edit = CaseEdit(status="in_progress")

        def resume(due_on: date, paused_at: Any) -> date:
            seen.append((due_on, paused_at))
            return date(2026, 12, 2)

        row = await service.change(uow, case, 2, edit, resume)
    assert (seen, row.due_on) == ([(date(2026, 12, 1), paused)], date(2026, 12, 2))
