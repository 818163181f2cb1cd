"""A draft is tried on a real call of a page: what the writer is told, and that nothing of it stays."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kit.clock import SystemClock
from kit.errors import Invalid, NotFound
from kit.tasks import stop
from records.knowledge import service as knowledge
from records.knowledge.tables import PollVoteRow
from records.messages.tables import MessageRow, OutboxRow
from router.tables import ContactRow
from telephony.calls import Media
from telephony.embedded.engine import EmbeddedEngine
from telephony.embedded.settings import EmbeddedSettings
from telephony.ivr.nodes import Say
from telephony.switchboard import flows
from telephony.tables import CallRow, PathCountRow, RecordingRow
from telephony.trials.drafts import draft
from telephony.trials.surroundings import Scene
from telephony.trials.trials import NoLegs, Trials
from tests.support.page_phones import LOOPBACK, PagePhone
from tests.support.switchboard import Hotline
from tests.support.tones import tone, write_wav
from tests.support.waiting import wait_until

TRACES = (ContactRow, CallRow, PathCountRow, RecordingRow, OutboxRow, MessageRow, PollVoteRow)


class Hum:
    """Every text is a short tone."""

    def __init__(self, folder: Path) -> None:
        self._media = Media(path=write_wav(folder / "hum.wav", tone(575, 0.05)), duration_s=0.05)

    async def sounds(self, say: Say, language: str, values: dict[str, str]) -> Sequence[Media]:
        return [self._media for _ in say]


class Frames:
    """What `PagePhone` speaks to."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials

    async def command(self, _name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return await self._trials.command(arguments)


class Desk:
    """The page that tries the flow `main`."""

    def __init__(self, trials: Trials) -> None:
        self.phone = PagePhone("trial:a1", Frames(trials), caller="13800138000", dialled="main")  # type: ignore[arg-type]
        self.phone.variables = {"line": "web", "flow": "main", "hours": "open"}

    async def tell(self, party: str, frame: dict[str, Any]) -> None:
        assert party == "trial:a1"
        self.phone.told.append(frame)

    def told(self, what: str) -> list[dict[str, Any]]:
        return [frame for frame in self.phone.told if frame["type"] == "trial" and frame["what"] == what]

    async def at(self, node: str) -> dict[str, Any]:
        await wait_until(lambda: any(frame["node"] == node for frame in self.told("node")), f"it walks {node}")
        return next(frame for frame in self.told("node") if frame["node"] == node)

    async def asked(self, act: str) -> dict[str, Any]:
        await wait_until(lambda: any(frame["act"] == act for frame in self.told("choose")), f"it asks about {act}")
        return next(frame for frame in self.told("choose") if frame["act"] == act)

    async def sees(self, act: str) -> dict[str, Any]:
        await wait_until(lambda: any(frame["act"] == act for frame in self.told("would")), f"it would {act}")
        found: dict[str, Any] = next(frame for frame in self.told("would") if frame["act"] == act)["detail"]
        return found


@pytest.fixture
async def desk(line: Hotline, tmp_path: Path) -> AsyncIterator[Desk]:
    async def can_send(channel: str) -> bool:
        return channel == "sms"

    world = line.world
    async with world.database.unit_of_work(world.access) as uow:
        await knowledge.seed(uow)
        row = await flows.one(uow, flows.MAIN)
        changed = {**row.draft["nodes"]["bye"], "say": [{"text": {"zh-CN": "草稿说再见。"}}]}
        row.draft = {**row.draft, "nodes": {**row.draft["nodes"], "bye": changed}}
    engine = EmbeddedEngine(
        legs=NoLegs(),
        tell=lambda party, frame: made.tell(party, frame),
        clock=SystemClock(),
        settings=EmbeddedSettings(media_address=LOOPBACK),
        recordings=tmp_path / "recordings",
    )
    scene = Scene(database=world.database, access=world.access, speaker=Hum(tmp_path), can_send=can_send)
    trials = Trials(engine, scene)
    made = Desk(trials)
    running = asyncio.create_task(trials.run())
    try:
        yield made
    finally:
        await made.phone.close()
        await stop([running])


async def test_a_draft_is_walked_with_its_panel_and_nothing_stays(line: Hotline, desk: Desk) -> None:
    await desk.phone.call()
    assert (await desk.at("welcome"))["passed"] == {"node": "hours", "exit": "other", "keys": ""}
    await desk.phone.press("248")
    would = await desk.sees("send")
    assert (would["by"], would["to"], would["possible"]) == ("sms", "13800138000", True)
    await desk.at("more")
    await desk.phone.press("*0")
    asked = await desk.asked("queue")
    assert asked["options"] == {"1": "agent", "2": "callback", "3": "message"}
    await desk.phone.press("3")
    assert (await desk.sees("message"))["topic"] == "voicemail"
    await desk.phone.press("#")
    await desk.at("bye")
    await desk.phone.hears_of("ended")
    assert desk.told("over")[-1]["why"] == "finished"
    assert ["草稿说再见。"] in [frame["words"] for frame in desk.told("heard")]
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        for row in TRACES:
            assert list(await uow.session.scalars(select(row))) == [], row.__tablename__


async def test_data_is_not_looked_up_its_answer_is_chosen_and_a_pin_is_not_shown(desk: Desk) -> None:
    await desk.phone.call()
    await desk.at("welcome")
    await desk.phone.press("23")
    await desk.at("query_number")
    await desk.phone.press("20260101000017")
    await desk.at("query_pin")
    await desk.phone.press("123456")
    asked = await desk.asked("use")
    keys = {name: key for key, name in asked["options"].items()}
    assert set(keys) == {"found", "wrong_number", "wrong_pin", "locked", "other"}
    await desk.phone.press(keys["locked"])
    passed = (await desk.at("locked"))["passed"]
    assert passed == {"node": "query", "exit": "locked", "keys": ""}
    known = (await desk.at("query"))["values"]
    assert (known["number"], "pin" in known) == ("20260101000017", False)


async def test_what_leads_nowhere_cannot_be_tried_and_what_only_may_not_be_published_can(line: Hotline) -> None:
    world = line.world
    async with world.database.unit_of_work(world.access) as uow:
        row = await flows.one(uow, flows.MAIN)
        lonely = {"kind": "hang_up"}
        row.draft = {**row.draft, "nodes": {**row.draft["nodes"], "lonely": lonely}}
        assert "lonely" in (await draft(uow, flows.MAIN)).nodes
        broken = {"kind": "play", "say": [{"text": {"zh-CN": "请"}}], "next": "nowhere"}
        row.draft = {**row.draft, "nodes": {**row.draft["nodes"], "lonely": broken}}
        with pytest.raises(Invalid, match="lonely leads to nowhere"):
            await draft(uow, flows.MAIN)
        with pytest.raises(NotFound):
            await draft(uow, "other")
