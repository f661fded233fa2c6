"""A sheet as CSV or XLSX, for a spreadsheet in Chinese."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import xlsxwriter
from django.http import HttpResponse

from kangqiao.intake.queries import harmless
from kangqiao.oversight.monitoring.sheets import Sheet

BOM = "\ufeff"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_answer(sheet: Sheet, name: str) -> HttpResponse:
    """CSV in UTF-8 with a mark that spreadsheets need to read Chinese."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(sheet.head)
    writer.writerows([harmless(value) for value in row] for row in sheet.rows)
    return _answer((BOM + text.getvalue()).encode(), "text/csv; charset=utf-8", f"{name}.csv")


def xlsx_answer(sheet: Sheet, name: str) -> HttpResponse:
    """One worksheet: head on top, fixed together with the institution; where the figures come from below."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet(sheet.title[:31])
        page.write_row(0, 0, sheet.head, book.add_format({"bold": True}))
        for number, row in enumerate(sheet.rows, start=1):
            page.write_row(number, 0, row)
        page.write_string(len(sheet.rows) + 2, 0, f"{sheet.title}，{sheet.note}")
        page.freeze_panes(1, 2)
        page.set_column(1, 1, 24)
    return _answer(content.getvalue(), XLSX, f"{name}.xlsx")


def _answer(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
