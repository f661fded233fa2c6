"""The monitoring desk in a real browser: chart and table, and a change that appears without a reload."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.functional.conftest import Platform, environment
from tests.functional.test_browser import look

pytestmark = pytest.mark.browser

SILENT = "秦淮区"
SCRIPT = Path(__file__).with_name("arrival.py")


def arrival(platform: Platform, what: str) -> None:
    command = [sys.executable, str(SCRIPT), what, SILENT, "lab_report", "2024-06-03"]
    subprocess.run(command, env=environment(platform.home), check=True, capture_output=True)


@pytest.fixture
def leaving(platform: Platform) -> Iterator[None]:
    """What came in the test is gone after it: other tests count what there is."""
    yield
    arrival(platform, "leave")


def test_the_desk(page: Page) -> None:
    page.goto("/monitoring/2024-06/")
    expect(page.get_by_role("heading", level=1)).to_have_text("2024年6月监控台")
    expect(page.locator("#needs li").first).to_contain_text("未报 30 天")
    expect(page.locator("#chart canvas").first).to_be_visible()
    expect(page.locator("#board-table")).to_be_hidden()
    look(page, "monitoring")
    page.get_by_role("button", name="看表").click()
    expect(page.locator("#chart")).to_be_hidden()
    cell = page.locator("tr[data-name=秦淮区] td").nth(2)
    expect(cell).to_contain_text("未报")
    cell.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("秦淮区 2024年6月3日")
    look(page, "monitoring-day")


def test_a_change_appears_in_the_matrix_without_a_reload(page: Page, platform: Platform, leaving: None) -> None:
    page.goto("/monitoring/2024-06/")
    page.get_by_role("button", name="看表").click()
    cell = page.locator("tr[data-name=秦淮区] td").nth(2)
    expect(cell).to_contain_text("0/34")
    expect(page.locator("#live-text")).to_contain_text("实时更新")
    page.evaluate("window.same = true")
    arrival(platform, "come")
    expect(cell).to_contain_text("1/34")
    expect(cell).to_have_class("st-partial is-changed")
    expect(page.locator("#announce")).to_have_text("秦淮区 6月3日由未报变为缺报")
    expect(page.locator("#needs")).to_contain_text("未报 29 天、缺报 1 天")
    assert page.evaluate("window.same") is True
    look(page, "monitoring-live")


def test_filters_are_in_the_address(page: Page) -> None:
    page.goto("/monitoring/2024-06/")
    page.get_by_label("机构类别").select_option("district")
    page.wait_for_url("**/monitoring/2024-06/?kind=district")
    expect(page.locator("tr[data-code]")).to_have_count(12)
    page.get_by_role("link", name="机构 × 数据集").click()
    page.wait_for_url("**/monitoring/2024-06/datasets/?kind=district")
    look(page, "monitoring-datasets")
    page.get_by_role("link", name="实时数据", exact=True).click()
    page.wait_for_url("**/monitoring/2024-06/realtime/?kind=district")
    look(page, "monitoring-realtime")
