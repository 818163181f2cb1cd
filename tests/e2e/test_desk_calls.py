"""A call is passed on with all that is typed, sent back into the voice menu, and heard again in the thread."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Locator, Page, expect

from tests.e2e.accessible import check
from tests.e2e.callers import hears, hears_something, speaking, with_ears
from tests.e2e.people import Staff
from tests.e2e.test_web_call import AGENT_HZ, Talk, picture, talking
from tests.support.running import Platform

pytestmark = pytest.mark.e2e

COLLEAGUE_HZ = 2300
LONG_MS = 60_000


@pytest.fixture
def talk(browser_type: BrowserType, calling: Platform, tmp_path: Path) -> Iterator[Talk]:
    with talking(browser_type, calling, tmp_path, "sumin") as talk:
        yield talk


@pytest.fixture
def colleague(browser_type: BrowserType, calling: Platform, tmp_path: Path, talk: Talk) -> Iterator[Staff]:
    """Ready once the first one speaks, so that the call rings at nobody else."""
    with speaking(browser_type, COLLEAGUE_HZ, tmp_path) as desks:
        other = Staff(desks, calling, "liangyu")
        with_ears(other.page.context)
        other.sign_in()
        other.be_ready()
        yield other
        other.close()


def case_field(staff: Staff, label: str) -> Locator:
    return staff.page.locator("#p-case").get_by_label(re.compile(label))


def open_case_form(staff: Staff) -> None:
    staff.page.get_by_role("tab", name=re.compile("工单")).click()
    expect(case_field(staff, "标题")).to_be_visible()


def choose_colleague(page: Page, name: str) -> Locator:
    page.locator(".dock").get_by_role("button", name="转接").click()
    dialog = page.get_by_role("dialog")
    option = dialog.locator("option", has_text=name)
    dialog.get_by_label("转给谁").select_option(value=option.get_attribute("value") or "")
    return dialog


def choose_queue(page: Page, name: str) -> Locator:
    """Past the departments, which can be chosen there, too."""
    page.locator(".dock").get_by_role("button", name="转接").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("部门", exact=True).click()
    expect(dialog.get_by_role("list", name="部门")).to_contain_text("政策法规处")
    check(page)
    picture(page, "desk-departments")
    dialog.get_by_text("队列", exact=True).click()
    dialog.get_by_label("转给谁").select_option(label=name)
    return dialog


def write_on(field: Locator, text: str) -> None:
    field.press("End")
    field.press_sequentially(text)


def wrap_up(staff: Staff) -> None:
    """The next call finds the agent ready."""
    form = staff.page.locator("form.wrapup")
    form.get_by_label("处理结果").select_option(index=1)
    form.get_by_role("button", name="结束").click()
    expect(form).to_have_count(0)


def sees_all(staff: Staff, *, draft: str, title: str, summary: str) -> None:
    expect(staff.composer).to_have_value(draft, timeout=LONG_MS)
    open_case_form(staff)
    expect(case_field(staff, "标题")).to_have_value(title)
    expect(case_field(staff, "诉求摘要")).to_have_value(summary)
    expect(case_field(staff, "类型")).to_have_value(re.compile(".+"))


def test_the_half_sentence_and_the_half_filled_form_move_with_an_attended_and_a_blind_transfer(
    talk: Talk, colleague: Staff
) -> None:
    agent = talk.agent
    open_case_form(agent)
    case_field(agent, "类型").select_option(label="咨询")
    agent.composer.press_sequentially("研发费用归集要")
    dialog = choose_queue(agent.page, "投诉")
    check(agent.page)
    dialog.get_by_role("button", name="先请教").click()
    asking = colleague.page.get_by_role("group", name="同事请您接电话")
    expect(asking).to_be_visible(timeout=LONG_MS)
    colleague.page.keyboard.press("F8")
    expect(talk.dock).to_contain_text("正在请教 投诉 · 梁宇", timeout=LONG_MS)
    hears(agent.page, COLLEAGUE_HZ)
    # The last letters are typed a moment before the call is passed on.
    case_field(agent, "标题").press_sequentially("加计扣除口")
    case_field(agent, "诉求摘要").press_sequentially("问研发人员兼")
    agent.composer.press_sequentially("分项目")
    talk.dock.get_by_role("button", name="完成转接").click()
    sees_all(colleague, draft="研发费用归集要分项目", title="加计扣除口", summary="问研发人员兼")
    hears(talk.citizen.page, COLLEAGUE_HZ)
    picture(colleague.page, "desk-passed-on")
    check(colleague.page)

    write_on(case_field(colleague, "标题"), "径")
    write_on(colleague.composer, "记")
    choose_colleague(colleague.page, "苏敏").get_by_role("button", name="直接转").click()
    agent.is_offered()
    agent.page.keyboard.press("F8")
    sees_all(agent, draft="研发费用归集要分项目记", title="加计扣除口径", summary="问研发人员兼")
    hears(talk.citizen.page, AGENT_HZ)
    agent.page.keyboard.press("Alt+Shift+H")
    wrap_up(agent)


def test_a_citizen_is_sent_back_to_the_voice_menu_and_the_call_is_heard_in_the_thread(talk: Talk) -> None:
    page = talk.agent.page
    expect(talk.dock).to_contain_text("录音中", timeout=LONG_MS)
    talk.dock.get_by_role("button", name=re.compile("更多")).click()
    page.get_by_role("menuitem", name="回到语音菜单…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio").first).to_be_checked()
    check(page)
    picture(page, "desk-send-back")
    dialog.get_by_role("button", name="送过去").click()
    expect(talk.dock).to_have_count(0)
    expect(page.locator("#thread")).to_contain_text(re.compile("话后"))
    hears_something(talk.citizen.page)

    player = page.get_by_role("article", name=re.compile("通话录音"))
    expect(player).to_be_visible(timeout=LONG_MS)
    expect(player.locator("rect.citizen").first).to_be_attached(timeout=LONG_MS)
    expect(player.locator("rect.others").first).to_be_attached()
    place = player.get_by_role("slider")
    player.get_by_role("button", name="播放录音").click()
    expect(place).not_to_have_attribute("aria-valuetext", re.compile("^00:00"), timeout=LONG_MS)
    picture(page, "desk-recording")
    player.get_by_role("button", name="暂停").click()
    place.focus()
    place.press("Home")
    expect(place).to_have_attribute("aria-valuetext", re.compile("^00:00"))
    place.press("ArrowRight")
    place.press("ArrowRight")
    expect(place).to_have_attribute("aria-valuetext", re.compile("^00:01"))
    check(page)
    wrap_up(talk.agent)
