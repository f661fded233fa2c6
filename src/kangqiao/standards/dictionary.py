"""The data dictionary (数据字典) as a workbook: contents, a sheet a dataset, rules, value sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.description import prescribed_text, value_sets_of
from kangqiao.standards.model import CATEGORY_TITLES, DIMENSION_TITLES, Category, Dataset, Field
from kangqiao.standards.wording import CHECKSUM_TITLES, IDENTIFIES_TITLES, ORDER_TITLES, SEVERITY_TITLES

CONTENTS = "目录"
RULES = "规则"
VALUE_SETS = "值域"

_CONTENTS_HEAD = ("类别", "数据集", "标题", "来源标准", "部分", "表", "字段数", "规则数", "上报要求")
_FIELD_HEAD = (
    *("序号", "字段名", "标题", "数据项标识", "数据元", "数据元年份", "类型", "格式"),
    *("必填", "主键", "值域", "个人标识", "校验", "备注"),
)
_RULE_HEAD = ("数据集", "规则", "级别", "维度", "字段", "表达式", "说明", "依据")
_VALUE_SET_HEAD = ("值域", "标题", "标准", "版本", "维护者", "代码", "名称")
_FIXED_DATE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the same catalogue, the same bytes


@dataclass(frozen=True, slots=True)
class _Styles:
    head: CellFormat
    cell: CellFormat
    link: CellFormat


def write_dictionary(catalogue: Catalogue, path: Path) -> None:
    """Write the workbook to ``path``. The same catalogue gives the same bytes."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": "康桥数据字典", "created": _FIXED_DATE})
        styles = _styles(book)
        _write_contents(book.add_worksheet(CONTENTS), catalogue, styles)
        for dataset in by_category(catalogue):
            _write_dataset(book.add_worksheet(sheet_name(dataset)), dataset, styles)
        _write_table(book.add_worksheet(RULES), _RULE_HEAD, _rule_rows(catalogue), styles)
        _write_table(book.add_worksheet(VALUE_SETS), _VALUE_SET_HEAD, _code_rows(catalogue), styles)


def by_category(catalogue: Catalogue) -> list[Dataset]:
    """All datasets, category by category, within one by name; those without come last."""
    order = list(Category)
    place = {category: number for number, category in enumerate(order)}
    last = len(order)
    return sorted(
        catalogue.datasets.values(), key=lambda item: place[item.category] if item.category is not None else last
    )


def sheet_name(dataset: Dataset) -> str:
    """The dataset's name, cut to the 31 characters a sheet's name may have."""
    return dataset.name[:31]


def _styles(book: Workbook) -> _Styles:
    base = {"font_name": "Noto Sans CJK SC", "font_size": 10, "valign": "top"}
    return _Styles(
        head=book.add_format({**base, "bold": True, "bg_color": "#E7EEF7", "bottom": 1}),
        cell=book.add_format({**base, "text_wrap": True}),
        link=book.add_format({**base, "font_color": "#0B5CAD", "underline": 1}),
    )


def _write_table(sheet: Worksheet, head: Sequence[str], rows: Iterable[Sequence[str | int]], styles: _Styles) -> None:
    """Write a head and rows from the top; widths follow the heads' roles, the head stays in view."""
    sheet.write_row(0, 0, head, styles.head)
    sheet.freeze_panes(1, 0)
    last = 0
    for last, row in enumerate(rows, start=1):
        sheet.write_row(last, 0, row, styles.cell)
    sheet.autofilter(0, 0, last, len(head) - 1)
    for column, name in enumerate(head):
        sheet.set_column(column, column, _WIDTHS.get(name, 14))


_WIDTHS = {
    **dict.fromkeys(("序号", "必填", "主键", "类型", "维度"), 7),
    **dict.fromkeys(("数据元", "数据项标识", "来源标准", "值域", "级别"), 20),
    **dict.fromkeys(("字段名", "数据集", "字段", "规则", "校验", "部分", "标题", "表", "名称"), 30),
    **dict.fromkeys(("上报要求", "说明", "备注"), 50),
    "表达式": 70,
}


def _write_contents(sheet: Worksheet, catalogue: Catalogue, styles: _Styles) -> None:
    datasets = by_category(catalogue)
    rows = [
        (
            CATEGORY_TITLES[item.category] if item.category else "",
            *(item.name, item.title, item.source.standard, item.source.part, item.source.table),
            *(len(item.fields), len(item.rules), prescribed_text(item, catalogue)),
        )
        for item in datasets
    ]
    _write_table(sheet, _CONTENTS_HEAD, rows, styles)
    for number, dataset in enumerate(datasets, start=1):
        sheet.write_url(number, 1, f"internal:'{sheet_name(dataset)}'!A1", styles.link, dataset.name)


def _write_dataset(sheet: Worksheet, dataset: Dataset, styles: _Styles) -> None:
    rows = [_field_row(number, item, dataset) for number, item in enumerate(dataset.fields, start=1)]
    _write_table(sheet, _FIELD_HEAD, rows, styles)
    for number, note in enumerate(_dataset_notes(dataset), start=len(rows) + 2):
        sheet.write(number, 1, note)


def _field_row(number: int, item: Field, dataset: Dataset) -> tuple[str | int, ...]:
    return (
        *(number, item.name, item.title, item.id, item.element, item.year, item.type, item.format),
        "是" if item.required else "",
        "是" if item.name in dataset.key else "",
        item.value_set or "",
        IDENTIFIES_TITLES[item.identifies] if item.identifies else "",
        CHECKSUM_TITLES[item.checksum] if item.checksum else "",
        item.note,
    )


def _dataset_notes(dataset: Dataset) -> Iterable[str]:
    yield f"{dataset.title}：{dataset.source.standard} {dataset.source.part} {dataset.source.table}".rstrip()
    yield f"主键：{'、'.join(dataset.key)}　业务时间：{dataset.event_time}"
    for reference in dataset.references:
        yield f"关联：{'、'.join(reference.fields)} → {reference.dataset}（{'、'.join(reference.to)}）"
    for item in dataset.successions:
        yield f"时序：{item.field} {ORDER_TITLES[item.order]}同一人的 {item.dataset}（{item.moment}）"


def _rule_rows(catalogue: Catalogue) -> Iterable[tuple[str, ...]]:
    for dataset in catalogue.datasets.values():
        for rule in dataset.rules:
            yield (
                *(dataset.name, rule.code, SEVERITY_TITLES[rule.severity], DIMENSION_TITLES[rule.dimension]),
                *(rule.field, rule.expr, rule.message, rule.source),
            )


def _code_rows(catalogue: Catalogue) -> Iterable[tuple[str, ...]]:
    """Codes of the value sets that datasets use; the others stay in the catalogue."""
    used = {name for dataset in catalogue.datasets.values() for name in value_sets_of(dataset)}
    for name in sorted(used):
        value_set = catalogue.value_sets[name]
        for code, title in value_set.codes.items():
            about = (value_set.title, value_set.standard, value_set.version, value_set.owner)
            yield name, *about, code, title
