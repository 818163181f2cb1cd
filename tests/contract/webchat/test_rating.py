"""Rating a closed contact on our pages: by its link, from the status page, from the chat's browser; once."""

from datetime import timedelta

from httpx import Response
from sqlalchemy import select, update

from channels.satisfaction import SatisfactionQuestions
from records.citizens.tables import SatisfactionRow
from router.contact import ContactStatus
from router.tables import ContactRow
from tests.contract.webchat.test_forms import FIELDS, post, receipt_of
from tests.contract.webchat.test_status import ask, words
from tests.support.citizens import CitizenSide, Visitor, hidden_fields
from webchat.rating_links import link_token


async def close(side: CitizenSide, **values: object) -> str:
    """The newest contact was served and has closed; its id."""
    contact = (await side.contacts())[-1]
    async with side.database.unit_of_work(side.world.access) as uow:
        served = {"status": ContactStatus.CLOSED, "accepted_at": uow.now, "closed_at": uow.now, **values}
        await uow.session.execute(update(ContactRow).where(ContactRow.id == contact.id).values(served))
    return contact.id


async def ratings(side: CitizenSide) -> list[tuple[int | None, int | None, str, str | None]]:
    async with side.database.unit_of_work(side.world.access, read_only=True) as uow:
        rows = await uow.session.scalars(select(SatisfactionRow))
        return [(row.service, row.result, row.comment, row.answered_by) for row in rows]


def link(page: Response) -> str:
    return page.text.split('href="/rate/')[1].split('"')[0]


async def test_the_status_page_leads_to_the_rating_and_each_matter_is_rated_once(side: CitizenSide) -> None:
    browser = side.browser()
    number, pin = receipt_of(await post(browser, FIELDS))
    assert "/rate/" not in (await ask(browser, number, pin)).text, "not while it goes on"
    await close(side)
    address = f"/rate/{link(await ask(browser, number, pin))}"
    page = await browser.get(address)
    assert "对服务满意吗？" in words(page)
    csrf = hidden_fields(page)["csrf"]
    missing = await browser.post(address, data={"csrf": csrf, "service": "2", "comment": "很快"})
    assert missing.status_code == 422
    assert "请选对办理结果的评价" in words(missing)
    assert "很快" in missing.text, "what was filled in stays"
    said = await browser.post(address, data={"csrf": csrf, "service": "2", "result": "5", "comment": "很快"})
    assert "评价已收到" in words(said)
    await browser.post(address, data={"csrf": csrf, "service": "1", "result": "1"})
    assert await ratings(side) == [(2, 5, "很快", "web")]
    assert "/rate/" not in (await ask(browser, number, pin)).text
    english = await browser.get(f"{address}?lang=en")
    assert "Your rating has arrived" in words(english)


async def test_a_forged_link_a_foreign_form_and_a_matter_of_long_ago_rate_nothing(side: CitizenSide) -> None:
    browser = side.browser()
    await post(browser, FIELDS)
    contact_id = await close(side)
    address = f"/rate/{link_token(side.box, contact_id)}"
    assert (await browser.get(f"/rate/{contact_id}.aaaaaaaaaaaaaaaa")).status_code == 404
    assert (await browser.get("/rate/nonsense")).status_code == 404
    forged = await browser.post(address, data={"csrf": "x", "service": "5", "result": "5"})
    assert forged.status_code == 403
    side.clock.advance(timedelta(days=31).total_seconds())
    assert (await browser.get(address)).status_code == 404
    assert await ratings(side) == []


async def test_a_report_is_not_rated_even_with_a_link(side: CitizenSide) -> None:
    browser = side.browser()
    number, pin = receipt_of(await post(browser, {**FIELDS, "kind": "report"}))
    contact_id = await close(side)
    assert (await browser.get(f"/rate/{link_token(side.box, contact_id)}")).status_code == 404
    assert "/rate/" not in (await ask(browser, number, pin)).text


async def test_the_browser_of_a_chat_needs_no_link(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, topic="inquiry")
    async with visitor.chatting() as socket:
        await visitor.says(socket, "您好", "m1")
    assert (await visitor.browser.get("/rate")).status_code == 404, "it goes on"
    await close(side)
    page = await visitor.browser.get("/rate")
    data = {"csrf": hidden_fields(page)["csrf"], "service": "1", "result": "3"}
    assert "评价已收到" in words(await visitor.browser.post("/rate", data=data))
    assert await ratings(side) == [(1, 3, "", "web")]
    assert (await side.browser().get("/rate")).status_code == 404, "nobody else's browser"


async def test_the_chat_page_is_told_to_offer_the_rating_once_the_chat_has_ended(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, topic="inquiry")
    async with visitor.chatting() as socket:
        await visitor.says(socket, "您好", "m1")
        await close(side)
        asking = SatisfactionQuestions(side.database, side.world.access, side.box, "http://axd")
        assert await asking.work() == 1, "a page is asked at once"
        asked = await socket.hears("message", author="system")
        assert (asked["rate"], "http://axd/rate" in asked["text"]) == (True, True)
