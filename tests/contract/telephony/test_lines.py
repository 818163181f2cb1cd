"""Trunks and phones in the database, on SQLite and PostgreSQL alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kit.access import Access
from kit.errors import Conflict, Invalid, NotFound
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from server.default_workspace import WORKSPACE_ID
from telephony.lines import service, store
from telephony.lines.book import PhoneKind
from telephony.lines.schemas import PhoneSettings, TrunkSettings

BOX = SecretBox(b"key")
OTHER = "01890000-0000-7000-8000-0000000000ff"
TRUNK = TrunkSettings(
    name="City", host="sip.example", username="axd", secret="s3cret", registers=True, prefixes=("+86",),
    flows={"12396": "hotline"}, caller_id="12396",
)  # fmt: skip


class Nudges(Waker):
    def __init__(self) -> None:
        self.names: list[str] = []

    async def wake(self, name: str) -> None:
        self.names.append(name)


@pytest.fixture
def waker() -> Nudges:
    return Nudges()


@asynccontextmanager
async def work(database: Database, workspace: str = WORKSPACE_ID) -> AsyncIterator[UnitOfWork]:
    async with database.unit_of_work(Access.system(workspace)) as uow:
        yield uow


async def test_a_trunk_is_kept_with_its_secret_unreadable_and_read_as_engines_need_it(
    database: Database, waker: Nudges
) -> None:
    async with work(database) as uow:
        row = await service.create_trunk(uow, BOX, waker, TRUNK)
        assert "s3cret" not in row.secret
    assert waker.names == [service.WAKE_LINES]
    async with work(database) as uow:
        [trunk] = (await service.book(uow, BOX)).trunks
        assert (trunk.secret, trunk.flows, trunk.prefixes) == ("s3cret", {"12396": "hotline"}, ("+86",))
    async with work(database, OTHER) as uow:
        assert (await service.book(uow, BOX)).trunks == ()


async def test_a_stored_secret_is_never_sent_to_another_server(database: Database, waker: Nudges) -> None:
    async with work(database) as uow:
        row = await service.create_trunk(uow, BOX, waker, TRUNK)
        kept = TRUNK.model_copy(update={"secret": None, "name": "City 2"})
        await service.change_trunk(uow, BOX, waker, row.id, kept)
        [trunk] = (await service.book(uow, BOX)).trunks
        assert (trunk.name, trunk.secret) == ("City 2", "s3cret")
        with pytest.raises(Invalid) as caught:
            await service.change_trunk(uow, BOX, waker, row.id, kept.model_copy(update={"host": "evil.example"}))
        assert caught.value.code == "secret_required"


async def test_a_name_is_taken_once_and_a_removed_or_disabled_trunk_carries_nothing(
    database: Database, waker: Nudges
) -> None:
    async with work(database) as uow:
        row = await service.create_trunk(uow, BOX, waker, TRUNK)
        with pytest.raises(Conflict):
            await service.create_trunk(uow, BOX, waker, TRUNK)
        await service.change_trunk(uow, BOX, waker, row.id, TRUNK.model_copy(update={"enabled": False}))
        assert (await service.book(uow, BOX)).trunks == ()
        await service.remove_trunk(uow, waker, row.id)
        with pytest.raises(NotFound):
            await service.remove_trunk(uow, waker, row.id)


async def test_a_phone_gets_a_secret_that_is_told_once_and_can_be_renewed(database: Database, waker: Nudges) -> None:
    async with work(database) as uow:
        row, secret = await service.create_phone(uow, BOX, waker, PhoneSettings(number="8100", name="Office"))
        [phone] = (await service.book(uow, BOX)).phones
        assert (phone.secret, phone.kind) == (secret, PhoneKind.SIP)
        with pytest.raises(Conflict):
            await service.create_phone(uow, BOX, waker, PhoneSettings(number="8100", name="Other"))
        renewed = await service.renew_secret(uow, BOX, waker, row.id)
        assert renewed != secret
        assert [phone.secret for phone in (await service.book(uow, BOX)).phones] == [renewed]
        await service.remove_phone(uow, waker, row.id)
        assert await store.phones(uow) == []


async def test_numbers_of_pages_are_given_out_from_the_first_free_one(database: Database, waker: Nudges) -> None:
    async with work(database) as uow:
        await service.create_phone(uow, BOX, waker, PhoneSettings(number="8001", name="Office"))
        page = PhoneSettings(number=await service.free_number(uow), name="A", kind=PhoneKind.PAGE)
        assert page.number == "8002"
