"""A month as the bulletin of May 2020 tells it: tables declared, prescribed and uploaded (data/collection-2020-05-*).

What is scaled and what is not:

- Rows, visits, discharges and health records are scaled like the figures of 2024: by the rows asked for times the share
  of the days written, halves upwards.
- Tables are not scaled, and days only by the days written; but no more tables or days than there are rows.
- Declared tables are what the institution said, whatever it sends: never scaled.
- Health records (健康档案) are running totals: six of the twelve districts have more of them than a month could bring.
  They are read as the records stored by the month's end. What the month itself does not bring was uploaded before it:
  it is written as files of the last day of the month before, and is no part of the month's rows, tables or days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

from kangqiao.base.clock import days_of_month
from kangqiao.base.errors import RequestRefused
from kangqiao.simulate.days import chosen_days
from kangqiao.simulate.figures import DISTRICT, HOSPITAL, data_rows, published
from kangqiao.simulate.scale import Wish, half_up

TABLES_MONTHS = ("2020-05",)
RECORDS = ("resident_basic_info", "hypertension_followup", "diabetes_followup")
"""健康档案 — 基本, 高血压, 糖尿病: the tables whose stored rows are counted."""
_NO_ANSWER = "未反馈"
_RENAMED = {"江苏省级机关医院": "江苏省省级机关医院"}


@dataclass(frozen=True, slots=True)
class TableFigures:
    """One line of the collection tables of 2020. ``declared`` is None where no declaration came (未反馈)."""

    institution: str
    kind: str
    declared: int | None
    prescribed: int
    uploaded: int
    rows: int
    upload_days: int
    visits: int
    discharges: int
    records: tuple[int, int, int]

    @property
    def number(self) -> int:
        """Its place among all institutions of the city, the same as in 2024 where it is listed then."""
        names = [item.institution for item in published()]
        name = _RENAMED.get(self.institution, self.institution)
        if name in names:
            return names.index(name) + 1
        others = [item.institution for item in listed() if item.institution not in (*names, *_RENAMED)]
        return len(names) + 1 + others.index(self.institution)


@dataclass(frozen=True, slots=True)
class TableQuota:
    """What one institution sends in the month, in whole numbers; ``records`` are totals by its end."""

    figures: TableFigures
    tables: int
    rows: int
    faulty_rows: int
    upload_days: int
    visits: int
    discharges: int
    records: tuple[int, int, int]


@cache
def listed(month: str = TABLES_MONTHS[0]) -> tuple[TableFigures, ...]:
    """All institutions of the tables, districts first, in their order."""
    return tuple(
        _figures(row, kind)
        for kind, name in ((DISTRICT, "districts"), (HOSPITAL, "hospitals"))
        for row in data_rows(f"collection-{month}-{name}.csv")
    )


def _figures(row: dict[str, str], kind: str) -> TableFigures:
    declared, prescribed = row["declared_over_prescribed_tables"].split("/")
    basic, hypertension, diabetes = (
        int(row.get(f"health_records_{name}", 0)) for name in ("basic", "hypertension", "diabetes")
    )
    return TableFigures(
        institution=row[kind],
        kind=kind,
        declared=None if declared == _NO_ANSWER else int(declared),
        prescribed=int(prescribed),
        uploaded=int(row["uploaded_tables" if kind == DISTRICT else "uploaded_tables_cda"]),
        rows=int(row["rows_uploaded"]),
        upload_days=int(row["upload_days"]),
        visits=int(row["outpatient_visits"]),
        discharges=int(row["discharges"]),
        records=(basic, hypertension, diabetes),
    )


def chosen(wish: Wish) -> tuple[TableFigures, ...]:
    """The institutions asked for, in the tables' order. Raises RequestRefused for an unknown name."""
    known = {item.institution for item in listed(wish.month)}
    if unknown := [name for name in wish.institutions if name not in known]:
        raise RequestRefused("simulate.institution", f"采集情况表中没有这些机构：{'、'.join(unknown)}")
    return tuple(item for item in listed(wish.month) if not wish.institutions or item.institution in wish.institutions)


def quota_of(figures: TableFigures, wish: Wish) -> TableQuota:
    """The published figures of one institution, scaled. Visits and discharges never leave a table without a row."""
    share = wish.share
    rows = half_up(figures.rows * share)
    faulty = half_up(rows * Fraction(wish.faults))
    visits, discharges = half_up(figures.visits * share), half_up(figures.discharges * share)
    spoken_for = max(visits - 1, 0) + 2 * max(discharges - 1, 0) + faulty
    written, whole = len(wish.days), len(days_of_month(wish.first))
    days = half_up(figures.upload_days * Fraction(written, whole))
    return TableQuota(
        figures=figures,
        tables=max(min(figures.uploaded, rows - spoken_for), min(rows, 1)),
        rows=rows,
        faulty_rows=faulty,
        upload_days=max(min(days, written, rows), min(rows, 1)),
        visits=visits,
        discharges=discharges,
        records=tuple(half_up(count * share) for count in figures.records),  # type: ignore[arg-type]
    )


def eve(wish: Wish) -> date:
    """The day whose files hold the health records that were there before the month."""
    return chosen_days(wish.first, None)[0] - timedelta(days=1)
