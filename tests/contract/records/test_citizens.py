"""Citizens are recognised, kept apart in confidence, and merged by hand and reversibly, on both databases."""

import asyncio
from dataclasses import dataclass

import pytest

from kit import search
from kit.errors import AppError, Conflict, Invalid, NotFound
from records.citizens import matching, merging, service, store
from records.citizens.service import SEARCH_ENTITY, CitizenEdit
from tests.contract.records.conftest import Work


@dataclass(frozen=True)
class Sender:
    kind: str
    value: str
    name: str = ""


MAIL = Sender("mail", "Zhang@ZhiGu.cn", "张三")
PHONE = Sender("phone", "138 0000 0001")


async def citizen(work: Work, sender: Sender, *, sealed: bool = False, stated: bool = False, **edit: str) -> str:
    async with work() as uow:
        row = await service.find_or_create(uow, sender, language="zh-CN", sealed=sealed, stated=stated)
        if edit:
            await service.change(uow, row.id, row.version, CitizenEdit(**edit))
        return row.id


async def test_one_address_is_one_citizen_however_it_is_written(work: Work) -> None:
    first = await citizen(work, MAIL)
    assert await citizen(work, Sender("mail", " zhang@zhigu.CN ")) == first
    called = await citizen(work, PHONE)
    assert called != first
    assert await citizen(work, Sender("phone", "+86 13800000001", "李四")) == called
    async with work() as uow:
        assert (await store.citizen(uow, called)).name == "李四", "a name is filled in once it is known"
    assert await citizen(work, Sender("phone", "13800000001", "王五")) == called
    async with work() as uow:
        assert (await store.citizen(uow, called)).name == "李四", "and then stays"


async def test_two_first_approaches_at_once_make_one_citizen(work: Work) -> None:
    made = await asyncio.gather(*(citizen(work, PHONE) for _ in range(6)))
    assert len(set(made)) == 1


async def test_a_sealed_approach_leaves_no_trace_in_the_open(work: Work) -> None:
    known = await citizen(work, MAIL)
    secret = await citizen(work, MAIL, sealed=True)
    assert secret != known
    assert await citizen(work, MAIL, sealed=True) == secret
    assert await citizen(work, MAIL) == known
    stranger = await citizen(work, PHONE, sealed=True)
    async with work(sees_sealed=False) as uow:
        for hidden in (secret, stranger):
            with pytest.raises(NotFound):
                await store.citizen(uow, hidden)
        found = await search.find(uow, "zhang@zhigu.cn", [SEARCH_ENTITY])
        assert [entity_id for _, entity_id in found] == [known]
        assert await search.find(uow, "13800000001", [SEARCH_ENTITY]) == []
    assert await citizen(work, PHONE) != stranger, "an open approach never leads to a sealed record"


async def test_an_address_that_was_only_typed_in_leads_to_nobody_else(work: Work) -> None:
    owner = await citizen(work, PHONE)
    typed = Sender("phone", "138 0000 0001", "张三")
    one = await citizen(work, typed, stated=True)
    assert one != owner
    assert await citizen(work, typed, stated=True) == one, "the same words come from the same writer"
    assert await citizen(work, Sender("phone", "138 0000 0001", "李四"), stated=True) not in (one, owner)
    nameless = Sender("phone", "138 0000 0001")
    assert await citizen(work, nameless, stated=True) != await citizen(work, nameless, stated=True)
    assert await citizen(work, PHONE) == owner


async def test_matches_say_why_and_are_dismissed_for_good(work: Work) -> None:
    one = await citizen(work, Sender("phone", "138-0000-0001", "张三"), stated=True, organisation="智谷科技")
    two = await citizen(work, PHONE, name="张三", organisation="智谷科技", credit_code="91110000600037341L")
    await citizen(work, Sender("mail", "other@zhigu.cn", "张三"), organisation="别处")
    await citizen(work, Sender("mail", "in@confidence.cn", "张三"), sealed=True, organisation="智谷科技")
    async with work() as uow:
        (found,) = await matching.matches(uow, one)
        assert (found.citizen.id, set(found.reasons)) == (two, {"same_name_and_organisation", "same_phone"})
        assert [match.citizen.id for match in await matching.matches(uow, two)] == [one]
        await merging.dismiss(uow, two, one)
        await merging.dismiss(uow, one, two)
    async with work() as uow:
        assert await matching.matches(uow, one) == []
        assert await matching.matches(uow, two) == []


async def test_a_merge_is_undone_with_the_addresses_it_moved(work: Work) -> None:
    kept, other = await citizen(work, MAIL), await citizen(work, PHONE)
    third = await citizen(work, Sender("phone", "0755-88121234"))
    async with work() as uow:
        first = (await merging.merge(uow, kept, other, "same person", by="someone")).id
        second = (await merging.merge(uow, third, kept, "same again", by="someone")).id
    assert await citizen(work, PHONE) == third
    async with work() as uow:
        assert await store.family_of(uow, other) == [third, kept, other]
        assert [row.id for row in await store.merges_into(uow, [third])] == [second]
        with pytest.raises(Conflict, match="one already"):
            await merging.merge(uow, other, third, "again", by="someone")
        await merging.undo(uow, first, by="someone")
    assert await citizen(work, PHONE) == other
    assert await citizen(work, MAIL) == third
    async with work() as uow:
        await merging.undo(uow, second, by="someone")
    assert await citizen(work, MAIL) == kept
    assert await citizen(work, PHONE) == other, "undoing the outer merge leaves what was taken back before"
    async with work() as uow:
        assert await store.merges_into(uow, [kept, third]) == []
        with pytest.raises(Conflict, match="undone already"):
            await merging.undo(uow, first, by="someone")


async def test_confidential_and_ordinary_records_are_not_merged(work: Work) -> None:
    ordinary, secret = await citizen(work, MAIL), await citizen(work, MAIL, sealed=True)
    for one, two in ((ordinary, secret), (secret, ordinary)):
        with pytest.raises(Invalid):
            async with work() as uow:
                await merging.merge(uow, one, two, "same person", by="someone")


async def test_a_change_over_another_is_refused_and_a_wrong_code_too(work: Work) -> None:
    one = await citizen(work, MAIL)
    refusals: list[AppError] = []
    for version, edit in (
        (1, CitizenEdit(name="张三丰")),
        (1, CitizenEdit(name="x")),
        (2, CitizenEdit(credit_code="1")),
    ):
        try:
            async with work() as uow:
                await service.change(uow, one, version, edit)
        except AppError as refused:
            refusals.append(refused)
    assert [(refused.code, refused.extras) for refused in refusals] == [
        ("version", {"version": 2}),
        ("credit_code", {}),
    ]
    async with work() as uow:
        assert [entity_id for _, entity_id in await search.find(uow, "张三丰", [SEARCH_ENTITY])] == [one]
