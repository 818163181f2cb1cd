"""A report by chat is confidential whatever the same browser said or began before."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from kit.database import make_engine
from kit.unit_of_work import Database
from router.tables import RuleRow
from tests.support.citizens import OWN_SCRIPT, CitizenSide, Visitor, citizen_side
from tests.support.clock import ManualClock


@pytest.fixture
async def side(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[CitizenSide]:
    engine, clock = make_engine(sqlite_url), ManualClock()
    async with citizen_side(Database(engine, clock), clock, redis_url, tmp_path / "blobs") as made:
        yield made
    await engine.dispose()


async def chooses(visitor: Visitor, **asked: object) -> str:
    """The visitor's browser asks for a session again; the id of the one it has now."""
    started = await visitor.browser.post("/chat/api/sessions", json=asked, headers=OWN_SCRIPT)
    visitor.session_id = started.json()["session_id"]
    return visitor.session_id


async def test_who_changes_to_a_report_before_the_first_word_is_confidential(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, topic="inquiry")
    first = visitor.session_id
    assert await chooses(visitor, topic="report", anonymous=True) == first
    async with visitor.chatting() as socket:
        await visitor.says(socket, "李科长收受礼品", "one")
    contact = await visitor.contact()
    assert (contact.sealed, contact.hints["topic"], contact.hints["anonymous"]) == (True, "report", True)
    assert all(row.sealed for row in await side.messages(first))


async def test_a_report_does_not_go_into_an_ordinary_conversation(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, topic="inquiry")
    async with visitor.chatting() as socket:
        await visitor.says(socket, "请问怎么申报", "one")
    ordinary = visitor.session_id
    assert await chooses(visitor, topic="report") != ordinary
    async with visitor.chatting() as socket:
        await visitor.says(socket, "李科长收受礼品", "two")
    assert (await visitor.contact()).sealed
    assert [row.text for row in await side.messages(ordinary) if not row.sealed] == ["请问怎么申报"]


async def test_a_report_stays_one_and_an_ordinary_conversation_goes_on(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, topic="report", anonymous=True)
    report = visitor.session_id
    assert await chooses(visitor, topic="inquiry") == report
    async with visitor.chatting() as socket:
        await visitor.says(socket, "李科长收受礼品", "one")
    assert await chooses(visitor, topic="inquiry") == report
    contact = await visitor.contact()
    assert (contact.sealed, contact.hints["anonymous"]) == (True, True)
    other = await Visitor.arrives(side, topic="inquiry")
    ordinary = other.session_id
    async with other.chatting() as socket:
        await other.says(socket, "请问怎么申报", "one")
    assert await chooses(other, topic="complaint") == ordinary


async def test_no_change_of_the_rules_opens_what_comes_in_confidence(side: CitizenSide) -> None:
    async with side.database.unit_of_work(side.world.access) as uow:
        await uow.session.execute(update(RuleRow).values(enabled=False))
    visitor = await Visitor.arrives(side, topic="report")
    async with visitor.chatting() as socket:
        await visitor.says(socket, "李科长收受礼品", "one")
    assert (await visitor.contact()).sealed
