"""An agent's day over the real router: offered, accepted, answered, passed on, ended; and the sockets that tell it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from desk.access import COOKIE
from kit.ids import new_id
from records.staff.tables import AuditRow, GrantRow
from router.tables import AgentRow
from tests.support.asgi_socket import connected
from tests.support.inbox import Inbox, open_inbox
from tests.support.waiting import wait_until
from webchat.signals import passing_event

REPORTS = "举报(保密)"


@pytest.fixture
async def inbox(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url, redis_url, tmp_path / "blobs", routed=True) as opened:
        yield opened


async def offer_to(client: AsyncClient, contact: str) -> dict[str, Any]:
    async def offered() -> Any:
        offers = (await client.get("snapshot")).json()["offers"]
        return next((offer for offer in offers if offer["contact_id"] == contact), None)

    found: dict[str, Any] = await wait_until(offered, "the offer is in the snapshot")
    return found


async def accept(client: AsyncClient, contact: str) -> dict[str, Any]:
    offer = await offer_to(client, contact)
    answer = await client.post(f"contacts/{contact}/accept", json={"fence": offer["fence"]})
    assert answer.status_code == 200, answer.text
    detail: dict[str, Any] = answer.json()
    return detail


def reply(text: str) -> dict[str, str]:
    return {"client_id": new_id(), "kind": "reply", "text": text}


async def test_offered_accepted_answered_finished(inbox: Inbox) -> None:
    agent_id = await inbox.agent(高企认定=5)
    agent = await inbox.desk.browser_of(agent_id)
    contact = await inbox.arrives("高企认定怎么申报?", citizen_name="张三")
    offer = await offer_to(agent, contact)
    assert (offer["contact"]["citizen_name"], offer["contact"]["preview"]) == ("张**", "高企认定怎么申报?")
    late = await agent.post(f"contacts/{contact}/accept", json={"fence": str(int(offer["fence"]) + 1)})
    assert (late.status_code, late.json()["code"]) == (409, "offer_gone")
    detail = await accept(agent, contact)
    assert (detail["status"], detail["agent_id"], detail["reply_channels"]) == ("active", agent_id, ["chat"])
    again = await agent.post(f"contacts/{contact}/accept", json={"fence": offer["fence"]})
    assert again.status_code == 200
    assert detail["interaction_id"]
    sent = await agent.post(f"contacts/{contact}/messages", json=reply("您好"))
    assert sent.status_code == 201
    items = (await agent.get(f"contacts/{contact}/thread")).json()["items"]
    assert [(item["direction"], item["event"]) for item in items] == [
        ("in", None),
        ("event", "accepted"),
        ("out", None),
    ]
    why = (await agent.get(f"contacts/{contact}/why")).json()
    assert (why["queue_name"], why["offers"][0]["outcome"]) == ("在线", "accepted")
    assert (await agent.post(f"contacts/{contact}/finish")).status_code == 204
    done = await agent.post(f"contacts/{contact}/disposition", json={"disposition": "answered"})
    assert done.status_code == 204
    snapshot = (await agent.get("snapshot")).json()
    assert (snapshot["contacts"], snapshot["done_today"], snapshot["me"]["state"]) == ([], 1, "ready")


async def test_a_wrap_up_is_extended_once_and_by_its_agent_alone(inbox: Inbox) -> None:
    agent, other = [await inbox.desk.browser_of(await inbox.agent()) for _ in range(2)]
    contact = await inbox.arrives("您好")
    first, second = (agent, other) if (await agent.get("snapshot")).json()["offers"] else (other, agent)
    await accept(first, contact)
    extend = f"contacts/{contact}/wrap-up/extend"
    assert (await first.post(extend)).json()["code"] == "wrong_status"
    assert (await first.post(f"contacts/{contact}/finish")).status_code == 204
    (before,) = (await first.get("snapshot")).json()["contacts"]
    assert (await second.post(extend)).status_code in (404, 409)
    assert (await first.post(extend)).status_code == 204
    (after,) = (await first.get("snapshot")).json()["contacts"]
    assert after["wrap_up_until"] > before["wrap_up_until"]
    assert (await first.post(extend)).json()["code"] == "already_extended"


async def test_declined_it_goes_to_the_other_agent(inbox: Inbox) -> None:
    first = await inbox.desk.browser_of(await inbox.agent())
    contact = await inbox.arrives("您好")
    offer = await offer_to(first, contact)
    second = await inbox.desk.browser_of(await inbox.agent())
    body = {"fence": offer["fence"], "reason": "recusal"}
    assert (await first.post(f"contacts/{contact}/decline", json=body)).status_code == 204
    assert (await accept(second, contact))["status"] == "active"


async def test_parked_and_taken_up_again(inbox: Inbox) -> None:
    agent = await inbox.desk.browser_of(await inbox.agent())
    contact = await inbox.arrives("您好")
    await accept(agent, contact)
    until = (inbox.desk.clock.now() + timedelta(hours=2)).isoformat()
    assert (await agent.post(f"contacts/{contact}/park", json={"until": until, "reason": "待补充"})).status_code == 204
    row = (await agent.get("contacts")).json()[0]
    assert (row["status"], row["park_reason"]) == ("parked", "待补充")
    naive = await agent.post(f"contacts/{contact}/park", json={"until": "2026-12-01T00:00:00", "reason": "x"})
    assert naive.json()["code"] == "naive_time"
    assert (await agent.post(f"contacts/{contact}/resume")).status_code == 204
    assert (await agent.get("contacts")).json()[0]["status"] == "active"


async def test_a_transfer_takes_the_draft_along(inbox: Inbox) -> None:
    first, second_id = await inbox.desk.browser_of(await inbox.agent()), await inbox.agent()
    await inbox.desk.services.router.agent_disconnected(inbox.desk.workspace_id, second_id)
    contact = await inbox.arrives("您好")
    await accept(first, contact)
    await first.put(f"contacts/{contact}/drafts/reply", json={"version": 0, "body": {"text": "写到一半"}})
    await inbox.desk.services.router.agent_connected(inbox.desk.workspace_id, second_id)
    body = {"to": "agent", "target_id": second_id, "note": "请接手"}
    moved = await first.post(f"contacts/{contact}/transfer", json=body)
    assert moved.status_code == 204, moved.text
    assert (await first.get(f"contacts/{contact}/drafts/reply")).status_code == 404
    second = await inbox.desk.browser_of(second_id)
    await accept(second, contact)
    assert (await second.get(f"contacts/{contact}/drafts/reply")).json()["body"] == {"text": "写到一半"}
    items = (await second.get(f"contacts/{contact}/thread")).json()["items"]
    assert "请接手" in [item["text"] for item in items if item["direction"] == "note"]
    assert "transferred" in [item["event"] for item in items]


async def test_accepting_a_confidential_contact_opens_it_with_a_trace(inbox: Inbox) -> None:
    plain = await inbox.desk.browser_of(await inbox.agent())
    officer_id = await inbox.agent("discipline", **{REPORTS: 8})
    officer = await inbox.desk.browser_of(officer_id)
    contact = await inbox.arrives("某人收钱", kind="report", topic="report")
    offer = await offer_to(officer, contact)
    assert (offer["contact"]["sealed"], offer["contact"]["preview"]) == (True, "")
    assert (await plain.get("snapshot")).json()["offers"] == []
    for act in ("accept", "decline", "finish", "disposition", "resume", "spam"):
        body = {"fence": offer["fence"], "reason": "recusal", "disposition": "answered"}
        assert (await plain.post(f"contacts/{contact}/{act}", json=body)).status_code == 404, act
    detail = await accept(officer, contact)
    assert (detail["opened"], detail["preview"]) == (True, "某人收钱")
    async with inbox.desk.work() as uow:
        grant = (await uow.session.scalars(select(GrantRow))).one()
        audit = (await uow.session.scalars(select(AuditRow).where(AuditRow.action == "sealed.opened"))).one()
    assert (grant.account_id, grant.reason, audit.entity_id) == (officer_id, "接受分派", contact)


async def test_presence_follows_choice_and_socket(inbox: Inbox) -> None:
    agent_id = await inbox.agent()
    agent = await inbox.desk.browser_of(agent_id)
    missing = await agent.post("presence", json={"presence": "not_ready"})
    assert missing.json()["code"] == "reason_missing"
    view = (await agent.post("presence", json={"presence": "not_ready", "reason": "meal"})).json()
    assert (view["state"], view["reason"]) == ("not_ready", "meal")
    cookies = f"{COOKIE}={agent.cookies[COOKIE]}"
    inbox.desk.clock.advance(60)
    async with connected(inbox.desk.app, "/api/desk/events", cookies=cookies, query="after=") as socket:
        assert (await socket.hears("ping"))["type"] == "ping"
        await socket.hears("snapshot_required")

        async def leased() -> bool:
            async with inbox.desk.work() as uow:
                row = await uow.session.get_one(AgentRow, agent_id)
                return row.connected_until is not None and row.connected_until > uow.now

        await wait_until(leased, "the socket keeps the agent present")


async def test_a_socket_brings_offer_message_and_who_else_looks(inbox: Inbox) -> None:
    agent_id = await inbox.agent()
    agent = await inbox.desk.browser_of(agent_id)
    supervisor_account = await inbox.desk.account("supervisor")
    supervisor = await inbox.desk.browser_of(supervisor_account.id)
    cursor = (await agent.get("snapshot")).json()["cursor"]
    async with (
        connected(inbox.desk.app, "/api/desk/events", cookies=_cookie(agent), query=f"after={cursor}") as mine,
        connected(inbox.desk.app, "/api/desk/events", cookies=_cookie(supervisor), query=f"after={cursor}") as theirs,
    ):
        contact = await inbox.arrives("您好")
        await mine.hears("event", entity="offer")
        await accept(agent, contact)
        said = await inbox.say(contact, "在吗?")
        frame = await mine.hears("event", entity="message", id=said.id)
        assert (frame["data"]["text"], frame["data"]["author_kind"]) == ("在吗?", "citizen")
        mine.say({"type": "viewing", "contact_id": contact})
        await mine.hears("viewing", contact_id=contact, names=[])
        theirs.say({"type": "viewing", "contact_id": contact})
        await mine.hears("viewing", contact_id=contact, names=[supervisor_account.display_name])
        theirs.say({"type": "viewing", "contact_id": None})
        await wait_until(lambda: mine.heard("viewing")[-1]["names"] == [], "the other looks elsewhere")


async def test_typing_goes_both_ways_and_is_not_stored(inbox: Inbox) -> None:
    agent = await inbox.desk.browser_of(await inbox.agent())
    contact = await inbox.arrives("您好")
    await accept(agent, contact)
    log, workspace_id = inbox.event_log, inbox.desk.workspace_id
    cursor = (await agent.get("snapshot")).json()["cursor"]
    chat = await log.cursor(workspace_id, "chat")
    async with connected(inbox.desk.app, "/api/desk/events", cookies=_cookie(agent), query=f"after={cursor}") as mine:
        await mine.hears("ping")
        async with inbox.desk.work() as uow:
            data: dict[str, object] = {"contact_id": contact, "on": True, "by": "citizen"}
            await log.publish([passing_event(uow, "desk", "", "typing", contact, data)])
        await mine.hears("typing", contact_id=contact, on=True)
        mine.say({"type": "typing", "contact_id": contact, "on": True})

        async def told() -> bool:
            events = await log.since(workspace_id, "chat", chat)
            return any((one.entity, one.data) == ("typing", {"on": True}) for one in events)

        await wait_until(told, "the visitor is told that the agent writes")


async def test_a_socket_is_for_signed_in_pages_of_ours(inbox: Inbox) -> None:
    path = "/api/desk/events"
    async with connected(inbox.desk.app, path, query="after=") as socket:
        await wait_until(lambda: socket.closed == 4401, "a stranger is told not to come back")
    agent = await inbox.desk.signed_in("registrar")
    async with connected(inbox.desk.app, path, cookies=_cookie(agent), origin="http://evil.example") as socket:
        await wait_until(lambda: socket.closed == 4403, "another page is refused")


def _cookie(client: AsyncClient) -> str:
    return f"{COOKIE}={client.cookies[COOKIE]}"


async def test_a_supervisor_sees_the_board_and_acts_on_agents(inbox: Inbox) -> None:
    agent_id = await inbox.agent()
    agent, supervisor = await inbox.desk.browser_of(agent_id), await inbox.desk.signed_in("supervisor")
    contact = await inbox.arrives("您好")
    await accept(agent, contact)
    assert (await agent.get("board")).status_code == 403
    board = (await supervisor.get("board")).json()
    assert (board["online"]["value"], board["online"]["of"]) == (1, 1)
    assert [row["current"] for row in board["agents"]] == [["在线"]]
    assert "举报专席" not in str(board)
    assert (await agent.post(f"agents/{agent_id}/logout", json={"reason": "试试"})).status_code == 403
    done = await supervisor.post(f"agents/{agent_id}/logout", json={"reason": "设备检修"})
    assert done.status_code == 204
    snapshot = (await agent.get("snapshot")).json()
    assert (snapshot["me"]["state"], snapshot["contacts"]) == ("offline", [])
    async with inbox.desk.work() as uow:
        audit = (await uow.session.scalars(select(AuditRow).where(AuditRow.action == "agent.logged_out"))).one()
    assert (audit.entity_id, audit.reason) == (agent_id, "设备检修")


async def test_skills_are_tried_out_saved_once_and_remembered(inbox: Inbox) -> None:
    agent_id = await inbox.agent()
    supervisor = await inbox.desk.signed_in("supervisor")
    matrix = (await supervisor.get("skills")).json()
    skills = {skill["name"]: skill["id"] for skill in matrix["skills"]}
    change = {"agent_id": agent_id, "skill_id": skills["高企认定"], "level": 7}
    preview = await supervisor.post("skills/preview", json={"changes": [change]})
    assert preview.status_code == 200, preview.text
    body = {"version": matrix["version"], "changes": [change], "reason": "考核通过"}
    saved = (await supervisor.put("skills", json=body)).json()
    assert saved["agents"][0]["levels"] == {skills["高企认定"]: 7}
    stale = await supervisor.put("skills", json={**body, "changes": [{**change, "level": 3}]})
    assert (stale.status_code, stale.json()["code"]) == (409, "skills_changed")
    history = (await supervisor.get("skills/history")).json()
    assert (history[0]["reason"], history[0]["changes"][0]["after"]) == ("考核通过", 7)
    secret = {"agent_id": agent_id, "skill_id": skills[REPORTS], "level": 5}
    refused = await supervisor.put("skills", json={"version": saved["version"], "changes": [secret], "reason": "试试"})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_cleared")
