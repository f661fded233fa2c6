"""What the dictionary's pages say, and the pages as Markdown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kangqiao.engine.validation.checks import Builtin
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Field, Rule
from kangqiao.standards.pages import (
    DrawnCell,
    DrawnRow,
    codes_matching,
    dataset_page,
    rule_page,
    shelves,
    spec_of,
    uses_of_all,
    value_set_lines,
)
from kangqiao.standards.wording import GENERAL_CHECKS, format_words
from kangqiao.standards.written_pages import write_pages


def field(kind: str, form: str, value_set: str | None = None) -> Field:
    return Field("x", "项", "local", "local", "local", kind, form, value_set=value_set)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (field("S1", "AN..20"), "不超过 20 个字符"),
        (field("S1", "AN18"), "必须 18 个字符"),
        (field("S1", "AN6..20"), "6 至 20 个字符"),
        (field("S1", "N6"), "必须 6 位，只能是数字"),
        (field("S3", "N1", "GBT2261.1-2003"), "填值域 GBT2261.1-2003 中的代码"),
        (field("N", "N..5"), "整数，不超过 5 位"),
        (field("N", "N2..3"), "整数，2 至 3 位"),
        (field("N", "N..8,2"), "整数不超过 5 位，小数不超过 2 位"),
        (field("D", "D8"), "写作 YYYYMMDD，如 20240601"),
        (field("DT", "DT15"), "写作 YYYYMMDDThhmmss，如 20240601T083000"),
        (field("L", "T/F"), "T 为是，F 为否"),
    ],
)
def test_a_format_in_words(item: Field, words: str) -> None:
    assert format_words(item) == words


def test_every_check_of_a_receipt_is_explained() -> None:
    assert {item.code for item in GENERAL_CHECKS} == {str(item) for item in Builtin}


def test_every_dataset_stands_on_one_shelf() -> None:
    lines = [line.name for shelf in shelves(catalogue()) for line in shelf.datasets]
    assert sorted(lines) == sorted(catalogue().datasets)
    assert len(lines) == len(set(lines))


def test_a_dataset_in_words() -> None:
    page = dataset_page(catalogue().dataset("lab_result_item"), catalogue())
    assert page.source == "WS 445.4-2014 第4部分：检查检验记录 HDSD00.05 检验记录"
    assert page.person == "不涉及居民个人。"
    assert [(item.dataset, item.is_error) for item in page.references] == [("lab_report", False)]
    report = dataset_page(catalogue().dataset("lab_report"), catalogue())
    assert report.row == "一行是一条检验报告，由检验报告单编号唯一确定；归入检验报告日期时间所在的日期。"
    assert ("lab_result_item", "检验结果明细") in report.referred_by
    sex = next(item for item in report.fields if item.name == "sex")
    assert (sex.id, sex.origin, sex.value_set_title, sex.is_required, sex.is_key) == (
        *("HDSD00.05.069", "DE02.01.040.00（2011）", "人的性别代码", True, False),
    )


def rule_of(dataset: str, code: str) -> Rule:
    return next(rule for rule in catalogue().dataset(dataset).rules if rule.code == code)


def test_a_rule_in_words_with_its_rows() -> None:
    dataset = catalogue().dataset("lab_report")
    page = rule_page(dataset, rule_of("lab_report", "id_sex"), catalogue())
    assert page.words == "有这个问题的行拒收，不入库。"
    assert page.basis == "GB 11643-1999"
    assert page.columns[2] == ("sex", "性别代码")
    assert page.rows[0] == DrawnRow(
        (DrawnCell("01", "居民身份证"), DrawnCell("000000199001010018", ""), DrawnCell("1", "男性")), "pass", "合格"
    )
    assert (page.before, page.after) == ("id_birth_date", "born_before_event")
    warned = rule_page(dataset, rule_of("lab_report", "age_range"), catalogue())
    assert warned.words == "有这个问题的行照常入库，同时计数，在回执和质量评价中列出，请核对。"
    assert warned.mending.endswith("如果原始记录就是这样，可以不改。")


def test_a_rule_that_the_city_changed_has_no_drawn_rows() -> None:
    dataset, rule = catalogue().dataset("lab_report"), rule_of("lab_report", "sample_receive_order")
    assert spec_of(dataset, rule) is not None
    changed = replace(rule, expr="sampled_at < received_at")
    assert spec_of(replace(dataset, rules=(changed,)), changed) is None


def test_value_sets_and_who_uses_them() -> None:
    line = next(item for item in value_set_lines(catalogue()) if item.name == "GBT2261.1-2003")
    assert (line.title, line.standard, line.version, line.codes) == ("人的性别代码", "GB/T 2261.1-2003", "2003", 4)
    uses = uses_of_all(catalogue())["GBT2261.1-2003"]
    assert line.fields == len(uses)
    assert ("outpatient_visit", "sex") in {(use.dataset, use.field) for use in uses}
    assert codes_matching(catalogue().value_sets["GBT2261.1-2003"], "女") == [("2", "女性")]


def test_pages_as_markdown(tmp_path: Path) -> None:
    known = catalogue()
    few = replace(known, datasets={name: known.datasets[name] for name in ("bed", "department")})
    written = write_pages(few, tmp_path)
    assert [path.name for path in written] == ["README.md", "bed.md", "department.md"]
    contents = written[0].read_text("utf-8").splitlines()
    assert contents[:3] == ["# 数据字典", "", "## 机构与资源"]
    assert "| [床位](bed.md) | `bed` | 平台自定 | 11 | 5 | 医院（定时按月）；区平台（定时按月） |" in contents
    page = written[1].read_text("utf-8")
    assert page.startswith("# 床位 `bed`\n\n一行是一条床位，")
    assert "| 不合格 | 20240602 | 20240601 |" in page
    assert "```sql\nopened_on <= closed_on\n```" in page


def test_a_death_is_named_where_visits_are_described() -> None:
    page = dataset_page(catalogue().dataset("outpatient_visit"), catalogue())
    assert [(item.field, item.order, item.dataset, item.moment) for item in page.successions] == [
        ("就诊日期时间", "不晚于", "death_certificate", "死亡日期时间"),
        ("就诊日期时间", "不晚于", "death_record", "死亡日期时间"),
    ]
