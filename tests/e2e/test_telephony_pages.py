"""The telephone's administration as a person sees it: voice menus as graph and table, the roster, what is read out."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessible import check
from tests.e2e.people import Staff
from tests.support.running import Platform
from tests.support.waiting import wait_for

pytestmark = pytest.mark.e2e


def opened(browser: Browser, axd: Platform, path: str) -> Staff:
    keeper = Staff(browser, axd, "admin")
    keeper.sign_in()
    # The gateway writes the first flow and items, which may be a moment after the first page.
    flow = f"{axd.url}/api/desk/telephone/flows/main"
    wait_for(lambda: keeper.page.request.get(flow).ok, "the first flow is there", timeout_s=30)
    keeper.go(path)
    return keeper


def test_a_menu_is_changed_refused_with_its_place_mended_published_and_rolled_back(
    browser: Browser, axd: Platform
) -> None:
    keeper = opened(browser, axd, "telephony/flows/main")
    page = keeper.page
    welcome = page.locator(".vue-flow__node[data-id=welcome]")
    expect(welcome).to_contain_text("按键菜单")
    check(page)
    page.get_by_role("tab", name="表格").click()
    page.get_by_role("button", name="bye", exact=True).click()
    check(page)
    page.get_by_label("中文").first.fill("谢谢来电，再见。")
    page.get_by_role("button", name="关闭节点").click()
    page.get_by_label("添加节点").select_option("play")
    page.get_by_role("button", name="添加", exact=True).click()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("「然后去」没填或填得不对。")).to_be_visible()
    expect(page.get_by_role("button", name="发布…")).to_be_disabled()
    expect(page.locator(".el-message")).to_have_count(0)
    check(page)
    page.get_by_role("button", name="删除节点").click()
    _publish(page, "改了告别语")
    expect(page.get_by_text("使用中：第 2 版")).to_be_visible()
    page.get_by_role("button", name="历史版本").click()
    expect(page.get_by_role("dialog")).to_contain_text("改了告别语")
    check(page)
    page.get_by_role("button", name="退回第 1 版").click()
    expect(page.get_by_text("使用中：第 1 版")).to_be_visible()
    keeper.close()


def _publish(page: Page, note: str) -> None:
    page.get_by_role("button", name="发布…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("这一版改了什么").fill(note)
    dialog.get_by_role("button", name="发布").click()


def test_two_who_edit_one_menu_are_told(browser: Browser, axd: Platform) -> None:
    first, second = (opened(browser, axd, "telephony/flows/main") for _ in range(2))
    for one, name in ((first, "甲"), (second, "乙")):
        one.page.get_by_label("名称", exact=True).fill(name)
        one.page.keyboard.press("Tab")
    first.page.keyboard.press("Control+s")
    expect(first.page.get_by_text("草稿已保存", exact=True)).to_be_visible()
    second.page.keyboard.press("Control+s")
    dialog = second.page.get_by_role("dialog")
    expect(dialog).to_contain_text("别人刚保存过这个流程")
    check(second.page)
    dialog.get_by_role("button", name="用我的覆盖").click()
    expect(second.page.get_by_role("heading", level=1)).to_have_text("乙")
    first.page.reload()
    expect(first.page.get_by_role("heading", level=1)).to_have_text("乙")
    first.close()
    second.close()


def test_roster_departments_items_and_polls(browser: Browser, axd: Platform) -> None:
    keeper = opened(browser, axd, "telephony/duties")
    page = keeper.page
    expect(page.get_by_text("还没有排班")).to_be_visible()
    check(page)
    page.get_by_role("button", name="添加值班").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("请写姓名或称呼")
    page.get_by_label("姓名或称呼").fill("值班室")
    page.get_by_label("电话号码").fill("0755-8288 0001")
    page.get_by_text("值班室", exact=True).last.click()
    check(page)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("region", name="应急值班")).to_contain_text("075582880001")
    check(page)
    keeper.go("telephony/departments")
    page.get_by_role("button", name="添加部门").click()
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_role("alert")).to_contain_text("请写部门名称")
    form.get_by_label("名称 *").fill("信访室")
    form.get_by_label("电话或分机号", exact=True).fill("6210")
    form.get_by_text("每天", exact=True).click()
    check(page)
    form.get_by_role("button", name="保存").click()
    made = page.get_by_role("listitem").filter(has_text="信访室")
    expect(made).to_contain_text(re.compile("办公中.*全天.*6210"))
    check(page)
    made.get_by_role("button", name="删除信访室").click()
    page.get_by_role("dialog").get_by_role("button", name="删除", exact=True).click()
    expect(made).to_have_count(0)
    keeper.go("telephony/items")
    page.get_by_role("button", name=re.compile("修改科技政策（中文）")).click()
    page.get_by_label("朗读的文字").fill("今年的政策以公布的为准。")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("今年的政策以公布的为准。")).to_be_visible()
    check(page)
    keeper.go("telephony/polls")
    expect(page.get_by_role("heading", name="您对我市科技服务是否满意？")).to_be_visible()
    check(page)
    keeper.close()
