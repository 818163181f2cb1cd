"""The main job: a citizen writes, the AXD chooses, an agent answers, a case is opened and can be asked after."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.accessible import check
from tests.e2e.people import Citizen, Staff
from tests.support.running import Platform

pytestmark = pytest.mark.e2e

QUESTION = "您好,我公司高企复审期间证书到期,还能享受 15% 的税率优惠吗?"
ANSWER = "您好,工号 1006 为您服务。通过重新认定前,企业所得税可暂按 15% 预缴。"


def test_a_citizen_writes_the_right_agent_answers_and_the_case_can_be_queried(browser: Browser, axd: Platform) -> None:
    skilled, other = Staff(browser, axd, "sumin"), Staff(browser, axd, "liangyu")
    for agent in (skilled, other):
        agent.sign_in()
        agent.be_ready()
        check(agent.page)
    citizen = Citizen(browser, axd.url)
    citizen.open()
    check(citizen.page)
    citizen.write(QUESTION)

    skilled.is_offered()
    expect(other.page.locator(".offer")).to_have_count(0)
    check(skilled.page)
    skilled.accept()
    expect(skilled.thread).to_contain_text(QUESTION)
    skilled.reply(ANSWER)
    citizen.sees(ANSWER)
    check(citizen.page)
    check(skilled.page)

    number, pin = skilled.open_case(title="高企复审期间证书到期", summary="复审期间证书到期,问能否按 15% 预缴。")
    assert re.fullmatch(r"\d{14}", number)
    assert re.fullmatch(r"\d{6}", pin)
    citizen.sees(number[:8])

    citizen.ask_status(number, pin)
    expect(citizen.page.locator("h1")).to_contain_text("高企复审期间证书到期")
    check(citizen.page)
    for someone in (citizen, skilled, other):
        someone.close()
