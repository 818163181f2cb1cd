"""Whom an agent calls, with what refusals; who is to be called back; what was recorded, and help during a call."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from desk.calls.routes import routes as calls
from kit import blobs
from kit.ids import new_id
from records.citizens import do_not_contact
from records.citizens import store as citizens
from records.staff.tables import AuditRow
from router.contact import ContactStatus
from router.tables import ContactRow
from telephony.guard import DialGuard, GuardSettings
from telephony.phones import PhoneSettings
from telephony.tables import CallRow, RecordingRow
from telephony.waveform import write_wav
from tests.support.inbox import Inbox, open_inbox
from tests.support.tones import tone

NUMBER, OTHER, QUIET = "+8613800138000", "+8613900139000", "+8613700137000"
PATH = [{"node": "welcome", "exit": "1", "keys": "1"}, {"node": "human", "exit": "", "keys": ""}]


@pytest.fixture
async def office(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(sqlite_url, redis_url, tmp_path / "blobs", routed=True) as opened:
        opened.desk.app.include_router(calls)
        opened.desk.services.dial_guard = DialGuard(GuardSettings())
        opened.desk.services.phones = PhoneSettings(engine="asterisk")
        yield opened


@pytest.fixture
async def agent_id(office: Inbox) -> str:
    return await office.agent()


@pytest.fixture
async def agent(office: Inbox, agent_id: str) -> AsyncClient:
    return await office.desk.browser_of(agent_id)


async def call(office: Inbox, contact_id: str, **values: Any) -> None:
    async with office.desk.work() as uow:
        plain = {"caller": "13800138000", "dialled": "12396", "path": [], "started_at": uow.now}
        uow.session.add(CallRow(contact_id=contact_id, engine_id=new_id(), **(plain | values)))


async def lost(office: Inbox, number: str = NUMBER, *, minutes_ago: int = 10, **values: Any) -> str:
    """Somebody who waited 95 seconds and hung up."""
    now = office.desk.clock.now() - timedelta(minutes=minutes_ago)
    contact_id = await office.contact(
        **{
            "said": "来电",
            "channel": "voice",
            "queue": "phone",
            "status": ContactStatus.ABANDONED,
            "sender_kind": "phone",
            "sender": number,
            "recipient": "12396",
            "received_at": now - timedelta(seconds=100),
            "queued_at": now - timedelta(seconds=95),
            "closed_at": now,
            **values,
        }
    )
    await call(office, contact_id, path=PATH)
    return contact_id


async def listed(client: AsyncClient, *, settled: bool = False) -> list[dict[str, Any]]:
    answer = await client.get("abandoned-calls", params={"settled": settled})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def answered(office: Inbox, number: str, direction: str) -> None:
    contact = await office.contact(channel="voice", queue="phone", sender_kind="phone", sender=number)
    await call(office, contact, direction=direction, answered_at=office.desk.clock.now())


async def test_who_hung_up_is_listed_once_and_gone_once_somebody_spoke_with_him(
    office: Inbox, agent: AsyncClient
) -> None:
    first = await lost(office, minutes_ago=30)
    await lost(office, minutes_ago=20)
    await lost(office, OTHER)
    await lost(office, "session", sender_kind="chat")
    (one, other) = await listed(agent)
    assert (one["number"], one["calls"], one["waited_s"], one["state"]) == ("138****8000", 2, 95, "open")
    assert [(step["kind"], step["keys"]) for step in one["path"]] == [("menu", "1"), ("queue", "")]
    assert one["first_at"] < one["last_at"] < other["last_at"]
    await answered(office, OTHER, "in")
    assert [item["calls"] for item in await listed(agent)] == [2]
    made = await agent.post(f"abandoned-calls/{first}/call")
    assert made.status_code == 201, made.text
    (one,) = await listed(agent)
    assert (one["state"], one["callback_id"]) == ("calling", made.json()["contact_id"])
    second = await office.desk.browser_of(await office.agent())
    assert (await second.post(f"abandoned-calls/{first}/call")).json()["code"] == "callback_going_on"
    await answered(office, NUMBER, "out")
    assert await listed(agent) == []
    assert {item["state"] for item in await listed(agent, settled=True)} == {"served", "reached"}


async def test_a_call_back_that_reached_nobody_goes_on_as_the_same_contact(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    number = await lost(office)
    made = (await agent.post(f"abandoned-calls/{number}/call")).json()["contact_id"]
    router = office.desk.services.router
    async with office.desk.work() as uow:
        row = await uow.session.get_one(ContactRow, made)
        await router.accept(uow, made, agent_id, row.fence)
    async with office.desk.work() as uow:
        await router.park(uow, made, agent_id, uow.now + timedelta(hours=2), "not_reached")
    (one,) = await listed(agent)
    assert one["next_try_at"] is not None
    again = await agent.post(f"abandoned-calls/{number}/call")
    assert again.json() == {"contact_id": made}
    async with office.desk.work() as uow:
        assert (await uow.session.get_one(ContactRow, made)).status == ContactStatus.ACTIVE


async def test_who_wants_no_calls_is_shown_so_and_called_by_no_way(office: Inbox, agent: AsyncClient) -> None:
    citizen = await office.citizen(phone=QUIET)
    async with office.desk.work() as uow:
        await do_not_contact.replace(uow, citizen, ["voice"], "不要打扰", by=None)
    contact = await lost(office, QUIET, citizen_id=citizen)
    assert [item["state"] for item in await listed(agent)] == ["forbidden"]
    for answer in (
        await agent.post(f"abandoned-calls/{contact}/call"),
        await agent.post(f"calls/{contact}/dial", json={}),
        await agent.post(f"calls/{contact}/dial", json={"number": "137 0013 7000"}),
    ):
        assert answer.json()["code"] == "do_not_contact"
    assert (await agent.post(f"calls/{contact}/dial", json={"number": "0755 8812 3400"})).status_code == 201


async def test_a_number_is_dialled_without_being_shown_and_refusals_say_why(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    citizen = await office.citizen(phone=NUMBER)
    contact = await office.contact(channel="mail", queue="mail", citizen_id=citizen)
    async with office.desk.work() as uow:
        (address,) = await citizens.addresses_of(uow, citizen)
    dial = f"calls/{contact}/dial"
    refused = {
        "invalid_number": {},
        "destination_not_allowed": {"number": "+1 900 555 0100"},
        "not_found": {"address_id": new_id()},
    }
    for code, body in refused.items():
        assert (await agent.post(dial, json=body)).json()["code"] == code
    made = await agent.post(dial, json={"address_id": address.id})
    assert made.status_code == 201, made.text
    async with office.desk.work() as uow:
        assert (await uow.session.get_one(ContactRow, made.json()["contact_id"])).sender == NUMBER
        audited = await uow.session.scalars(select(AuditRow.action).where(AuditRow.action == "call.dialled"))
        assert list(audited) == ["call.dialled"]
    office.desk.services.phones = PhoneSettings(engine="embedded")
    assert (await agent.post(dial, json={"address_id": address.id})).json()["code"] == "no_outside_line"
    office.desk.services.phones = PhoneSettings(engine="asterisk")
    # The first one rings now.
    assert (await agent.post(dial, json={"address_id": address.id})).json()["code"] == "not_ready_to_dial"


async def recorded(office: Inbox, contact_id: str, agent_id: str, data: bytes) -> str:
    blob = await office.desk.services.blobs.put(data)
    async with office.desk.work() as uow:
        blobs.record(uow, blob, "audio/wav", kept=True)
        row = RecordingRow(
            contact_id=contact_id,
            kind="call",
            agent_id=agent_id,
            caller=NUMBER,
            dialled="12396",
            started_at=uow.now,
            duration_ms=1000,
            blob_key=blob.key,
            size_bytes=blob.size_bytes,
            sha256=blob.sha256,
        )
        uow.session.add(row)
        await uow.session.flush()
        return row.id


async def test_the_thread_holds_the_recordings_that_one_may_hear_with_both_sides(
    office: Inbox, agent: AsyncClient, agent_id: str, tmp_path: Path
) -> None:
    write_wav(tmp_path / "call.wav", tone(400, 0.5), tone(575, 1.0))
    data = (tmp_path / "call.wav").read_bytes()
    citizen = await office.citizen()
    past = await office.contact(
        channel="voice", queue="phone", citizen_id=citizen, agent_id=new_id(), status=ContactStatus.CLOSED
    )
    now = await office.contact(channel="voice", queue="phone", citizen_id=citizen, agent_id=agent_id)
    theirs, own = await recorded(office, past, new_id(), data), await recorded(office, now, agent_id, data)
    assert [item["id"] for item in (await agent.get(f"contacts/{now}/recordings")).json()] == [own]
    boss = await office.desk.signed_in("supervisor")
    assert {item["id"] for item in (await boss.get(f"contacts/{now}/recordings")).json()} == {theirs, own}
    assert (await agent.get(f"recordings/{theirs}/sound")).status_code == 404
    part = await agent.get(f"recordings/{own}/sound", headers={"Range": "bytes=44-99"})
    assert (part.status_code, part.content) == (206, data[44:100])
    small = await agent.get(f"recordings/{own}/compressed")
    assert (small.content[:4], small.headers["content-type"]) == (b"OggS", "audio/ogg")
    assert (await agent.get(f"recordings/{theirs}/compressed")).status_code == 404
    shape = (await agent.get(f"recordings/{own}/waveform")).json()
    assert len(shape["citizen"]) == len(shape["others"])
    assert shape["citizen"][10] > 0
    assert shape["citizen"][-10] == 0
    assert shape["others"][-10] > 0


async def test_a_call_for_help_stands_on_the_board_until_a_supervisor_takes_part(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    contact = await office.contact("来电", channel="voice", queue="phone", agent_id=agent_id)
    boss = await office.desk.signed_in("supervisor")
    assert (await agent.put(f"calls/{contact}/help", json={"note": "情绪激动"})).status_code == 204
    (alarm,) = [item for item in (await boss.get("board")).json()["alarms"] if item["code"] == "help"]
    assert (alarm["level"], alarm["detail"]["contact_id"], alarm["detail"]["note"]) == ("red", contact, "情绪激动")
    other = await office.desk.browser_of(await office.agent())
    assert (await other.delete(f"calls/{contact}/help")).status_code == 404
    assert (await boss.delete(f"calls/{contact}/help")).status_code == 204
    assert not [item for item in (await boss.get("board")).json()["alarms"] if item["code"] == "help"]


async def test_nobody_dials_about_a_contact_that_he_may_not_open(office: Inbox, agent: AsyncClient) -> None:
    others = await office.contact(channel="mail", queue="mail", agent_id=new_id())
    assert (await agent.post(f"calls/{others}/dial", json={"number": "13800138000"})).status_code == 404
