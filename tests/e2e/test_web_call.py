"""A call from the page to the inbox, without any telephone exchange: tones pass both ways, and outlive a reload."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Page, expect

from tests.e2e.accessible import check
from tests.e2e.callers import hears, hears_something, speaking, with_ears
from tests.e2e.people import Citizen, Staff
from tests.support.running import Platform, platform

pytestmark = pytest.mark.e2e

CITIZEN_HZ, AGENT_HZ = 1000, 1700
PICTURES = os.environ.get("AXD_CALL_PICTURES", "")


@pytest.fixture(scope="module")
def calling() -> Iterator[Platform]:
    """Sound goes over loopback: a machine without a network can make calls to itself."""
    with platform(CALLS__MEDIA_ADDRESS="127.0.0.1") as running:
        yield running


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


class Caller(Citizen):
    def dial(self) -> None:
        self.page.get_by_role("button", name="网上通话").first.click()
        panel = self.page.locator("axd-call")
        picture(self.page, "citizen-before")
        check(self.page)
        panel.get_by_role("button", name="开始通话").click()
        expect(panel.get_by_role("status").first).to_have_text("通话中", timeout=15_000)

    def press(self, key: str) -> None:
        self.page.locator("axd-call").get_by_role("button", name=f"按键 {key}").click()


def test_a_citizen_calls_from_the_page_and_an_agent_answers_and_reloads(
    browser_type: BrowserType, calling: Platform, tmp_path: Path
) -> None:
    with speaking(browser_type, CITIZEN_HZ, tmp_path) as citizens, speaking(browser_type, AGENT_HZ, tmp_path) as desks:
        agent = Staff(desks, calling, "sumin")
        with_ears(agent.page.context)
        agent.sign_in()
        agent.be_ready()
        expect(agent.page.locator(".dock .light")).to_contain_text("话机正常", timeout=15_000)
        check(agent.page)

        citizen = Caller(citizens, calling.url)
        with_ears(citizen.page.context)
        citizen.open()
        citizen.dial()
        hears_something(citizen.page)
        check(citizen.page)
        citizen.press("1")

        offer = agent.is_offered()
        expect(offer).to_contain_text("电话")
        picture(agent.page, "desk-offer")
        agent.page.keyboard.press("F8")
        call = agent.page.locator(".dock .call")
        expect(call).to_be_visible(timeout=15_000)
        hears(agent.page, CITIZEN_HZ)
        hears(citizen.page, AGENT_HZ)
        picture(agent.page, "desk-call")
        picture(citizen.page, "citizen-call")
        check(agent.page)

        agent.page.reload()
        expect(call).to_be_visible(timeout=15_000)
        hears(agent.page, CITIZEN_HZ)
        hears(citizen.page, AGENT_HZ)
        assert agent.page.evaluate("window.axdConnectedMs") < 3000

        agent.page.keyboard.press("F9")
        expect(call).to_contain_text("已保持")
        expect(citizen.page.locator("axd-call").get_by_role("status").first).to_contain_text("请稍候")
        agent.page.keyboard.press("F9")
        hears(citizen.page, AGENT_HZ)

        agent.page.keyboard.press("Alt+Shift+H")
        expect(call).to_have_count(0)
        expect(agent.page.locator("#thread")).to_contain_text(re.compile("话后"))
        citizen.close()
        agent.close()
