"""Prompts are recorded, spoken, cut and gone back on in the browser; a draft is tried on a call of the page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessible import check
from tests.e2e.people import PHONE, Staff
from tests.support.running import Platform
from tests.support.tones import tone, write_wav
from tests.support.waiting import wait_for

pytestmark = pytest.mark.e2e

LONG = 60_000


@pytest.fixture
def keeper(browser: Browser, axd: Platform) -> Iterator[Staff]:
    made = Staff(browser, axd, "admin")
    made.sign_in()
    flow = f"{axd.url}/api/desk/telephone/flows/main"
    wait_for(lambda: made.page.request.get(flow).ok, "the first flow is there", timeout_s=30)
    yield made
    made.close()


def test_a_prompt_is_uploaded_cut_recorded_and_gone_back_on(keeper: Staff, tmp_path: Path) -> None:
    keeper.go("telephony/prompts")
    page = keeper.page
    page.get_by_role("button", name="新增提示音").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("标识").fill("open_day")
    dialog.get_by_label("要说的话").fill("周六开放日，欢迎参观。")
    dialog.locator("input[type=file]").set_input_files(write_wav(tmp_path / "own.wav", tone(400, 2.0)))
    expect(dialog.get_by_text("还没保存")).to_be_visible()
    dialog.get_by_label("从").fill("0.5")
    check(page)
    dialog.get_by_role("button", name="保存").click()
    row = page.locator(".prompt-row", has_text="open_day")
    expect(row).to_contain_text("1.5 秒")
    expect(row).to_contain_text(re.compile("英文\\s*没有"))
    # A message that fades is no longer to be read.
    expect(page.locator(".el-message")).to_have_count(0, timeout=LONG)
    check(page)
    row.get_by_role("button", name="修改 open_day（中文）").click()
    dialog.get_by_role("button", name="用麦克风录").click()
    expect(dialog.get_by_text("正在录音")).to_be_visible()
    dialog.get_by_role("button", name="录好了").click()
    expect(dialog.get_by_text("还没保存")).to_be_visible()
    dialog.get_by_role("button", name="保存").click()
    expect(row).not_to_contain_text("1.5 秒")
    row.get_by_role("button", name="修改 open_day（中文）").click()
    dialog.get_by_text("以前的版本（1）").click()
    check(page)
    dialog.get_by_role("button", name="退回第 1 版").click()
    expect(row).to_contain_text("1.5 秒")
    row.get_by_role("button", name="修改 open_day（中文）").click()
    dialog.get_by_label("要说的话").fill("周日开放日，欢迎参观。")
    dialog.get_by_role("button", name="保存").click()
    expect(row).to_contain_text("过时")
    expect(page.locator(".el-message")).to_have_count(0, timeout=LONG)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    check(page)


def test_a_draft_is_tried_on_a_call_that_leaves_nothing(keeper: Staff) -> None:
    page = keeper.page
    keeper.go("telephony/flows/main")
    page.get_by_role("button", name="试打", exact=True).click()
    panel = page.get_by_role("region", name="试打草稿")
    panel.get_by_label("时间").select_option("open")
    check(page)
    panel.get_by_role("button", name="开始试打").click()
    walked = panel.get_by_role("log")
    expect(walked).to_contain_text("welcome", timeout=LONG)
    expect(panel.get_by_text("试打中")).to_be_visible(timeout=LONG)
    expect(page.locator(".vue-flow__node[data-id=welcome] .step.selected")).to_be_visible()
    press(panel.page, "2", "automatic")
    press(panel.page, "4", "information")
    press(panel.page, "9", "guide_by_mail")
    expect(walked).to_contain_text("会发送资料", timeout=LONG)
    check(page)
    press(panel.page, "*", "more")
    press(panel.page, "0", "human")
    expect(panel.get_by_text("真实来电会这样做。请按键选结果：")).to_be_visible(timeout=LONG)
    panel.get_by_role("button", name=re.compile("按 2 改为留言")).click()
    expect(walked).to_contain_text("会登记一条留言", timeout=LONG)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    check(page)
    panel.get_by_role("button", name="挂断").click()
    expect(panel.get_by_text("试打结束")).to_be_visible()
    keeper.go("telephony/flows/main")
    counted = page.request.get(f"{page.url.split('/desk/')[0]}/api/desk/telephone/flows/main/counts").json()
    assert not [one for one in counted if one["node"] == "guide_by_mail"]


def press(page: Page, key: str, node: str) -> None:
    panel = page.get_by_role("region", name="试打草稿")
    panel.get_by_role("group", name="拨号键").get_by_role("button", name=key, exact=True).click()
    expect(panel.get_by_role("log")).to_contain_text(node, timeout=LONG)
