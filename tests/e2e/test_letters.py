"""A letter from the counter to the post: scanned, registered, numbered, offered, read, answered on paper, posted."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.e2e.accessible import check
from tests.e2e.people import Staff
from tests.support import fax_samples
from tests.support.running import Platform

pytestmark = pytest.mark.e2e

SUBJECT = "反映研发补助发放问题"
CLOCKWISE = 6


def photographs(folder: Path) -> list[Path]:
    """Two pages as a telephone takes them: lying on their side, with a note how to turn them."""
    found = []
    for number, line in enumerate(("第一页:研发补助至今没有发放。", "第二页:请尽快答复。"), 1):
        exif = Image.Exif()
        exif[0x0112] = CLOCKWISE
        photo = fax_samples.page((line,)).convert("L").rotate(90, expand=True)
        found.append(folder / f"{number}.jpg")
        photo.save(found[-1], "JPEG", exif=exif, quality=80)
    return found


def test_a_letter_is_registered_numbered_answered_and_posted(browser: Browser, axd: Platform, tmp_path: Path) -> None:
    clerk = Staff(browser, axd, "heyun")
    clerk.sign_in()
    clerk.be_ready()
    page = clerk.page
    page.get_by_role("link", name="信函").click()
    check(page)
    page.get_by_label("类型").select_option("complaint")
    page.get_by_label("姓名或单位").fill("李四")
    page.get_by_label("通信地址").fill("深圳市南山区科技路 1 号")
    page.get_by_label(re.compile("事由")).fill(SUBJECT)
    page.locator("input[type=file]").set_input_files([str(path) for path in photographs(tmp_path)])
    expect(page.locator(".sheets img")).to_have_count(2)
    expect(page.get_by_text("上传中")).to_have_count(0, timeout=30_000)
    natural = page.locator(".sheets img").first.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert natural[0] < natural[1], "the browser turns the photograph upright"
    check(page)
    page.get_by_role("button", name="登记", exact=True).click()

    expect(page.get_by_role("heading", name="已登记")).to_be_visible()
    number = re.sub(r"\D", "", page.locator(".facts .big").first.inner_text())
    assert re.fullmatch(r"\d{14}", number)
    check(page)
    with page.expect_response("**/api/desk/letters/sheet") as printed, page.context.expect_page():
        page.get_by_role("button", name="打印编号页").click()
    assert printed.value.headers["content-type"] == "application/pdf"

    clerk.is_offered()
    clerk.accept()
    expect(clerk.thread).to_contain_text(SUBJECT)
    expect(clerk.thread.get_by_text("的识别文字").first).to_be_visible(timeout=60_000)
    clerk.thread.get_by_text("的识别文字").first.click()
    expect(clerk.thread.get_by_text(re.compile("研发补助")).first).to_be_visible()
    clerk.reply("李四先生:补助将于三个工作日内发放。")
    expect(clerk.thread).to_contain_text("待打印寄出")
    check(page)
    with page.expect_response(re.compile("/letter$")) as letter, page.context.expect_page():
        clerk.thread.get_by_role("button", name="打印").click()
    assert letter.value.headers["content-type"] == "application/pdf"
    clerk.thread.get_by_label("标为已寄出").select_option("registered")
    expect(clerk.thread).to_contain_text("已挂号寄出")
    check(page)
    clerk.close()
