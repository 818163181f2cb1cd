"""Letters and visits: registered with their scans, repeats noticed, sheets printed, answered on paper."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from httpx import AsyncClient
from PIL import Image
from sqlalchemy import select

from channels.acknowledgements import Acknowledgements
from channels.arrivals import Arrivals
from channels.letter.adapter import LetterAdapter
from channels.outbox import Outbox
from desk.letters.routes import routes
from kit.ids import new_id
from records.messages.tables import AttachmentRow, MessageRow, OutboxRow
from router.contact import Channel
from router.tables import ContactRow
from tests.support.inbox import Inbox, open_inbox

TODAY = "2026-11-24"


def photo(colour: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("L", (60, 80), colour).save(out, "PNG")
    return out.getvalue()


def letter(**values: Any) -> dict[str, Any]:
    return {
        "client_id": new_id(),
        "channel": "letter",
        "kind": "complaint",
        "form": "registered",
        "sender": "李四",
        "postal_address": "深圳市南山区科技路 1 号",
        "dated": "2026-11-20",
        "received_on": TODAY,
        "subject": "反映研发补助发放问题",
        **values,
    }


@pytest.fixture
async def office(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(sqlite_url, redis_url, tmp_path / "blobs", routed=True) as opened:
        bag = opened.desk.services
        bag.acknowledgements = Acknowledgements("http://axd.example/status", bag.secret_box)
        bag.arrivals = Arrivals(bag.router, bag.acknowledgements)
        opened.desk.app.include_router(routes)
        yield opened


@pytest.fixture
async def clerk(office: Inbox) -> AsyncClient:
    return await office.desk.browser_of(await office.agent())


async def upload(clerk: AsyncClient, data: bytes, name: str = "1.png") -> str:
    answer = await clerk.post("uploads", files={"file": (name, data)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def registered(clerk: AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await clerk.post("letters", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def rows(office: Inbox, kind: Any, *conditions: Any) -> list[Any]:
    async with office.desk.work() as uow:
        return list(await uow.session.scalars(select(kind).where(*conditions).order_by(kind.id)))


async def test_a_letter_becomes_a_contact_with_its_pages_in_order(office: Inbox, clerk: AsyncClient) -> None:
    pages = [await upload(clerk, photo(colour), f"{colour}.png") for colour in (3, 1, 2)]
    found = await registered(clerk, letter(attachment_ids=pages))
    assert len(found["number"]) == 14
    assert len(found["pin"]) == 6
    (contact,) = await rows(office, ContactRow)
    assert (contact.id, contact.channel, contact.subject) == (found["contact_id"], "letter", "反映研发补助发放问题")
    assert contact.hints["kind"] == "complaint"
    files = await rows(office, AttachmentRow)
    assert [file.filename for file in files] == ["3.png", "1.png", "2.png"]
    assert {file.message_id for file in files} == {(await rows(office, MessageRow))[0].id}
    assert await rows(office, OutboxRow) == [], "number and PIN are printed, not sent"


async def test_registering_again_gives_the_same_number_and_no_pin(office: Inbox, clerk: AsyncClient) -> None:
    body = letter()
    first = await registered(clerk, body)
    again = await registered(clerk, body)
    assert again == {**first, "pin": None}
    assert len(await rows(office, ContactRow)) == 1


async def test_a_visit_is_routed_like_a_letter(office: Inbox, clerk: AsyncClient) -> None:
    await registered(clerk, letter(channel="visit", phone="13900000001"))
    await registered(clerk, letter(sender="王五"))
    visit, written = await rows(office, ContactRow)
    assert visit.queue_id == written.queue_id
    assert (visit.channel, visit.sender_kind, visit.sender) == ("visit", "phone", "13900000001")
    other = await registered(clerk, letter(sender="", postal_address="", dated=None))
    assert (await rows(office, ContactRow, ContactRow.id == other["contact_id"]))[0].sender_kind == "letter"


async def test_a_report_on_paper_is_sealed(office: Inbox, clerk: AsyncClient) -> None:
    found = await registered(clerk, letter(kind="report"))
    (contact,) = await rows(office, ContactRow)
    assert contact.sealed
    assert len(found["number"]) == 14
    assert (await clerk.get(f"contacts/{found['contact_id']}")).status_code == 404


async def test_deadlines_count_from_the_day_it_came(office: Inbox, clerk: AsyncClient) -> None:
    await registered(clerk, letter(received_on="2026-11-20"))
    (contact,) = await rows(office, ContactRow)
    assert contact.received_at.isoformat() == "2026-11-20T04:00:00+00:00"
    answer = await clerk.post("letters", json=letter(received_on="2026-11-25"))
    assert (answer.status_code, answer.json()["code"]) == (422, "received_later")


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"MZ\x90\0" + b"\0" * 100, "scan.png"), (b"PK\x03\x04" + b"\0" * 100, "letter.docx"), (b"#!/bin/sh\n", "1.pdf")],
    ids=["program", "office file", "script"],
)
async def test_only_pictures_and_pdf_are_pages(clerk: AsyncClient, data: bytes, name: str) -> None:
    """Whatever the name says: the bytes decide. Nothing of an office file is ever unpacked."""
    page = await upload(clerk, data, name)
    answer = await clerk.post("letters", json=letter(attachment_ids=[page]))
    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_scan")


async def test_a_page_of_20_megabytes_is_taken_and_one_of_30_is_not(office: Inbox, clerk: AsyncClient) -> None:
    page = await upload(clerk, photo() + b"\0" * 20_000_000)
    await registered(clerk, letter(attachment_ids=[page]))
    answer = await clerk.post("uploads", files={"file": ("1.png", photo() + b"\0" * 30_000_000)})
    assert answer.status_code == 413


async def test_somebody_elses_upload_is_no_page(office: Inbox, clerk: AsyncClient) -> None:
    other = await office.desk.browser_of(await office.agent())
    page = await upload(other, photo())
    answer = await clerk.post("letters", json=letter(attachment_ids=[page]))
    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_upload")


async def test_repeats_are_noticed_and_go_through_once_confirmed(office: Inbox, clerk: AsyncClient) -> None:
    page = await upload(clerk, photo())
    first = await registered(clerk, letter(attachment_ids=[page]))
    for body, why in (
        (letter(sender="王五", attachment_ids=[await upload(clerk, photo())]), "same_scan"),
        (letter(subject="另一件事"), "same_sender"),
    ):
        answer = await clerk.post("letters", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "resembles_another")
        (found,) = answer.json()["letters"]
        assert (found["number"], found["why"], found["received_on"]) == (first["number"], why, TODAY)
        assert await registered(clerk, {**body, "confirmed": True}) != first
    assert len(await rows(office, ContactRow)) == 3


async def test_a_sealed_letter_is_not_given_away_by_a_repeat(office: Inbox, clerk: AsyncClient) -> None:
    await registered(clerk, letter(kind="report", attachment_ids=[await upload(clerk, photo())]))
    await registered(clerk, letter(kind="report", attachment_ids=[await upload(clerk, photo())]))


async def test_a_repeat_tells_nothing_of_a_queue_that_is_not_ones_own(office: Inbox, clerk: AsyncClient) -> None:
    first = await registered(clerk, letter(subject="致局长：反映某处长", attachment_ids=[await upload(clerk, photo())]))
    await office.change(first["contact_id"], queue_id=office.queues["director"])
    director = await office.desk.signed_in("director", "registrar")
    again = await director.post("letters", json=letter())
    assert [one["contact_id"] for one in again.json()["letters"]] == [first["contact_id"]]
    await registered(clerk, letter(attachment_ids=[await upload(clerk, photo())]))


async def test_a_repeat_names_no_sender_of_what_was_not_opened(office: Inbox, clerk: AsyncClient) -> None:
    await registered(clerk, letter(kind="report"))
    discipline = await office.desk.signed_in("discipline", "registrar")
    await registered(discipline, letter())


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return text


async def test_the_sheet_bears_the_number_and_the_receipt_the_pin(clerk: AsyncClient) -> None:
    body = {"number": "20261124000017", "channel": "visit", "received_on": TODAY, "pages": 3}
    for pin, shown in ((None, False), ("123456", True)):
        answer = await clerk.post("letters/sheet", json={**body, "pin": pin})
        assert answer.headers["content-type"] == "application/pdf"
        text = text_of(answer.content)
        assert "20261124 000017" in text
        assert ("123456" in text) is shown


async def answered(office: Inbox, clerk: AsyncClient) -> str:
    """A letter that its agent has answered on paper; the id of the answer."""
    found = await registered(clerk, letter(sender="李四<b>"))
    who = (await clerk.get("snapshot")).json()["me"]["id"]
    await office.change(found["contact_id"], agent_id=who, status="active")
    body = {"client_id": new_id(), "kind": "reply", "text": "李四先生:\n已发放。<script>"}
    answer = await clerk.post(f"contacts/{found['contact_id']}/messages", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["channel"] == "letter"
    return str(answer.json()["id"])


async def test_an_answer_is_printed_posted_by_hand_and_marked(office: Inbox, clerk: AsyncClient) -> None:
    message_id = await answered(office, clerk)
    bag = office.desk.services
    adapters = {"letter": LetterAdapter(Channel.LETTER)}
    outbox = Outbox(office.desk.database, office.desk.access, adapters, bag.waker, bag.secret_box)
    await outbox.work()
    (row,) = await rows(office, OutboxRow)
    assert row.state == "sent", "it lies ready"

    printed = await clerk.post(f"messages/{message_id}/letter")
    assert printed.status_code == 200
    text = text_of(printed.content)
    for words in ("李四<b>", "深圳市南山区科技路 1 号", "反映研发补助发放问题", "已发放。<script>", "2026年11月24日"):
        assert words in text, words

    posted = (await clerk.post(f"messages/{message_id}/posted", json={"how": "registered"})).json()
    assert posted["delivery"] == "delivered"
    assert posted["detail"]["posted"]["how"] == "registered"
    again = (await clerk.post(f"messages/{message_id}/posted", json={"how": "by_hand"})).json()
    assert again["detail"]["posted"]["how"] == "registered"


async def test_only_an_answer_on_paper_can_be_printed(office: Inbox, clerk: AsyncClient) -> None:
    contact_id = await office.arrives("您好", "chat")
    (message,) = await rows(office, MessageRow, MessageRow.contact_id == contact_id)
    for path in ("letter", "posted"):
        answer = await clerk.post(f"messages/{message.id}/{path}", json={"how": "post"})
        assert answer.status_code == 404


async def test_who_handles_no_contacts_registers_none(office: Inbox) -> None:
    statistician = await office.desk.signed_in("statistician")
    assert (await statistician.post("letters", json=letter())).status_code == 403
