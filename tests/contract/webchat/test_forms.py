"""The form without any script: stored once however often it is sent, everything typed and uploaded is kept."""

import re
from typing import Any

from httpx import AsyncClient, Response
from sqlalchemy import delete, select

from kit.blobs import BlobRow
from records.messages.tables import AttachmentRow, LedgerRow
from router.contact import ContactStatus
from router.default_rules import REPORTS
from tests.support.citizens import OWN_SCRIPT, SETTINGS, CitizenSide, hidden_fields
from webchat.tables import VisitorNoteRow

FIELDS = {"kind": "complaint", "subject": "高企复审缺审计报告怎么办", "text": "请问如何补交?", "reply": "self"}


async def post(browser: AsyncClient, fields: dict[str, str], files: list[Any] | None = None) -> Response:
    """Fill in the form as the page gives it, and send it the way a browser does."""
    hidden = hidden_fields(await browser.get("/form"))
    parts = [(name, (None, value)) for name, value in {**hidden, **fields}.items()]
    parts += [("files", file) for file in files or []]
    return await browser.post("/form", files=parts)


def receipt_of(page: Response) -> tuple[str, str]:
    number, pin = re.findall(r'<dd class="big no">([\d ]+)</dd>', page.text)
    return number.replace(" ", ""), pin


async def test_a_form_becomes_a_contact_with_a_receipt(side: CitizenSide) -> None:
    page = await post(side.browser(), {**FIELDS, "reply": "sms", "phone": "138 0000 0001", "name": "张三"})
    number, pin = receipt_of(page)
    (contact,) = await side.contacts()
    assert contact.status == ContactStatus.QUEUED
    assert (contact.sender_kind, contact.sender) == ("phone", "13800000001")
    assert contact.hints["kind"] == "complaint"
    assert "138****0001" in page.text
    assert "13800000001" not in page.text
    assert len(number) == 14
    assert len(pin) == 6


async def test_wrong_fields_keep_what_was_typed_and_are_listed_with_links(side: CitizenSide) -> None:
    page = await post(side.browser(), {**FIELDS, "subject": "", "reply": "sms", "phone": "1380000000"})
    assert page.status_code == 200
    assert page.history[0].status_code == 303
    assert '<a href="#subject">填写标题</a>' in page.text
    assert '<a href="#phone">手机号要 11 位，现在是 10 位</a>' in page.text
    assert "请问如何补交?" in page.text
    assert 'value="1380000000"' in page.text
    assert await side.contacts() == []


async def test_files_that_were_right_stay_while_the_rest_is_mended(side: CitizenSide) -> None:
    browser = side.browser()
    large = b"%PDF" + b"0" * SETTINGS.uploads.max_bytes
    files = [("明细.csv", "甲,1".encode()), ("大.pdf", large), ("病毒.exe", b"MZ")]
    page = await post(browser, {**FIELDS, "subject": ""}, files)
    assert "“大.pdf”有 21 MB" in page.text
    assert "“病毒.exe”是程序文件" in page.text
    receipt_of(await post(browser, FIELDS))
    (contact,) = await side.contacts()
    (message,) = await side.messages(f"form:{contact.external_id}")
    async with side.database.unit_of_work(side.world.access, read_only=True) as uow:
        (file,) = list(await uow.session.scalars(select(AttachmentRow)))
        kept = await uow.session.scalar(select(BlobRow.kept).where(BlobRow.key == file.blob_key))
    assert (file.message_id, file.filename, file.media_type, kept) == (message.id, "明细.csv", "text/csv", True)


async def test_sent_twice_it_is_one_contact_with_one_receipt(side: CitizenSide) -> None:
    browser = side.browser()
    hidden = hidden_fields(await browser.get("/form"))
    parts = [(name, (None, value)) for name, value in {**hidden, **FIELDS}.items()]
    first, second = await browser.post("/form", files=parts), await browser.post("/form", files=parts)
    assert receipt_of(first) == receipt_of(second)
    assert len(await side.contacts()) == 1


async def test_changed_and_sent_again_it_is_another_matter(side: CitizenSide) -> None:
    browser = side.browser()
    hidden = hidden_fields(await browser.get("/form"))
    for text in ("第一件事", "第二件事"):
        parts = [(name, (None, value)) for name, value in {**hidden, **FIELDS, "text": text}.items()]
        receipt_of(await browser.post("/form", files=parts))
    assert len(await side.contacts()) == 2


