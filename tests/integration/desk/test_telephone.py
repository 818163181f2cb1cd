"""The telephone's administration through the desk: flows, prompts, items, duties, the switch, recordings."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from kit import blobs
from records.knowledge import service as knowledge
from records.staff.tables import AuditRow, WorkspaceRow
from telephony.ivr.default_flow import default_flow
from telephony.switchboard import flows
from telephony.tables import RecordingRow
from tests.support.inbox import Inbox
from tests.support.tones import tone, write_wav


@pytest.fixture
async def keeper(office: Inbox) -> AsyncClient:
    async with office.desk.work() as uow:
        await knowledge.seed(uow)
        await flows.seed(uow)
    return await office.desk.signed_in("administrator")


@pytest.fixture
async def boss(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("supervisor")


async def actions(office: Inbox, entity: str) -> list[str]:
    async with office.desk.work() as uow:
        found = select(AuditRow.action).where(AuditRow.entity == entity).order_by(AuditRow.at, AuditRow.id)
        return list(await uow.session.scalars(found))


async def test_a_flow_is_drafted_looked_through_published_and_rolled_back(office: Inbox, keeper: AsyncClient) -> None:
    read = (await keeper.get("telephone/flows/main")).json()
    # This office has no queue for emergencies.
    assert read["published"] == 1
    assert read["problems"] == [{"node": "duty", "code": "unknown_name", "detail": "emergency"}]
    draft = read["draft"]
    draft["nodes"]["duty"]["queue"] = ""
    draft["nodes"]["bye"] = {"kind": "play", "say": [{"text": {"zh-CN": "完"}}], "next": "bye"}
    saved = await keeper.put("telephone/flows/main", json={"name": "主", "draft": draft, "based_on": read["version"]})
    assert {item["node"] for item in saved.json()["problems"]} >= {"bye"}
    refused = await keeper.post("telephone/flows/main/publish", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "flow_has_problems")
    assert any(item["node"] == "bye" for item in refused.json()["problems"])
    late = await keeper.put("telephone/flows/main", json={"name": "主", "draft": draft, "based_on": read["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "flow_changed")
    draft["nodes"]["bye"] = {"kind": "hang_up"}
    version = saved.json()["version"]
    await keeper.put("telephone/flows/main", json={"name": "主", "draft": draft, "based_on": version})
    published = await keeper.post("telephone/flows/main/publish", json={"note": "短"})
    assert published.json()["published"] == 2
    assert [item["number"] for item in (await keeper.get("telephone/flows/main/versions")).json()] == [2, 1]
    back = await keeper.post("telephone/flows/main/versions/1/restore")
    assert back.json()["published"] == 1
    async with office.desk.work() as uow:
        found = await flows.published(uow, "main")
    assert found is not None
    assert found[0] == default_flow()
    assert await actions(office, "flow") == ["flow.published", "flow.rolled_back"]


async def test_a_draft_that_is_no_flow_is_kept_and_says_where(keeper: AsyncClient) -> None:
    draft = {"start": "first", "nodes": {"first": {"kind": "teleport"}}}
    saved = await keeper.put("telephone/flows/other", json={"name": "试", "draft": draft, "based_on": 0})
    (problem,) = saved.json()["problems"]
    assert (problem["code"], problem["node"]) == ("invalid_flow", "first")
    assert (await keeper.post("telephone/flows/other/publish", json={})).status_code == 422


async def test_an_item_is_written_anew(keeper: AsyncClient) -> None:
    before = (await keeper.get("telephone/items")).json()
    assert {item["key"] for item in before} >= {"policies", "scope", "addresses"}
    saved = await keeper.put("telephone/items/policies/zh-CN", json={"title": "政策", "text": "新政策。"})
    assert saved.json()["text"] == "新政策。"
    assert len((await keeper.get("telephone/items")).json()) == len(before)


async def test_duties_and_the_switch_are_the_supervisors(office: Inbox, keeper: AsyncClient, boss: AsyncClient) -> None:
    now = office.desk.clock.now()
    given = {"step": 1, "name": "值班", "number": "801", "based_on": 0}
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=8)).isoformat()}
    made = await boss.post("telephone/duties", json=given | times)
    assert made.status_code == 201
    assert [item["name"] for item in (await boss.get("telephone/duties")).json()] == ["值班"]
    assert (await boss.post("telephone/duties", json={**given, "number": "", **times})).status_code == 422
    place = f"telephone/duties/{made.json()['id']}"
    body = given | times | {"based_on": made.json()["version"]}
    assert (await keeper.put(place, json=body | {"name": "甲"})).json()["version"] == 2
    late = await boss.put(place, json=body | {"name": "乙"})
    assert (late.status_code, late.json()["code"]) == (409, "duty_changed")
    assert (await boss.delete(place, params={"based_on": 1})).status_code == 409
    assert [item["name"] for item in (await boss.get("telephone/duties")).json()] == ["甲"]
    assert (await boss.delete(place, params={"based_on": 2})).status_code == 204
    assert (await boss.get("telephone/duties")).json() == []
    assert (await boss.put("telephone/service", json={"service": "night"})).json() == {"service": "night"}
    async with office.desk.work() as uow:
        workspace = await uow.session.get_one(WorkspaceRow, office.desk.workspace_id)
        assert workspace.settings["telephone_service"] == "night"
    agent = await office.desk.signed_in("registrar")
    assert (await agent.put("telephone/service", json={"service": ""})).status_code == 403
    assert (await agent.get("telephone/recordings")).status_code == 403


async def recorded(office: Inbox, contact_id: str, data: bytes, *, sealed: bool = False) -> str:
    blob = await office.desk.services.blobs.put(data)
    async with office.desk.work() as uow:
        blobs.record(uow, blob, "audio/wav", kept=True)
        row = RecordingRow(
            contact_id=contact_id,
            kind="call",
            agent_id="a1",
            caller="+8613800138000",
            dialled="12396",
            started_at=uow.now,
            duration_ms=61_000,
            blob_key=blob.key,
            size_bytes=blob.size_bytes,
            sha256=blob.sha256,
            sealed=sealed,
        )
        uow.session.add(row)
        await uow.session.flush()
        return row.id


async def test_recordings_are_found_and_each_hearing_is_written_down(
    office: Inbox, boss: AsyncClient, tmp_path: Path
) -> None:
    contact = await office.contact()
    data = write_wav(tmp_path / "call.wav", tone(400, 0.2), tone(575, 0.2)).read_bytes()
    kept, sealed = await recorded(office, contact, data), await recorded(office, contact, data, sealed=True)
    asked: list[tuple[dict[str, str], list[str]]] = [
        ({"caller": "0138"}, [kept]),
        ({"caller": "999"}, []),
        ({"agent_id": "a1", "at_least_s": "61"}, [kept]),
        ({"at_least_s": "62"}, []),
        ({"until": office.desk.clock.now().isoformat()}, []),
    ]
    for query, found in asked:
        assert [item["id"] for item in (await boss.get("telephone/recordings", params=query)).json()] == found
    naive = await boss.get("telephone/recordings", params={"since": "2026-11-24T08:00:00"})
    assert naive.status_code == 422
    heard = await boss.get(f"recordings/{kept}/sound")
    assert (heard.content, heard.headers["content-type"]) == (data, "audio/wav")
    here = office.desk.clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{here:%Y%m%d-%H%M%S}.wav" in heard.headers["content-disposition"]
    assert (await boss.get(f"recordings/{sealed}/sound")).status_code == 404
    small = await boss.get(f"recordings/{kept}/compressed")
    assert (small.content[:4], small.headers["content-type"]) == (b"OggS", "audio/ogg")
    assert f"{here:%Y%m%d-%H%M%S}.ogg" in small.headers["content-disposition"]
    assert (await boss.get(f"recordings/{sealed}/compressed")).status_code == 404
    held = await boss.post(f"telephone/recordings/{kept}/hold", json={"held": True, "reason": "诉讼"})
    assert held.json()["held"]
    assert await actions(office, "recording") == ["recording.heard", "recording.heard", "recording.held"]
