"""Addresses that prove little, records split and joined, wishes and representatives, on both databases."""

from datetime import timedelta

import pytest

from kit.errors import Conflict, Invalid
from records.citizens import blocking, do_not_contact, matching, merging, representatives, sealing, service, store
from records.citizens import splitting as splits
from records.citizens.addresses import normalise
from records.citizens.service import CitizenEdit
from tests.contract.records.conftest import Work
from tests.contract.records.test_citizens import MAIL, PHONE, Sender, citizen

CODE = "91110000600037341L"


async def shared(work: Work, citizen_id: str, *, is_shared: bool = True) -> None:
    async with work() as uow:
        (address,) = await store.addresses_of(uow, citizen_id)
        await service.share_address(uow, citizen_id, address.id, shared=is_shared)


async def test_a_shared_number_is_told_apart_by_name_and_is_nobodys_again_only_alone(work: Work) -> None:
    first = await citizen(work, PHONE)
    await shared(work, first)
    named = Sender("phone", "138 0000 0001", "李四")
    second = await citizen(work, named)
    assert second != first
    assert await citizen(work, named) == second, "the same name on the same number"
    assert await citizen(work, PHONE) not in (first, second), "without a name it may be anybody"
    with pytest.raises(Conflict) as refused:
        await shared(work, first, is_shared=False)
    assert refused.value.code == "address_of_others"
    alone = await citizen(work, MAIL)
    await shared(work, alone)
    await shared(work, alone, is_shared=False)
    assert await citizen(work, MAIL) == alone


async def test_reasons_tell_seen_stated_and_shared_addresses_apart(work: Work) -> None:
    typed = [await citizen(work, Sender("phone", "13800000001", name), stated=True) for name in ("张三", "李四")]
    async with work() as uow:
        (match,) = await matching.matches(uow, typed[0])
        assert (match.citizen.id, match.reasons, match.is_weak) == (typed[1], ("same_stated_phone",), False)
    seen = await citizen(work, PHONE)
    async with work() as uow:
        assert {match.reasons for match in await matching.matches(uow, seen)} == {("same_phone",)}
    await shared(work, seen)
    async with work() as uow:
        found = await matching.matches(uow, seen)
        assert {(match.reasons, match.is_weak) for match in found} == {(("shared_phone",), True)}
        with pytest.raises(Conflict) as refused:
            await merging.merge(uow, seen, typed[0], "same number", by="someone")
        assert refused.value.code == "needs_confirmation"
        await merging.merge(uow, seen, typed[0], "looked twice", by="someone", confirmed=True)


async def test_a_split_is_undone_and_stays_in_the_history(work: Work) -> None:
    one, two = await citizen(work, MAIL), await citizen(work, PHONE)
    async with work() as uow:
        await merging.merge(uow, one, two, "same person", by="someone")
        phone = next(row.id for row in await store.addresses_of(uow, one) if row.kind == "phone")
        row = await splits.split(uow, one, [phone], ["c1"], "another person", by="someone")
        assert row.moved_contact_ids == ["c1"]
    assert await citizen(work, PHONE) == row.new_id
    async with work() as uow:
        await splits.undo(uow, row.id, by="other")
    assert await citizen(work, PHONE) == one
    async with work() as uow:
        assert (await store.kept(uow, row.new_id)).id == one
        (kept,) = await store.split_history(uow, [one])
        assert (kept.reason, kept.undone_by_id) == ("another person", "other")
        with pytest.raises(Conflict):
            await splits.undo(uow, row.id, by="other")
        for addresses in ([], [phone, "nobody's"]):
            with pytest.raises(Invalid):
                await splits.split(uow, one, addresses, [], "nothing", by="someone")


async def test_a_split_whose_record_went_elsewhere_cannot_be_undone(work: Work) -> None:
    one, two, third = (
        await citizen(work, MAIL),
        await citizen(work, PHONE),
        await citizen(work, Sender("phone", "075588121234")),
    )
    async with work() as uow:
        await merging.merge(uow, one, two, "same person", by="someone")
        phone = next(row.id for row in await store.addresses_of(uow, one) if row.kind == "phone")
        row = await splits.split(uow, one, [phone], [], "another person", by="someone")
        await merging.merge(uow, third, row.new_id, "that one", by="someone")
        with pytest.raises(Conflict):
            await splits.undo(uow, row.id, by="someone")
    assert await citizen(work, PHONE) == third


