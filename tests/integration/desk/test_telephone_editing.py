"""The flow editor's server side: places of what is wrong, names, drafts thrown away, items, polls; and who may."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from records.knowledge import service as knowledge
from records.staff.tables import AuditRow
from telephony.switchboard import flows
from tests.support.inbox import Inbox


@pytest.fixture
async def keeper(office: Inbox) -> AsyncClient:
    async with office.desk.work() as uow:
        await knowledge.seed(uow)
        await flows.seed(uow)
    return await office.desk.signed_in("administrator")


async def draft_of(keeper: AsyncClient) -> tuple[dict[str, Any], int]:
    """The default flow, without the queue that this office has not got."""
    read = (await keeper.get("telephone/flows/main")).json()
    read["draft"]["nodes"]["duty"]["queue"] = ""
    return read["draft"], read["version"]


async def save(keeper: AsyncClient, draft: dict[str, Any], version: int) -> dict[str, Any]:
    answer = await keeper.put("telephone/flows/main", json={"name": "主", "draft": draft, "based_on": version})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_a_planted_dead_end_is_refused_with_its_place(keeper: AsyncClient) -> None:
    draft, version = await draft_of(keeper)
    draft["nodes"]["trap"] = {"kind": "play", "say": [{"text": {"zh-CN": "请稍候。"}}], "next": "trap_again"}
    draft["nodes"]["trap_again"] = {"kind": "play", "say": [{"text": {"zh-CN": "请稍候。"}}], "next": "trap"}
    draft["nodes"]["automatic"]["choices"]["5"] = "trap"
    saved = await save(keeper, draft, version)
    dead_ends = {item["node"] for item in saved["problems"] if item["code"] == "dead_end"}
    assert dead_ends == {"trap", "trap_again"}
    refused = await keeper.post("telephone/flows/main/publish", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "flow_has_problems")
    assert {"node": "trap", "code": "dead_end", "detail": ""} in refused.json()["problems"]
    assert (await keeper.get("telephone/flows/main")).json()["published"] == 1


async def test_every_field_that_is_not_filled_in_is_named_at_its_node(keeper: AsyncClient) -> None:
    draft, version = await draft_of(keeper)
    draft["nodes"]["welcome"]["on_silence"] = ""
    draft["nodes"]["query_pin"]["limit"] = 0
    draft["nodes"]["bye"]["say"] = [{"text": {}}]
    problems = (await save(keeper, draft, version))["problems"]
    assert {(item["node"], item["code"], item["detail"]) for item in problems} == {
        ("welcome", "invalid_flow", "on_silence"),
        ("query_pin", "invalid_flow", "limit"),
        ("bye", "invalid_flow", "say.0"),
    }


async def test_a_draft_is_thrown_away_unless_somebody_saved_meanwhile(office: Inbox, keeper: AsyncClient) -> None:
    draft, version = await draft_of(keeper)
    published = (await keeper.get("telephone/flows/main")).json()["draft"]
    draft["nodes"]["bye"]["say"] = []
    saved = await save(keeper, draft, version)
    late = await keeper.post("telephone/flows/main/discard", json={"based_on": version})
    assert (late.status_code, late.json()["code"]) == (409, "flow_changed")
    back = await keeper.post("telephone/flows/main/discard", json={"based_on": saved["version"]})
    assert (back.json()["draft"], back.json()["version"]) == (published, saved["version"] + 1)
    async with office.desk.work() as uow:
        found = await uow.session.scalars(select(AuditRow.action).where(AuditRow.entity == "flow"))
        assert list(found) == ["flow.draft_discarded"]
    first = {"kind": "hang_up"}
    body = {"name": "新", "draft": {"start": "first", "nodes": {"first": first}}, "based_on": 0}
    await keeper.put("telephone/flows/fresh", json=body)
    nowhere = await keeper.post("telephone/flows/fresh/discard", json={"based_on": 1})
    assert (nowhere.status_code, nowhere.json()["code"]) == (409, "never_published")


async def test_nodes_may_name_what_there_is(keeper: AsyncClient) -> None:
    names = (await keeper.get("telephone/flow-names")).json()
    assert names["flows"] == ["main"]
    assert {"policies", "scope"} <= set(names["items"])
    assert (names["documents"], names["actions"], names["prompts"]) == (["guide"], ["receipt"], [])


async def test_an_item_is_not_written_over_what_was_not_read(keeper: AsyncClient) -> None:
    async def write(text: str, based_on: int | None) -> int:
        body = {"title": "政策", "text": text, "based_on": based_on}
        return (await keeper.put("telephone/items/policies/zh-CN", json=body)).status_code

    assert [await write("甲。", 1), await write("乙。", 1), await write("丙。", 2)] == [200, 409, 200]
    body = {"title": "Novelty", "text": "New.", "based_on": 0}
    assert (await keeper.put("telephone/items/novelty/en", json=body)).status_code == 200
    assert (await keeper.put("telephone/items/novelty/en", json=body)).status_code == 409


async def test_polls_show_their_question_and_tally(office: Inbox, keeper: AsyncClient) -> None:
    contact = await office.contact()
    async with office.desk.work() as uow:
        assert await knowledge.vote(uow, "opinion", 1, contact, "2")
    found = {item["poll"]: item for item in (await keeper.get("telephone/polls")).json()}
    assert set(found) == {"opinion", "satisfaction"}
    assert found["opinion"]["votes"] == {"2": 1}
    assert found["opinion"]["keys"] == ["1", "2", "3", "4", "5"]
    assert found["opinion"]["words"]["zh-CN"].startswith("您对我市科技服务是否满意？")


@pytest.mark.parametrize("role", ["registrar", "supervisor", "director"])
async def test_only_those_who_look_after_channels_write_flows(office: Inbox, keeper: AsyncClient, role: str) -> None:
    other = await office.desk.signed_in(role)
    for path in ("flows", "flows/main", "flow-names", "polls", "items"):
        assert (await other.get(f"telephone/{path}")).status_code == 403
    assert (await other.post("telephone/flows/main/discard", json={"based_on": 1})).status_code == 403
    assert (await other.post("telephone/flows/main/publish", json={})).status_code == 403
