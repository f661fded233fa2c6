"""The bulletin as text, a page to print, a workbook, and data. The same tables give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import xlsxwriter
from django.template.loader import render_to_string
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kangqiao.base.text import display_width, pad
from kangqiao.oversight.bulletin.rules import Cell, Column, Table, month_title, plain

GAP = "  "
SHEETS = {"districts": "各区", "hospitals": "医院", "stored": "累计入库"}


def text_document(tables: list[Table]) -> str:
    """Aligned plain text; a Chinese character takes two columns."""
    return "\n".join("\n".join(_text_lines(table)) + "\n" for table in tables)


def html_document(month: date, tables: list[Table]) -> str:
    """One self-contained page, ready to print."""
    return render_to_string("bulletin/document.html", {"title": f"{month_title(month)}数据采集情况", "tables": tables})


def json_document(tables: list[Table]) -> str:
    """A list of ``{"title", "columns", "rows"}``."""
    data = [
        {
            "title": table.title,
            "columns": [column.head for column in table.columns],
            "rows": [[plain(cell) for cell in row] for row in table.rows],
        }
        for table in tables
    ]
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def xlsx_document(month: date, tables: list[Table]) -> bytes:
    """A workbook with one sheet a table. Its date is the month's first day, so equal tables give equal bytes."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties(
        {"title": f"{month_title(month)}数据采集情况", "created": datetime(month.year, month.month, 1, tzinfo=UTC)}
    )
    formats = _formats(book)
    for table in tables:
        _write_sheet(book.add_worksheet(SHEETS[table.name]), table, formats)
    book.close()
    return target.getvalue()


def _text_lines(table: Table) -> Iterator[str]:
    heads = [column.head for column in table.columns]
    rows = table.printed_rows
    widths = [max(map(display_width, cells)) for cells in zip(heads, *rows, strict=True)]
    yield table.title
    for cells in (heads, ["-" * width for width in widths], *rows):
        yield GAP.join(_aligned(table.columns, cells, widths)).rstrip()
    yield table.note


def _aligned(columns: tuple[Column, ...], cells: list[str], widths: list[int]) -> Iterator[str]:
    for column, cell, width in zip(columns, cells, widths, strict=True):
        yield pad(cell, width, right=column.is_number)


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    base = {"font_name": "宋体", "font_size": 11, "border": 1, "valign": "vcenter"}
    return {
        "title": book.add_format({"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"}),
        "head": book.add_format(base | {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#EEF2F6"}),
        "text": book.add_format(base),
        "right": book.add_format(base | {"align": "right"}),
        "count": book.add_format(base | {"num_format": "#,##0"}),
        "amount": book.add_format(base | {"num_format": "#,##0.00"}),
        "note": book.add_format({"font_name": "宋体", "font_size": 9, "font_color": "#555555"}),
    }


def _write_sheet(sheet: Worksheet, table: Table, formats: dict[str, Format]) -> None:
    last = len(table.columns) - 1
    sheet.merge_range(0, 0, 0, last, table.title, formats["title"])
    sheet.set_row(0, 32)
    for index, column in enumerate(table.columns):
        sheet.write_string(1, index, column.head, formats["head"])
        sheet.set_column(index, index, 18 if column.is_number else 32)
    sheet.set_row(1, 32)
    for number, row in enumerate(table.rows, start=2):
        for index, cell in enumerate(row):
            _write_cell(sheet, number, index, cell, formats)
    sheet.write_string(len(table.rows) + 2, 0, table.note, formats["note"])
    sheet.freeze_panes(2, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 1)


def _write_cell(sheet: Worksheet, row: int, index: int, cell: Cell, formats: dict[str, Format]) -> None:
    if isinstance(cell, str):
        # An explicit string: a name that begins with "=" must never become a formula.
        sheet.write_string(row, index, cell, formats["right" if index else "text"])
    else:
        sheet.write_number(row, index, cell, formats["amount" if isinstance(cell, Decimal) else "count"])