async def test_a_split_is_not_undone_over_a_seal(work: Work) -> None:
    """It would bring a confidential address into an ordinary record, and into its search."""
    one, two = await citizen(work, MAIL), await citizen(work, PHONE)
    async with work() as uow:
        await merging.merge(uow, one, two, "same person", by="someone")
        phone = next(row.id for row in await store.addresses_of(uow, one) if row.kind == "phone")
        row = await splits.split(uow, one, [phone], [], "another person", by="someone")
        await sealing.seal(uow, await store.family_of(uow, row.new_id), "a report")
    async with work() as uow:
        with pytest.raises(Invalid) as refused:
            await splits.undo(uow, row.id, by="someone")
        assert refused.value.code == "sealed_mix"
        assert [address.kind for address in await store.addresses_of(uow, one)] == ["mail"]


async def test_wishes_hold_over_merges_and_channels(work: Work) -> None:
    one, two = await citizen(work, MAIL), await citizen(work, PHONE)
    async with work() as uow:
        await do_not_contact.replace(uow, two, {"sms"}, "on the phone", by="agent")
        assert not await do_not_contact.forbids(uow, one, "sms")
        await merging.merge(uow, one, two, "same person", by="someone")
        assert await do_not_contact.forbids(uow, one, "sms")
        assert not await do_not_contact.forbids(uow, one, "mail")
        assert not await do_not_contact.forbids(uow, None, "sms")
        await do_not_contact.replace(uow, one, {"*"}, "", by="agent")
        assert await do_not_contact.forbids(uow, two, "mail")
        await do_not_contact.replace(uow, one, set(), "", by="agent")
        assert not await do_not_contact.forbids(uow, two, "sms")


async def test_stop_by_text_message_stands_in_the_record_until_start(work: Work) -> None:
    one = await citizen(work, PHONE)
    secret = await citizen(work, PHONE, sealed=True)
    for wanted in (False, False, True):
        async with work() as uow:
            await do_not_contact.change_by_address(uow, "phone", "138-0000-0001", "sms", wanted=wanted)
            await do_not_contact.change_by_address(uow, "phone", "13999999999", "sms", wanted=wanted)
        async with work() as uow:
            for known in (one, secret):
                assert await do_not_contact.forbids(uow, known, "sms") is not wanted
    async with work() as uow:
        await do_not_contact.change_by_address(uow, "phone", "13800000001", "sms", wanted=False)
    async with work(sees_sealed=False) as uow:
        assert [row.citizen_id for row in await do_not_contact.of(uow, [one, secret])] == [one]


async def test_an_enterprise_is_one_by_its_code_and_a_report_names_no_representative(work: Work) -> None:
    people = [await citizen(work, MAIL), await citizen(work, PHONE)]
    async with work() as uow:
        firm = await representatives.enterprise(uow, CODE.lower(), "智谷科技")
        assert (await representatives.enterprise(uow, f" {CODE} ", "别名")).id == firm.id
        assert (await representatives.enterprise(uow, CODE, "智谷科技", sealed=True)).id != firm.id
        for person in people:
            await representatives.add(uow, firm.id, person, "经办人", by="agent")
        await representatives.add(uow, firm.id, people[0], "法定代表人", by="agent")
        found = await representatives.of_enterprise(uow, [firm.id])
        assert [(row.person_id, row.role) for row in found] == [(people[0], "法定代表人"), (people[1], "经办人")]
        for wrong in ((people[0], people[1]), (firm.id, firm.id)):
            with pytest.raises(Invalid):
                await representatives.add(uow, *wrong, "", by="agent")
    async with work() as uow:
        await sealing.seal(uow, [people[1]], "a report")
    async with work(sees_sealed=False) as uow:
        assert [row.person_id for row in await representatives.of_enterprise(uow, [firm.id])] == [people[0]]


async def test_a_class_is_kept_and_cleared(work: Work) -> None:
    one = await citizen(work, MAIL)
    async with work() as uow:
        row = await service.change(uow, one, 1, CitizenEdit(class_key="researcher"))
        assert row.class_key == "researcher"
        assert (await service.change(uow, one, 2, CitizenEdit(class_key=""))).class_key is None


async def test_a_block_ends_at_its_time_and_knows_an_address_however_it_is_written(work: Work) -> None:
    async with work() as uow:
        until = uow.now + timedelta(hours=1)
        await blocking.block(uow, "phone", "138 0000 0001", "harassment", by="someone", until=until)
        for written, hit in (("+8613800000001", True), ("138-0000-0001", True), ("13800000002", False)):
            assert await blocking.is_blocked(uow, "phone", written) is hit
        assert not await blocking.is_blocked(uow, "chat", "+8613800000001")
        await blocking.block(uow, "phone", "13800000001", "over", by="someone", until=uow.now)
        assert not await blocking.is_blocked(uow, "phone", "13800000001")
        assert [row.reason for row in await blocking.blocked(uow)] == ["over"]
    assert normalise("telegram", "@Zhang_San") == "zhang_san"
