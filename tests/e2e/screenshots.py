"""`make screenshots`: the pictures that README and docs show, of a platform at work. Somebody has to look at them."""

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.chromium import FLAGS, program
from tests.e2e.people import PHONE, Citizen, Staff
from tests.support.running import Platform, platform

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
FORMS = (
    ("研发费用专项审计报告怎么补", "复审缺 2024 年度专项审计报告,补一份要走什么程序?", "张建国", "13800000001"),
    ("科技型中小企业入库", "入库信息填错了,还能改吗?", "李文静", "13900000002"),
)
ASKED = (
    "您好,我公司高企复审期间证书到期,还能享受 15% 的税率优惠吗?",
    "中期验收材料什么时候反馈?项目经费报销单要附合同吗?",
    "科技特派员报名入口找不到,截止到哪天?",
)


def main() -> None:
    """Make all pictures anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, platform(Path(folder) / "data") as running, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program(), args=list(FLAGS))
        take_all(browser, running)
        browser.close()
    sys.stdout.write(f"{len(list(PICTURES.glob('*.png')))} pictures in {PICTURES}; look at them\n")


def take_all(browser: Browser, running: Platform) -> None:
    agent, other, chief = (Staff(browser, running, login) for login in ("sumin", "liangyu", "banzhang"))
    for one in (agent, other, chief):
        one.sign_in()
    _take(agent, "inbox-empty")
    agent.be_ready()
    citizens = [Citizen(browser, running.url) for _ in ASKED]
    _forms(browser, agent, running)
    _converse(agent, citizens)
    _inbox(browser, agent, running)
    _citizens_pages(browser, running, citizens[0])
    other.be_ready()
    _supervisor(chief)


def _forms(browser: Browser, agent: Staff, running: Platform) -> None:
    for subject, text, name, phone in FORMS:
        citizen = Citizen(browser, running.url)
        citizen.fill_form(subject=subject, text=text, name=name, phone=phone)
        _shoot(citizen, "citizen-receipt")
        citizen.close()
        agent.is_offered()
        agent.accept()
        expect(agent.thread).to_contain_text(text)


def _converse(agent: Staff, citizens: list[Citizen]) -> None:
    for citizen, question in zip(citizens[:2], ASKED, strict=False):
        citizen.open()
        citizen.write(question)
        agent.is_offered()
        agent.accept()
        expect(agent.thread).to_contain_text(question)
    agent.reply("您好,工号 1006 为您服务。合同要附,发票和验收单各一份。")
    agent.page.locator(".conv").first.click()
    expect(agent.thread).to_contain_text(ASKED[0])
    agent.reply("您好,工号 1006 为您服务。通过重新认定前,企业所得税可暂按 15% 预缴。")
    citizens[0].sees("可暂按 15% 预缴")
    citizens[0].write("好的,那年底前还没有结果,要不要补税?")
    agent.composer.fill("年底前未取得资格的,应当补缴税款。")
    citizens[2].open()
    citizens[2].write(ASKED[2])
    agent.is_offered()


def _inbox(browser: Browser, agent: Staff, running: Platform) -> None:
    _take(agent, "inbox")
    agent.page.emulate_media(color_scheme="dark")
    _take(agent, "inbox-dark")
    agent.page.emulate_media(color_scheme="light")
    number, pin = agent.open_case(title="高企复审期间证书到期", summary="复审期间证书到期,问能否按 15% 预缴所得税。")
    _take(agent, "inbox-case")
    asking = Citizen(browser, running.url)
    asking.ask_status(number, pin)
    expect(asking.page.locator("h1")).to_contain_text("高企复审期间证书到期")
    _shoot(asking, "citizen-status")
    asking.page.goto(f"{running.url}/form")
    _shoot(asking, "citizen-form")
    asking.close()


def _citizens_pages(browser: Browser, running: Platform, chatting: Citizen) -> None:
    _shoot(chatting, "citizen")
    phone = Citizen(browser, running.url, viewport=PHONE)
    phone.page.goto(running.url)
    _shoot(phone, "citizen-phone")
    phone.close()


def _supervisor(chief: Staff) -> None:
    chief.go("board")
    expect(chief.page.get_by_role("table").first).to_be_visible()
    _take(chief, "board")
    chief.go("skills")
    grid = chief.page.get_by_role("grid")
    expect(grid).to_be_visible()
    grid.get_by_role("gridcell").nth(3).click()
    chief.page.keyboard.press("7")
    expect(chief.page.locator("body")).to_contain_text(re.compile("改动"))
    _take(chief, "skills")


def _take(staff: Staff, name: str) -> None:
    staff.page.wait_for_load_state("networkidle")
    staff.page.screenshot(path=PICTURES / f"{name}.png")


def _shoot(citizen: Citizen, name: str) -> None:
    citizen.page.wait_for_load_state("networkidle")
    citizen.page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
