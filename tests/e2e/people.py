"""Citizens and staff in front of Chromium: what they do, in their words, and what they see."""

import re

from playwright.sync_api import Browser, Locator, expect

from tests.e2e.accessible import check
from tests.support.running import Platform

PASSWORD = "lan-tian-bai-yun-8842"
DESK = {"width": 1440, "height": 900}
PAGE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


class Citizen:
    """One browser on the citizens' page."""

    def __init__(self, browser: Browser, url: str, *, viewport: dict[str, int] | None = None) -> None:
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=viewport or PAGE)  # type: ignore[arg-type]
        self.page = context.new_page()
        self._url = url

    def open(self) -> None:
        self.page.goto(self._url)
        expect(self.chat.locator("textarea").first).to_be_visible()

    @property
    def chat(self) -> Locator:
        return self.page.locator("axd-chat")

    def write(self, text: str) -> None:
        field = self.chat.locator("textarea").first
        field.fill(text)
        field.press("Enter")
        expect(self.chat.get_by_role("log")).to_contain_text(text)

    def sees(self, text: str) -> None:
        expect(self.chat.get_by_role("log")).to_contain_text(text, timeout=30_000)

    def fill_form(self, *, subject: str, text: str, name: str, phone: str) -> None:
        """Hand in the form, as an inquiry to be answered by telephone; the page shows number and PIN then."""
        self.page.goto(f"{self._url}/form")
        self.page.locator("#subject").fill(subject)
        self.page.locator("#text").fill(text)
        self.page.locator("#name").fill(name)
        self.page.locator("input[name=title_of][value=mr]").check(force=True)
        self.page.locator("input[name=reply][value=phone]").check(force=True)
        self.page.locator("#phone").fill(phone)
        self.page.locator("form button.primary").click()
        expect(self.page).to_have_url(re.compile("receipt"))

    def ask_status(self, number: str, pin: str) -> None:
        self.page.goto(f"{self._url}/status")
        check(self.page)
        self.page.get_by_label("编号", exact=False).first.fill(number)
        self.page.get_by_label("查询密码", exact=False).first.fill(pin)
        self.page.get_by_role("button", name="查询").click()

    def close(self) -> None:
        self.page.context.close()


class Staff:
    """One browser at the desk, signed in with a password of its own."""

    def __init__(self, browser: Browser, platform: Platform, login: str, *, dark: bool = False) -> None:
        context = browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport=DESK,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
        )
        self.page = context.new_page()
        self._platform = platform
        self._login = login

    def sign_in(self) -> None:
        """Sign in; the first time with the password that the operator was given, which has to be changed."""
        self.page.goto(f"{self._platform.url}/desk/")
        check(self.page)
        first = next(item.password for item in self._platform.credentials() if item.login == self._login)
        if not self._try(PASSWORD):
            assert self._try(first), "neither the first password nor the chosen one is taken"
            fields = self.page.locator("input[autocomplete=new-password]")
            expect(fields).to_have_count(2)
            check(self.page)
            fields.nth(0).fill(PASSWORD)
            fields.nth(1).fill(PASSWORD)
            self.page.get_by_role("button", name="换密码并登录").click()
        expect(self.page.locator("nav.rail")).to_be_visible(timeout=30_000)

    def _try(self, password: str) -> bool:
        self.page.get_by_label(re.compile("工号|账号")).first.fill(self._login)
        self.page.locator("input[type=password]").first.fill(password)
        with self.page.expect_response("**/api/desk/login") as answer:
            self.page.locator("button.primary").first.click()
        if not answer.value.ok:
            # The page empties the field when it has read the refusal: what is filled in before would be lost.
            expect(self.page.locator("input[type=password]").first).to_have_value("")
        return answer.value.ok

    def be_ready(self) -> None:
        self.page.locator("button.presence").click()
        choice = self.page.get_by_role("menuitem", name=re.compile("就绪")).first
        if choice.get_attribute("aria-disabled") == "true":
            self.page.keyboard.press("Escape")
        else:
            choice.click()
        expect(self.page.locator("button.presence")).to_contain_text("就绪")

    def is_offered(self) -> Locator:
        offer = self.page.locator(".offer")
        expect(offer).to_be_visible(timeout=30_000)
        return offer

    def accept(self) -> None:
        self.page.keyboard.press("F8")
        expect(self.composer).to_be_visible(timeout=30_000)

    @property
    def composer(self) -> Locator:
        return self.page.locator("#cbox textarea")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("log")

    def reply(self, text: str) -> None:
        self.composer.fill(text)
        self.page.keyboard.press("Control+Enter")
        expect(self.thread).to_contain_text(text)

    def open_case(self, *, title: str, summary: str) -> tuple[str, str]:
        """Open a case from the contact at hand; returns number and PIN as the agent reads them out."""
        self.page.get_by_role("tab", name=re.compile("工单")).click()
        pane = self.page.locator(".side")
        pane.get_by_label(re.compile("类型")).select_option(label="咨询")
        pane.get_by_label(re.compile("类别")).select_option(label="高企与研发费用")
        pane.get_by_label(re.compile("标题")).fill(title)
        pane.get_by_label(re.compile("诉求摘要")).fill(summary)
        check(self.page)
        self.page.keyboard.press("Control+S")
        number = self.page.get_by_test_id("case-number")
        expect(number).to_be_visible()
        found = (number.inner_text().replace(" ", ""), self.page.get_by_test_id("case-pin").inner_text())
        check(self.page)
        self.page.get_by_role("dialog").get_by_role("button").last.click()
        return found

    def go(self, path: str) -> None:
        self.page.goto(f"{self._platform.url}/desk/{path}")
        expect(self.page.locator("nav.rail")).to_be_visible(timeout=30_000)

    def close(self) -> None:
        self.page.context.close()
