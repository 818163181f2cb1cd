"""What could not be read is seen, tried again, turned into a contact or set aside; nothing of it is lost."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from channels.adapter import ContactRequest, Stored
from kit import blobs
from kit.unit_of_work import UnitOfWork
from records.messages.tables import LedgerRow, LedgerState
from records.staff.tables import AuditRow
from tests.support.inbox import Inbox

MAIL = (
    b"From: =?utf-8?b?5byg5LiJ?= <zhang@zhigukeji.cn>\r\n"
    b"Subject: =?gb2312?q?=B2=E2=CA=D4?= 13800000001\r\n\r\n<script>\xff"
)


@dataclass
class Arrivals:
    """Keeps what it is given instead of routing it."""

    requests: list[ContactRequest] = field(default_factory=list)

    async def arrive(self, uow: UnitOfWork, row: LedgerRow, request: ContactRequest, pin: Any) -> Stored:
        assert uow.access.sees_sealed
        assert (pin is not None) == bool(request.hints["answerable"])
        self.requests.append(request)
        row.state = LedgerState.ROUTED
        return Stored(ledger_id=row.id, first_time=True)


@pytest.fixture
def arrivals(office: Inbox) -> Arrivals:
    office.desk.services.arrivals = arrivals = Arrivals()
    return arrivals


@pytest.fixture
async def keeper(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("administrator")


async def quarantined(
    office: Inbox, raw: bytes = MAIL, *, sealed: bool = False, number: int = 1, channel: str = "mail"
) -> str:
    blob = await office.desk.services.blobs.put(raw)
    async with office.desk.work() as uow:
        blobs.record(uow, blob, "message/rfc822", kept=True)
        row = LedgerRow(
            channel=channel,
            account="box",
            provider_id=f"INBOX:1:{number}",
            received_at=uow.now,
            state=LedgerState.QUARANTINED,
            reason="no such charset",
            attempts=5,
            raw_blob_key=blob.key,
            sealed=sealed,
        )
        uow.session.add(row)
    return row.id


async def ledger(office: Inbox, item: str) -> LedgerRow:
    async with office.desk.work() as uow:
        return await uow.session.get_one(LedgerRow, item)


async def test_the_list_says_what_can_be_said_and_hides_who(office: Inbox, keeper: AsyncClient) -> None:
    item = await quarantined(office)
    await quarantined(office, b"\xff\xfe" * 9, number=2)
    await quarantined(office, sealed=True, number=3)
    found = {one["id"]: one for one in (await keeper.get("quarantine")).json()}
    assert len(found) == 2, "a sealed one is not there without the right"
    one = found[item]
    assert (one["subject"], one["size_bytes"], one["attempts"]) == ("测试 138****0001", len(MAIL), 5)
    assert one["sender"] == "张** z***@zhigu****.cn"
    assert one["reason"] == "no such charset"


async def test_the_raw_item_is_text_masked_without_the_right_and_on_record(office: Inbox, keeper: AsyncClient) -> None:
    item = await quarantined(office, MAIL + b"x" * 300_000)
    masked = await keeper.get(f"quarantine/{item}/raw")
    assert masked.headers["content-type"] == "application/json"
    assert masked.json()["truncated"] is True
    assert len(masked.json()["text"]) <= 200_000
    assert "13800000001" not in masked.text
    supervisor = await office.desk.signed_in("supervisor")
    assert "13800000001" in (await supervisor.get(f"quarantine/{item}/raw")).json()["text"]
    async with office.desk.work() as uow:
        read = (await uow.session.scalars(select(AuditRow.entity_id).where(AuditRow.action == "quarantine.read"))).all()
    assert read == [item, item]


async def test_parsing_again_gives_it_back_to_the_claim_loop(office: Inbox, keeper: AsyncClient) -> None:
    item = await quarantined(office)
    assert (await keeper.post(f"quarantine/{item}/parse")).status_code == 204
    row = await ledger(office, item)
    assert (row.state, row.attempts, row.claimed_until) == (LedgerState.RECEIVED, 0, None)
    again = await keeper.post(f"quarantine/{item}/parse")
    assert (again.status_code, again.json()["code"]) == (409, "not_quarantined")


async def test_a_contact_is_made_of_it_with_the_original_beside(
    office: Inbox, keeper: AsyncClient, arrivals: Arrivals
) -> None:
    item, unknown = await quarantined(office), await quarantined(office, b"\xff", number=2)
    for one in (item, unknown):
        answer = await keeper.post(f"quarantine/{one}/contact", json={"subject": "申报", "text": "见附件"})
        assert answer.status_code == 204
    known, nobody = arrivals.requests
    assert (known.sender.kind, known.sender.value, known.recipient.value) == ("mail", "zhang@zhigukeji.cn", "box")
    assert (known.subject, known.text, known.hints["answerable"]) == ("申报", "见附件", True)
    (original,) = known.attachments
    assert (original.filename, original.size_bytes) == ("original.eml", len(MAIL))
    assert await office.desk.services.blobs.read(original.blob_key) == MAIL
    assert nobody.hints["answerable"] is False
    assert (await keeper.get("quarantine")).json() == []


async def test_a_text_message_is_answered_at_the_number_that_somebody_read(
    office: Inbox, keeper: AsyncClient, arrivals: Arrivals
) -> None:
    for number, sender in enumerate(("139 0000 0001", "")):
        item = await quarantined(office, b"\xff", channel="sms", number=number)
        words = {"sender": sender, "subject": "短信", "text": "几时办好"}
        assert (await keeper.post(f"quarantine/{item}/contact", json=words)).status_code == 204
    known, nobody = arrivals.requests
    assert (known.sender.kind, known.sender.value, known.hints["answerable"]) == ("phone", "+8613900000001", True)
    assert (nobody.sender.kind, nobody.hints["answerable"]) == ("sms", False)


async def test_what_came_in_confidence_becomes_a_report(office: Inbox, arrivals: Arrivals) -> None:
    item = await quarantined(office, sealed=True)
    officer = await office.desk.signed_in("administrator", "discipline")
    made = await officer.post(f"quarantine/{item}/contact", json={"subject": "来信", "text": "见附件"})
    assert made.status_code == 204
    assert arrivals.requests[0].hints["kind"] == "report"


async def test_discarding_takes_a_reason_and_keeps_the_item(office: Inbox, keeper: AsyncClient) -> None:
    item = await quarantined(office)
    assert (await keeper.post(f"quarantine/{item}/discard", json={"reason": ""})).status_code == 422
    assert (await keeper.post(f"quarantine/{item}/discard", json={"reason": "广告"})).status_code == 204
    row = await ledger(office, item)
    assert (row.state, row.reason) == (LedgerState.IGNORED, "discarded: 广告")
    assert await office.desk.services.blobs.read(row.raw_blob_key or "") == MAIL
