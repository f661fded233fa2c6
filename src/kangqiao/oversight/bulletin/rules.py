"""The bulletin's tables: heads, units, cells, and how a cell is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from kangqiao.base.money import thousand_yuan
from kangqiao.oversight.statistics.rules import MonthFigures, StoredRows, TableFigures
from kangqiao.standards.model import CHANNEL_TITLES, Channel

NOT_REPORTED = "/"
ROWS = "条"
PERSONS = "人次"
INCOME_UNIT = "千元"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, its unit, and whether its cells stand right."""

    title: str
    unit: str = ""
    is_number: bool = True

    @property
    def head(self) -> str:
        """Head and unit as printed: 门诊收入（千元）."""
        return f"{self.title}（{self.unit}）" if self.unit else self.title


Cell = str | int | Decimal


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the bulletin. Counts are int, amounts Decimal, all else text."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    @property
    def printed_rows(self) -> list[list[str]]:
        """The cells as people read them, with thousands separators."""
        return [[printed(cell) for cell in row] for row in self.rows]


def printed(cell: Cell) -> str:
    """A cell for people: 17,825,484; 143,544.41; text as it is."""
    return cell if isinstance(cell, str) else f"{cell:,}"


def plain(cell: Cell) -> str | int:
    """A cell for machines: counts as numbers, an amount as the exact text 143544.41."""
    return str(cell) if isinstance(cell, Decimal) else cell


def month_title(month: date) -> str:
    """2024年6月."""
    return f"{month.year}年{month.month}月"


COLLECTION_COLUMNS = (
    Column("定时数据上传量", ROWS),
    Column("实时数据上传天数"),
    Column("实时数据上传表单数"),
    Column("门诊人次"),
    Column("门诊收入", INCOME_UNIT),
    Column("出院人次"),
    Column("住院收入", INCOME_UNIT),
)
COLLECTION_NOTE = "门诊、出院人次和收入由定时数据汇总；/ 表示当月没有上传收费记录。"


def collection_table(name: str, title: str, head: str, figures: Iterable[MonthFigures]) -> Table:
    """数据采集情况 of one kind of institution, a row each, in their given order."""
    columns = (Column(head, is_number=False), *COLLECTION_COLUMNS)
    return Table(name, title, columns, tuple(collection_row(item) for item in figures), COLLECTION_NOTE)


def collection_row(item: MonthFigures) -> tuple[Cell, ...]:
    """The cells of one institution in the order of the published table."""
    return (
        item.institution,
        item.scheduled_rows,
        item.realtime_days,
        f"{item.realtime_forms}/{item.realtime_prescribed}",
        item.outpatient_visits,
        income_cell(item.outpatient_income),
        item.discharges,
        income_cell(item.inpatient_income),
    )


def income_cell(yuan: Decimal | None) -> Cell:
    """Income in thousand yuan with two decimals; ``/`` when no charges were reported."""
    return NOT_REPORTED if yuan is None else thousand_yuan(yuan)


class Layout(StrEnum):
    """Which figures the collection tables print: those of the bulletin of May 2020, or of June 2024."""

    OF_2020 = "2020"
    OF_2024 = "2024"


FIRST_YEAR_OF_2024_LAYOUT = 2024
"""Local decision: between the two published issues nobody has said when the tables changed."""


def layout_of(month: date) -> Layout:
    """The layout a month is printed in unless another is asked for."""
    return Layout.OF_2024 if month.year >= FIRST_YEAR_OF_2024_LAYOUT else Layout.OF_2020


TABLES_NOTE = (
    "申报表数/应报表数：机构申报上传的数据集数与规定上传的数据集数，未反馈即没有收到申报；"
    "上传表数、天数按收到数据的数据集和日期计。"
)
RECORDS_NOTE = "健康档案为截至月底累计入库的档案数。"


def _tables_columns(head: str, uploaded: str) -> tuple[Column, ...]:
    return (
        Column(head, is_number=False),
        Column("申报表数/应报表数"),
        Column(uploaded),
        Column("上传数据量", ROWS),
        Column("上传天数"),
        Column("门诊人次"),
        Column("出院人次"),
    )


DISTRICT_TABLES_COLUMNS = (
    *_tables_columns("区名称", "上传表数"),
    Column("健康档案—个人基本信息"),
    Column("健康档案—高血压"),
    Column("健康档案—糖尿病"),
)
HOSPITAL_TABLES_COLUMNS = _tables_columns("医院名称", "上传表数（CDA）")


def district_tables(title: str, figures: Iterable[TableFigures]) -> Table:
    """各区数据采集情况 as printed in 2020, health records last."""
    rows = tuple((*tables_row(item), *item.records) for item in figures)
    return Table("districts", title, DISTRICT_TABLES_COLUMNS, rows, TABLES_NOTE + RECORDS_NOTE)


def hospital_tables(title: str, figures: Iterable[TableFigures]) -> Table:
    """医院数据采集情况 as printed in 2020."""
    rows = tuple(tables_row(item) for item in figures)
    return Table("hospitals", title, HOSPITAL_TABLES_COLUMNS, rows, TABLES_NOTE)


def tables_row(item: TableFigures) -> tuple[Cell, ...]:
    """The cells that districts and hospitals have in common, in the order of the published tables."""
    return (
        item.institution,
        item.coverage.declared_over_prescribed,
        len(item.coverage.uploaded),
        item.rows,
        item.upload_days,
        item.outpatient_visits,
        item.discharges,
    )


def stored_table(month: date, stored: Iterable[StoredRows]) -> Table:
    """累计校验入库数据量: by channel, of the month and of all time up to its end, with their sum."""
    items = list(stored)
    rows: list[tuple[Cell, ...]] = [
        (f"{CHANNEL_TITLES[Channel(item.channel)]}数据", item.month, item.cumulative) for item in items
    ]
    rows.append(("合计", sum(item.month for item in items), sum(item.cumulative for item in items)))
    columns = (Column("数据类别", is_number=False), Column("本月校验入库", ROWS), Column("累计校验入库", ROWS))
    title = f"截至{month_title(month)}底累计校验入库数据量"
    note = "只计通过校验并入库的数据；同一天重传的，只计最后一次。"
    return Table("stored", title, columns, tuple(rows), note)
