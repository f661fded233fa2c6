"""The pages in a real browser, at both sizes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.functional.conftest import Platform, sign_in

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("KANGQIAO_SHOTS")


def look(page: Page, name: str) -> None:
    """No page is wider than its screen; a picture of it is kept where ``KANGQIAO_SHOTS`` says."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png")


def test_the_first_page(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("2024年6月上报概况")
    expect(page.locator(".lead")).to_contain_text("51 家机构中 9 家已上报，缺 42 家")
    look(page, "home")
    page.get_by_role("link", name="查看上报日历").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2024年6月上报日历")


def test_from_the_calendar_to_the_submissions_of_a_day(page: Page) -> None:
    page.goto("/matrix/2024-06/")
    look(page, "matrix")
    cell = page.locator("tr", has_text="江苏省中医院").first.locator("td a").first
    expect(cell).to_have_text("32/32")
    cell.click()
    expect(page.get_by_text("共 38 份，第 1–38 份")).to_be_visible()
    expect(page.get_by_label("机构", exact=True)).to_have_value("NJ-H01")


def test_filters_change_the_list_and_the_address_without_a_new_page(page: Page) -> None:
    page.goto("/submissions/")
    look(page, "submissions")
    page.evaluate("window.same = true")
    page.get_by_label("状态").select_option("refused")
    expect(page.get_by_text("共 1 份，第 1–1 份")).to_be_visible()
    assert page.url.endswith("state=refused")
    assert page.evaluate("window.same") is True
    page.go_back()
    expect(page.locator(".count-line")).to_contain_text("第 1–50 份")
    expect(page.locator(".top-name")).to_have_count(1)


def test_paging_the_list(page: Page) -> None:
    page.goto("/submissions/?institution=NJ-H01")
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_text("第 51–100 份")).to_be_visible()
    assert "page=2" in page.url
    assert "institution=NJ-H01" in page.url


def test_a_receipt(page: Page) -> None:
    page.goto("/submissions/showcase/")
    look(page, "receipt")
    expect(page.locator(".lead")).to_have_text("收到 20,738 条，入库 20,603 条，拒收 104 条，请改正后重传。")
    expect(page.get_by_text("张三")).to_have_count(0)
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_text("第 21–40 条")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载拒收数据").click()
    text = download.value.path().read_text("utf-8-sig")
    assert text.splitlines()[0].startswith("_line,_rule,_message,charge_no,")
    assert len(text.splitlines()) == 105


def test_the_bulletin_and_its_workbook(page: Page) -> None:
    page.goto("/bulletin/2024-06/")
    look(page, "bulletin")
    expect(page.get_by_text("2024年6月医院数据采集情况")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 Excel").click()
    assert download.value.suggested_filename == "kangqiao-2024-06.xlsx"


def test_everything_can_be_reached_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.get_by_role("link", name="简报").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2024年6月数据采集情况")


def test_signing_in_and_out(page: Page, platform: Platform) -> None:
    page.context.clear_cookies()
    sign_in(page, platform)
    expect(page.get_by_role("heading", level=1)).to_have_text("2024年6月上报概况")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    look(page, "sign-in")
    page.goto("/submissions/")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
