"""The dictionary in a real browser, at both sizes: from a search to a rule and to a file."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.functional.test_browser import look

from kangqiao.standards.catalogue import catalogue

pytestmark = pytest.mark.browser


def test_from_a_search_to_a_rule_and_a_template(page: Page) -> None:
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="数据字典").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("数据字典")
    look(page, "dictionary")
    page.get_by_label("查数据字典").fill("接收标本时间早于采样时间")
    page.keyboard.press("Enter")
    expect(page.locator(".lead")).to_contain_text("找到 ")
    look(page, "dictionary-search")
    page.get_by_role("link", name="检验报告", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("检验报告 lab_report")
    look(page, "dictionary-dataset")
    page.get_by_role("link", name="接收标本时间早于采样时间").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("接收标本时间早于采样时间")
    expect(page.locator(".drawn tbody th")).to_have_text(["合格", "合格", "不合格", "不适用", "不适用"])
    look(page, "dictionary-rule")
    page.get_by_role("link", name="检验报告", exact=True).first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载模板（CSV）").click()
    assert download.value.suggested_filename == "lab_report.csv"
    titles = ",".join(item.title for item in catalogue().dataset("lab_report").fields)
    assert download.value.path().read_text("utf-8-sig") == titles + "\n"


def test_a_field_that_was_searched_stands_in_sight(page: Page) -> None:
    page.goto("/standards/?q=HDSD00.05.002")
    page.locator('a[href="/standards/datasets/lab_report/#field-sampled_at"]').click()
    expect(page.locator("#field-sampled_at")).to_be_in_viewport()
    look(page, "dictionary-field")


def test_a_value_set_by_keyboard(page: Page) -> None:
    page.goto("/standards/value-sets/GBT2261.1-2003/")
    look(page, "dictionary-value-set")
    page.get_by_label("在本值域中查找").focus()
    page.keyboard.type("女")
    page.keyboard.press("Enter")
    expect(page.locator("#codes tbody tr")).to_have_text(["2女性"])


def test_a_receipt_explains_its_rules(page: Page) -> None:
    page.goto("/submissions/showcase/")
    page.locator(".rule-code a").first.click()
    expect(page.get_by_role("link", name="数据字典").first).to_have_attribute("aria-current", "page")
