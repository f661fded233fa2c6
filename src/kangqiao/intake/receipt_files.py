"""Receipts as files (回执文件): CSV for reading on, XLSX for a desk. Values that identify a person are masked."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from kangqiao.base.clock import BEIJING
from kangqiao.intake.models import Submission
from kangqiao.intake.queries import CHANNEL_NAMES, harmless, violations_of
from kangqiao.intake.receipt_shapes import shown_reason
from kangqiao.intake.rejected import RejectedRow, RowFinding, read_duplicates, read_rejected
from kangqiao.intake.wording import field_titles
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset

BOM = "\ufeff"
ROWS_LIMIT = 100_000
"""Rows of a kind that a file lists; all of them are in the download of rejected rows."""
HANDLING = {"rejected": "拒收", "duplicate": "重复", "noted": "提示"}

Row = list[object]


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the receipt. ``widths`` are of the columns in a workbook."""

    title: str
    heads: list[str]
    rows: Iterator[Row]
    widths: tuple[int, ...]


def receipt_parts(submission: Submission) -> list[Part]:
    """The receipt as tables: the account, the problems by rule, the rows that were left out."""
    return [
        Part("回执", ["项目", "内容"], _account(submission), (16, 60)),
        Part(
            "问题",
            ["规则", "说明", "数据项", "类别", "处理", "违反（条）", "检查（条）"],
            _problems(submission),
            (20, 44, 24, 14, 10, 12, 12),
        ),
        Part(
            "未入库的行",
            ["行号", "结果", "数据项", "规则", "原值（已遮盖个人信息）", "说明"],
            _left_out(submission),
            (10, 8, 22, 18, 28, 70),
        ),
    ]


def receipt_csv(submission: Submission) -> Iterator[str]:
    """The tables one under the other, an empty line between them."""
    yield BOM
    for number, part in enumerate(receipt_parts(submission)):
        yield "\r\n" * bool(number) + _line([part.title])
        yield _line(part.heads)
        for row in part.rows:
            yield _line([harmless(cell) for cell in row])


def receipt_xlsx(submission: Submission) -> bytes:
    """A workbook with a sheet a table."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#EEF2F6", "bottom": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for part in receipt_parts(submission):
            _write_sheet(book.add_worksheet(part.title), part, head, wrap)
    return target.getvalue()


def _write_sheet(sheet: Worksheet, part: Part, head: object, wrap: object) -> None:
    for column, width in enumerate(part.widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, part.heads, head)
    for number, row in enumerate(part.rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell, wrap)
            else:
                sheet.write_string(number, column, str(cell), wrap)


def _line(row: list[str] | list[object]) -> str:
    line = StringIO(newline="")
    csv.writer(line).writerow(row)
    return line.getvalue()


def _account(item: Submission) -> Iterator[Row]:
    dataset = catalogue().datasets.get(item.dataset)
    yield ["回执编号", item.pk]
    yield ["机构", item.institution.name if item.institution else item.institution_text]
    yield ["数据集", f"{dataset.title}（{dataset.name}）" if dataset else item.dataset]
    yield ["数据日期", item.day.isoformat() if item.day else item.day_text]
    yield ["上传方式", CHANNEL_NAMES.get(item.channel, item.channel)]
    yield ["状态", item.get_state_display()]
    yield ["收到时间", item.received_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")]
    yield ["文件名", item.file_name]
    yield ["SHA-256", item.sha256]
    yield ["定义版本", item.rules_digest]
    if item.refusal_code:
        yield ["整份拒收原因", f"{item.refusal_message}（{item.refusal_code}）"]
    for title, count in _counts(item):
        yield [title, count]


def _counts(item: Submission) -> Iterator[tuple[str, int]]:
    """Received, and what it adds up from."""
    yield "收到（条）", item.received
    yield "入库（条）", item.stored
    yield "重复（条）", item.duplicate
    yield "拒收（条）", item.rejected
    yield "已被更正或补正（条）", item.replaced
    yield "替换原有（条）", item.superseded


def _problems(item: Submission) -> Iterator[Row]:
    for entry in violations_of(item):
        handling = HANDLING[entry.handling]
        yield [entry.rule, entry.words, entry.field or "整行", entry.dimension, handling, entry.rows, entry.denominator]


def _left_out(item: Submission) -> Iterator[Row]:
    dataset = catalogue().datasets.get(item.dataset)
    for title, rows in (
        ("拒收", read_rejected(item, limit=ROWS_LIMIT)),
        ("重复", read_duplicates(item, limit=ROWS_LIMIT)),
    ):
        for row in rows:
            yield from (_reason(title, row, finding, dataset) for finding in row.findings)


def _reason(title: str, row: RejectedRow, finding: RowFinding, dataset: Dataset | None) -> Row:
    told = shown_reason(row.line, finding, dataset)
    return [row.line, title, field_titles(finding.field, dataset), finding.rule, told["value"] or "", finding.message]
