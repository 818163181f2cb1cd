"""What the holder of number and PIN sees and may do."""

import re

from httpx import AsyncClient, Response
from sqlalchemy import select

from records.citizens.tables import ReceiptRow
from records.messages.tables import Direction
from router.contact import ContactStatus
from tests.contract.webchat.test_forms import FIELDS, post, receipt_of
from tests.support.citizens import CitizenSide, hidden_fields
from tests.support.waiting import wait_until

POLICY = {"政策法规": 8, "投诉": 8, "普通话": 9, "举报(保密)": 9}


def words(page: Response) -> str:
    """What a reader of the page's main part sees."""
    main = page.text.split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


async def ask(browser: AsyncClient, number: str, pin: str) -> Response:
    csrf = hidden_fields(await browser.get("/status"))["csrf"]
    return await browser.post("/status", data={"number": number, "pin": pin, "csrf": csrf})


async def act(browser: AsyncClient, page: Response, name: str, **fields: str) -> Response:
    data = {"csrf": hidden_fields(page)["csrf"], **fields}
    if name == "note":
        return await browser.post("/status/note", files=[(key, (None, value)) for key, value in data.items()])
    return await browser.post(f"/status/{name}", data=data)


async def handed_in(side: CitizenSide, **fields: str) -> tuple[AsyncClient, Response, str, str]:
    """A matter, and its status page as its citizen opens it."""
    browser = side.browser()
    number, pin = receipt_of(await post(browser, {**FIELDS, **fields}))
    return browser, await ask(browser, number, pin), number, pin


async def test_it_says_what_is_happening_by_when_and_what_was_registered(side: CitizenSide) -> None:
    _, page, number, _ = await handed_in(side, reply="sms", phone="13800000001", name="张三", title_of="mr")
    text = words(page)
    assert f"{number[:8]} {number[8:13]} {number[13:]}" in text
    assert "已收到，等人受理" in text
    assert "最晚答复 11月25日 星期三 下一步" in text
    assert "还有 1 个工作日" in text
    assert "投诉" in text
    assert "张** 先生" in text
    assert "138****0001" in text
    assert "13800000001" not in page.text


async def test_the_answer_is_read_here_when_no_address_was_left(side: CitizenSide) -> None:
    browser, _, number, pin = await handed_in(side)
    agent_id = await side.world.agent(POLICY)
    (contact,) = await side.contacts()
    await wait_until(lambda: side.world.offers(contact.id), "it is offered")
    await side.world.accepts(contact.id, agent_id)
    assert "承办中" in words(await ask(browser, number, pin))
    await side.agent_writes(contact, "请把审计报告发到窗口。")
    await side.agent_writes(contact, "此人来过三次", direction=Direction.NOTE)
    text = words(await browser.get("/status"))
    assert "已答复" in text
    assert "请把审计报告发到窗口。" in text
    assert "此人来过三次" not in text


async def test_a_note_goes_to_the_matter_and_repeats_are_one(side: CitizenSide) -> None:
    browser, page, _, _ = await handed_in(side)
    for _ in range(2):
        page = await act(browser, page, "note", note="补一句:证书 12 月 6 日到期。")
    assert "补充的说明已收到" in words(page)
    assert "证书 12 月 6 日到期" in words(page)
    (contact,) = await side.contacts()
    assert contact.unread == 2
    assert len(await side.messages(f"form:{contact.external_id}")) == 2


async def test_an_empty_note_is_told_so_and_nothing_is_stored(side: CitizenSide) -> None:
    browser, page, _, _ = await handed_in(side)
    page = await act(browser, page, "note", note="  ")
    assert page.status_code == 422
    assert "写一句说明，或选一个附件" in words(page)


async def test_it_can_be_urged_once_a_day(side: CitizenSide) -> None:
    browser, page, number, pin = await handed_in(side)
    page = await act(browser, page, "urge")
    assert "已提醒承办人" in words(page)
    assert "今天催过了" in words(page)
    await act(browser, page, "urge")
    (contact,) = await side.contacts()
    assert len(await side.messages(f"form:{contact.external_id}")) == 2
    side.clock.advance(24 * 3600)
    assert "今天催过了" not in words(await ask(browser, number, pin))


async def test_it_can_be_withdrawn_while_it_waits(side: CitizenSide) -> None:
    browser, page, _, _ = await handed_in(side)
    assert "写一句为什么撤回" in words(await act(browser, page, "withdraw", reason=""))
    page = await act(browser, page, "withdraw", reason="已经解决了")
    assert "您撤回了这件事，不再办理" in words(page)
    (contact,) = await side.contacts()
    assert contact.status == ContactStatus.CLOSED
    assert contact.disposition == "withdrawn"
    assert (await side.messages(f"form:{contact.external_id}"))[-1].text == "已经解决了"


async def test_of_a_sealed_matter_it_shows_neither_title_nor_kind(side: CitizenSide) -> None:
    _, page, _, _ = await handed_in(side, kind="report", subject="某处长收受礼金", text="详情")
    text = words(page)
    assert "已收到" in text
    assert "某处长收受礼金" not in page.text
    assert "举报" not in text


async def test_a_wrong_check_digit_costs_no_guess(side: CitizenSide) -> None:
    browser, _, number, pin = await handed_in(side)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    other = side.browser()
    for _ in range(8):
        assert "编号有误" in words(await ask(other, wrong, pin))
    assert "已收到" in words(await ask(other, number, pin))
    assert "已收到" in words(await ask(browser, number, pin))


async def test_guessing_ends_after_five(side: CitizenSide) -> None:
    _, _, number, pin = await handed_in(side)
    stranger = side.browser()
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    answers = [words(await ask(stranger, number, wrong)) for _ in range(5)]
    assert "再错 4 次" in answers[0]
    assert "再错 1 次" in answers[3]
    assert "请过 30 分钟再试" in answers[4]


async def test_the_pass_ends_after_a_quarter_of_an_hour_without_use(side: CitizenSide) -> None:
    browser, _, _, _ = await handed_in(side)
    side.clock.advance(14 * 60)
    assert "已收到" in words(await browser.get("/status"))
    side.clock.advance(14 * 60)
    assert "已收到" in words(await browser.get("/status"))
    side.clock.advance(16 * 60)
    assert "写上回执的编号和查询密码" in words(await browser.get("/status"))


async def test_leaving_forgets_the_pass_and_a_forged_one_opens_nothing(side: CitizenSide) -> None:
    browser, page, _, _ = await handed_in(side)
    await act(browser, page, "leave")
    assert "写上回执的编号和查询密码" in words(await browser.get("/status"))
    stranger = side.browser()
    async with side.database.unit_of_work(side.world.access, read_only=True) as uow:
        receipt_id = (await uow.session.scalars(select(ReceiptRow.id))).one()
    stranger.cookies.set("axd_status", f"{receipt_id}.9999999999.aaaaaaaaaaaaaaaa", path="/status")
    assert "写上回执的编号和查询密码" in words(await stranger.get("/status"))


async def test_acts_without_a_pass_do_nothing(side: CitizenSide) -> None:
    await handed_in(side)
    stranger = side.browser()
    page = await stranger.get("/status")
    assert (await act(stranger, page, "withdraw", reason="x")).status_code == 404
    (contact,) = await side.contacts()
    assert contact.status == ContactStatus.QUEUED