async def test_a_receipt_whose_answer_was_lost_gets_a_pin_that_works(side: CitizenSide) -> None:
    browser = side.browser()
    hidden = hidden_fields(await browser.get("/form"))
    parts = [(name, (None, value)) for name, value in {**hidden, **FIELDS}.items()]
    number, _ = receipt_of(await browser.post("/form", files=parts))
    await _lose_slips(side)
    again, pin = receipt_of(await browser.post("/form", files=parts))
    assert again == number
    status = await browser.get("/status")
    csrf = hidden_fields(status)["csrf"]
    opened = await browser.post("/status", data={"number": number, "pin": pin, "csrf": csrf})
    assert "已收到，等人受理" in opened.text


async def _lose_slips(side: CitizenSide) -> None:
    async with side.database.unit_of_work(side.world.access) as uow:
        await uow.session.execute(delete(VisitorNoteRow))


async def test_another_browser_cannot_see_the_receipt(side: CitizenSide) -> None:
    page = await post(side.browser(), FIELDS)
    assert (await side.browser().get(str(page.url))).status_code == 404


async def test_a_form_of_another_site_is_refused(side: CitizenSide) -> None:
    browser = side.browser()
    hidden = hidden_fields(await browser.get("/form"))
    for csrf in ("", "forged", hidden_fields(await side.browser().get("/form"))["csrf"]):
        parts = [(name, (None, value)) for name, value in {**hidden, **FIELDS, "csrf": csrf}.items()]
        assert (await browser.post("/form", files=parts)).status_code == 403
    assert await side.contacts() == []


async def test_the_hidden_field_catches_machines_and_tells_people(side: CitizenSide) -> None:
    page = await post(side.browser(), {**FIELDS, "website": "http://spam.example"})
    assert "这一栏请留空" in page.text
    assert await side.contacts() == []


async def test_an_anonymous_report_leaves_no_trace_of_who_wrote(side: CitizenSide) -> None:
    fields = {
        **FIELDS,
        "kind": "report",
        "identity": "anonymous",
        "own_staff": "1",
        "name": "张三",
        "reply": "sms",
        "phone": "13800000001",
    }
    page = await post(side.browser(), fields)
    (contact,) = await side.contacts()
    assert contact.sealed
    assert contact.hints["own_staff"] is True
    skill = side.world.skills[REPORTS]
    assert contact.requirements[skill] == 8, "only the discipline office takes reports against the bureau's own staff"
    assert contact.sender_kind == "form"
    # The receipt looks like any other.
    assert "举报" not in re.sub(r"<[^>]+>", "", page.text.split("<main", 1)[1].split("</main>")[0])
    async with side.database.unit_of_work(side.world.access, read_only=True) as uow:
        ledger = (await uow.session.scalars(select(LedgerRow))).one()
    assert ledger.sealed
    assert "张三" not in str(ledger.raw_json)
    assert "13800000001" not in str(ledger.raw_json)


async def test_a_message_left_in_the_chat_is_a_form_like_any_other(side: CitizenSide) -> None:
    left = {
        "topic": "inquiry",
        "text": "证书到期了怎么办\n急",
        "reply": "mail",
        "address": "zhang@example.com",
        "form_key": "a" * 32,
    }
    browser = side.browser()
    first = await browser.post("/chat/api/offline", json=left, headers=OWN_SCRIPT)
    second = await browser.post("/chat/api/offline", json=left, headers=OWN_SCRIPT)
    assert first.status_code == 201, first.text
    assert first.json() == second.json()
    (contact,) = await side.contacts()
    assert (contact.channel, contact.sender_kind, contact.sender) == ("form", "mail", "zhang@example.com")
    assert contact.subject == "证书到期了怎么办"


async def test_a_message_left_with_a_wrong_address_is_told_so(side: CitizenSide) -> None:
    left = {"text": "a", "reply": "phone", "address": "12", "form_key": "a" * 32}
    answer = await side.browser().post("/chat/api/offline", json=left, headers=OWN_SCRIPT)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "手机号要 11 位，现在是 2 位"


async def test_more_than_can_be_right_is_not_read(side: CitizenSide) -> None:
    browser = side.browser()
    answer = await browser.post(
        "/form", headers={"Content-Length": str(10**10), "Content-Type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 413
    assert "传的东西太大了" in answer.text
