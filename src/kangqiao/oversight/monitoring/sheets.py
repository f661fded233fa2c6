"""Exactly what a view of the desk shows, as rows of text and numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from kangqiao.oversight.monitoring.month_queries import dataset_board, realtime_board
from kangqiao.oversight.monitoring.queries import Wanted, month_board

Value = str | int


@dataclass(frozen=True, slots=True)
class Sheet:
    """Head, rows, and where the figures come from."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str


def sheet_of(view: str, month: date, wanted: Wanted, scope: Collection[int] | None, moment: datetime) -> Sheet:
    """The sheet of ``days``, ``datasets`` or ``realtime``."""
    return SHEETS[view](month, wanted, scope, moment)


def days_sheet(month: date, wanted: Wanted, scope: Collection[int] | None, moment: datetime) -> Sheet:
    """Institutions × days: state and datasets come of those due, as in the cells."""
    board = month_board(month, wanted, scope, moment)
    head = ("机构编号", "机构", *(day.isoformat() for day in board.days))
    rows = tuple((row.code, row.name, *(f"{cell.title} {cell.text}" for cell in row.cells)) for row in board.rows)
    return Sheet(_title("机构×日期", month), head, rows, _note(moment))


def datasets_sheet(month: date, wanted: Wanted, scope: Collection[int] | None, moment: datetime) -> Sheet:
    """Institutions × datasets; empty where a dataset is not asked of the institution."""
    board = dataset_board(month, wanted, scope, moment)
    head = ("机构编号", "机构", *(f"{column.title}（{column.channel_title}）" for column in board.columns))
    rows = tuple(
        (row.code, row.name, *(f"{cell.title} {cell.text}" if cell else "" for cell in row.cells)) for row in board.rows
    )
    return Sheet(_title("机构×数据集", month), head, rows, _note(moment))


def realtime_sheet(month: date, wanted: Wanted, scope: Collection[int] | None, moment: datetime) -> Sheet:
    """Real-time days and forms."""
    board = realtime_board(month, wanted, scope, moment)
    head = (
        *("机构编号", "机构", "状态", "有数据天数", "应报天数", "表单种数", "应报种数"),
        *("收到（条）", "拒收（条）", "待入库（条）", "今天（条）", "最近收到", "说明"),
    )
    rows = tuple(
        (
            *(row.code, row.name, row.cell.title, row.days, row.days_due, row.forms, row.forms_due),
            *(row.received, row.rejected, row.waiting, row.today if board.today else "—"),
            *(f"{row.last_at:%Y-%m-%d %H:%M:%S}" if row.last_at else "—", row.cell.verdict.why),
        )
        for row in board.rows
    )
    return Sheet(_title("实时数据", month), head, rows, _note(moment))


SHEETS = {"days": days_sheet, "datasets": datasets_sheet, "realtime": realtime_sheet}


def _title(what: str, month: date) -> str:
    return f"{month.year}年{month.month}月 {what}"


def _note(moment: datetime) -> str:
    return f"截至 {moment:%Y-%m-%d %H:%M:%S}"
