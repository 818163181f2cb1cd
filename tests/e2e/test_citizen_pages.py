"""Citizens' pages in Chromium: without scripts, at every width, by keyboard, and when nobody can answer."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessible import check
from tests.e2e.people import PHONE, Citizen
from tests.support.running import Platform

pytestmark = pytest.mark.e2e

PATHS = ("/", "/form", "/form?kind=report", "/status", "/privacy", "/accessibility", "/no-such-page")
WIDTHS = (360, 640, 900, 1180, 1500)  # 640 is 1280 at 200 %


def test_form_and_status_work_without_any_script(browser: Browser, axd: Platform) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{axd.url}/form?kind=complaint")
    page.get_by_label("详细情况").fill("请问复审期间能不能按 15% 预缴?")
    page.locator("input[name=reply][value=phone]").check()
    page.get_by_label("手机号").fill("1380000000")
    page.get_by_label("附件").set_input_files({"name": "明细.csv", "mimeType": "text/csv", "buffer": "甲,1".encode()})
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_text(["填写标题", "手机号要 11 位，现在是 10 位"])
    page.get_by_label("标题").fill("高企复审研发费用归集")
    page.get_by_label("手机号").fill("13800000001")
    page.get_by_role("button", name="提交").click()
    number, pin = page.locator("dd.no").all_inner_texts()
    _ask(page, axd.url, number, pin)
    expect(page.locator("h1")).to_have_text("高企复审研发费用归集")
    expect(page.locator(".now")).to_contain_text("已收到")
    page.get_by_text("补充说明或材料").click()
    page.get_by_label("说明", exact=True).fill("证书 12 月 6 日到期。")
    page.get_by_role("button", name="交上去").click()
    expect(page.get_by_role("status")).to_have_text("补充的说明已收到")
    expect(page.locator(".tl")).to_contain_text("证书 12 月 6 日到期。")
    _withdraw(page)
    context.close()


def _ask(page: Page, url: str, number: str, pin: str) -> None:
    page.goto(f"{url}/status")
    page.locator("#number").fill(number)
    page.locator("#pin").fill(pin)
    page.locator("main").get_by_role("button", name="查询").click()


def _withdraw(page: Page) -> None:
    """Nothing is left waiting for the agents of other tests."""
    page.get_by_text("撤回这件事").click()
    page.get_by_label("为什么撤回").fill("已经解决了")
    page.get_by_role("button", name="撤回", exact=True).click()
    expect(page.locator(".now")).to_contain_text("您撤回了这件事")


def test_no_page_is_wider_than_its_window(browser: Browser, axd: Platform) -> None:
    wide = []
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 800})
        for path in PATHS:
            for language in ("zh-CN", "en"):
                page.goto(f"{axd.url}{path}{'&' if '?' in path else '?'}lang={language}")
                root = "document.documentElement"
                if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
                    wide.append((width, path, language))
        page.close()
    assert wide == []


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(browser: Browser, axd: Platform, path: str) -> None:
    for viewport in ({"width": 1280, "height": 900}, PHONE):
        page = browser.new_page(viewport=viewport)  # type: ignore[arg-type]
        page.goto(f"{axd.url}{path}")
        check(page)
        page.close()


def test_when_nobody_can_answer_a_message_is_left_and_gets_a_number(browser: Browser, axd: Platform) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    # Whoever else tests with this platform, for this page nobody is there.
    page.route("**/chat/api/state", lambda route: route.fulfill(json=_nobody_there(route.fetch().json())))
    page.goto(axd.url)
    chat = page.locator("axd-chat")
    chat.get_by_label("电话").check()
    chat.get_by_label("写消息").fill("证书快到期了")
    chat.get_by_label("写消息").press("Enter")
    expect(chat.get_by_role("alert")).to_contain_text("填写手机号")
    chat.get_by_label("手机号").fill("13800000001")
    chat.get_by_role("button", name="发送").click()
    card = chat.locator(".rec")
    expect(card).to_contain_text("已登记，可随时查")
    check(page)
    number, pin = (card.locator("dd").nth(index).inner_text() for index in (0, 1))
    _ask(page, axd.url, number, pin)
    expect(page.locator(".now")).to_contain_text("已收到")
    _withdraw(page)
    page.close()


def _nobody_there(state: dict[str, object]) -> dict[str, object]:
    return {**state, "reachable": False, "reason": "busy", "session": None}


def test_what_was_not_sent_survives_a_reload(browser: Browser, axd: Platform) -> None:
    citizen = Citizen(browser, axd.url)
    citizen.open()
    field = citizen.chat.get_by_label("写消息")
    field.fill("写到一半")
    citizen.page.reload()
    expect(field).to_have_value("写到一半")
    citizen.close()


def test_on_a_telephone_the_chat_takes_the_screen_and_gives_the_focus_back(browser: Browser, axd: Platform) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(axd.url)
    opener = page.get_by_role("navigation", name="快捷联系").get_by_role("link", name="在线咨询")
    opener.click()
    expect(page.locator("axd-chat").get_by_role("dialog", name="在线咨询")).to_be_visible()
    expect(page.locator("axd-chat").get_by_label("写消息")).to_be_focused()
    assert page.evaluate("document.querySelector('main').inert")
    check(page)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    context.close()


def test_english_is_complete_and_remembered(browser: Browser, axd: Platform) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{axd.url}/?lang=en")
    for path in ("/form", "/status", "/privacy", "/accessibility"):
        page.goto(f"{axd.url}{path}")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        han = re.findall(r"[\u4e00-\u9fff]+", page.locator("main").inner_text())
        assert han == [], path
    context.close()
