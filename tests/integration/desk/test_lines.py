"""Trunks and phones through the desk: secrets go in encrypted, and a phone's comes out once."""

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from kit.wake import Waker
from records.staff.tables import AccountRow
from telephony.lines import service, store
from tests.support.inbox import Inbox

TRUNK = {
    "name": "City",
    "host": "sip.axd.example",
    "username": "axd",
    "secret": "a-secret-word",
    "registers": True,
    "prefixes": ["+86"],
    "flows": {"12396": "hotline"},
}


@pytest.fixture
async def keeper(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("administrator")


async def test_a_trunk_is_added_changed_and_removed_and_its_secret_never_given_back(
    office: Inbox, keeper: AsyncClient
) -> None:
    created = await keeper.post("trunks", json=TRUNK)
    assert created.status_code == 201
    trunk_id = created.json()["id"]
    changed = await keeper.put(f"trunks/{trunk_id}", json={**TRUNK, "secret": None, "caller_id": "12396"})
    assert (changed.status_code, changed.json()["caller_id"]) == (200, "12396")
    listed = await keeper.get("trunks")
    assert [trunk["flows"] for trunk in listed.json()] == [{"12396": "hotline"}]
    for answer in (created, changed, listed, await keeper.get("audit")):
        assert "a-secret-word" not in answer.text
    async with office.desk.work() as uow:
        [stored] = (await service.book(uow, office.desk.services.secret_box)).trunks
    assert stored.secret == "a-secret-word"
    assert (await keeper.delete(f"trunks/{trunk_id}")).status_code == 204
    assert (await keeper.get("trunks")).json() == []


@pytest.mark.parametrize(
    "fault",
    [{"host": "a b"}, {"username": ""}, {"addresses": ["everywhere"]}, {"caller_id": "x"}, {"port": 0}, {"name": ""}],
)
async def test_a_trunk_that_cannot_be_is_refused(keeper: AsyncClient, fault: dict[str, object]) -> None:
    assert (await keeper.post("trunks", json={**TRUNK, **fault})).status_code == 422


async def test_a_phone_tells_its_secret_once_and_its_renewed_one_once(office: Inbox, keeper: AsyncClient) -> None:
    created = (await keeper.post("phones", json={"number": "8100", "name": "Office"})).json()
    assert created["username"] == f"phone-{created['id']}"
    assert created["secret"] not in (await keeper.get("phones")).text
    renewed = (await keeper.post(f"phones/{created['id']}/secret")).json()
    assert renewed["secret"] != created["secret"]
    async with office.desk.work() as uow:
        [stored] = (await service.book(uow, office.desk.services.secret_box)).phones
    assert stored.secret == renewed["secret"]
    assert (await keeper.post("phones", json={"number": "8100", "name": "Other"})).status_code == 409
    assert (await keeper.delete(f"phones/{created['id']}")).status_code == 204


async def test_the_phone_of_a_page_belongs_to_its_owner(office: Inbox, keeper: AsyncClient) -> None:
    waker: Waker = office.desk.services.waker
    async with office.desk.work() as uow:
        account_id = (await uow.session.scalars(select(AccountRow.id))).first()
        assert account_id is not None
        await service.page_phone(uow, office.desk.services.secret_box, waker, account_id, "A")
        [row] = await store.phones(uow)
        phone_id = row.id
    refused = await keeper.post(f"phones/{phone_id}/secret")
    assert (refused.status_code, refused.json()["code"]) == (409, "page_phone")
    made = await keeper.post("phones", json={"number": "8101", "name": "x", "account_id": account_id, "kind": "page"})
    assert made.status_code == 422


async def test_agents_may_not_look_after_lines(office: Inbox) -> None:
    agent = await office.desk.signed_in("registrar")
    for path in ("trunks", "phones"):
        assert (await agent.get(path)).status_code == 403
        assert (await agent.post(path, json=TRUNK)).status_code == 403
