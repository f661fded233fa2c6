"""What a fact holds, how days are judged, and the month's figures of one institution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kangqiao.base.clock import days_of_month
from kangqiao.base.errors import StateConflict
from kangqiao.standards.model import Dataset

FIGURES = ("received", "stored", "duplicate", "rejected", "dimensions")

OUTPATIENT_VISIT = "outpatient_visit"
OUTPATIENT_CHARGE = "outpatient_charge"
INPATIENT_DISCHARGE = "inpatient_discharge"
INPATIENT_CHARGE = "inpatient_charge"
INCOME = "total_amount"

HEALTH_RECORDS = ("resident_basic_info", "hypertension_followup", "diabetes_followup")
"""Tables whose stored rows, of all time, are a district's health records: basic, hypertension, diabetes."""


def fact_key(submission: Any) -> tuple[int, str, str, date]:
    """Institution id, channel, dataset, day. Raises StateConflict for a submission that has no place."""
    if submission.institution_id is None or submission.day is None:
        raise StateConflict(f"submission {submission.pk} has no institution or day, so it makes no fact")
    return submission.institution_id, submission.channel, submission.dataset, submission.day


def fact_figures(submission: Any) -> dict[str, Any]:
    """The counts of a submission that a fact repeats."""
    return {name: getattr(submission, name) for name in FIGURES}


def measure_values(measures: dict[str, str]) -> dict[str, Decimal]:
    """Measure → exact decimal, from the ledger's text."""
    return {name: Decimal(text) for name, text in measures.items()}


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One institution's month. Income is in yuan and None when it sent no charges at all."""

    code: str
    institution: str
    kind: str
    scheduled_rows: int
    realtime_days: int
    realtime_forms: int
    realtime_prescribed: int
    outpatient_visits: int
    outpatient_income: Decimal | None
    discharges: int
    inpatient_income: Decimal | None

    @property
    def has_reported(self) -> bool:
        """Whether anything came in the month, by either channel."""
        return self.scheduled_rows > 0 or self.realtime_days > 0


@dataclass(frozen=True, slots=True)
class TableCoverage:
    """Tables of one institution by name: prescribed (应报), declared (申报), uploaded in the month (已报).

    ``declared`` is None when no declaration was received (未反馈).
    """

    prescribed: tuple[str, ...]
    declared: frozenset[str] | None
    uploaded: frozenset[str]

    @property
    def declared_over_prescribed(self) -> str:
        """As printed: ``52/129``, or ``未反馈/83``."""
        count = "未反馈" if self.declared is None else len(self.declared)
        return f"{count}/{len(self.prescribed)}"

    @property
    def missing(self) -> frozenset[str]:
        """Declared, and not uploaded in the month."""
        return (self.declared or frozenset()) - self.uploaded

    @property
    def undeclared(self) -> frozenset[str]:
        """Uploaded, though a declaration leaves them out."""
        return frozenset() if self.declared is None else self.uploaded - self.declared


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table of one institution's month. ``is_declared`` is None when no declaration was received."""

    name: str
    title: str
    is_prescribed: bool
    is_declared: bool | None
    is_uploaded: bool

    @property
    def state(self) -> str:
        """``missing`` (declared and not uploaded), ``undeclared`` (uploaded and not declared), else empty."""
        if self.is_declared and not self.is_uploaded:
            return "missing"
        return "undeclared" if self.is_declared is False and self.is_uploaded else ""


def table_rows(coverage: TableCoverage, datasets: Mapping[str, Dataset]) -> list[TableRow]:
    """Every table prescribed, in the profile's order, then those that came without being prescribed."""
    others = sorted(coverage.uploaded - set(coverage.prescribed))
    return [
        TableRow(
            name,
            datasets[name].title if name in datasets else name,
            name in coverage.prescribed,
            None if coverage.declared is None else name in coverage.declared,
            name in coverage.uploaded,
        )
        for name in (*coverage.prescribed, *others)
    ]


@dataclass(frozen=True, slots=True)
class TableFigures:
    """One institution's month by tables: the figures of the layout of 2020.

    Rows and days count both channels; ``records`` are the numbers of :data:`HEALTH_RECORDS`.
    """

    code: str
    institution: str
    kind: str
    coverage: TableCoverage
    rows: int
    upload_days: int
    outpatient_visits: int
    discharges: int
    records: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class RowTotals:
    """Rows received, and what became of them: received = stored + duplicate + rejected."""

    received: int
    stored: int
    duplicate: int
    rejected: int


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Validated rows (校验入库) of one channel: of the month, and of all time up to its end."""

    channel: str
    month: int
    cumulative: int


@dataclass(frozen=True, slots=True)
class DayCell:
    """One institution's one day: datasets received of those due, rows received and rejected."""

    day: date
    datasets: int
    due: int
    received: int
    rejected: int
    is_past: bool

    @property
    def iso(self) -> str:
        """The day for an address."""
        return self.day.isoformat()

    @property
    def state(self) -> str:
        """``full``, ``part``, ``few`` (less than half), ``none``, or ``ahead`` for a day that has not come."""
        if self.datasets >= self.due:
            return "full"
        if self.datasets:
            return "part" if 2 * self.datasets >= self.due else "few"
        return "none" if self.is_past else "ahead"


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One institution's month, day by day."""

    code: str
    name: str
    due: int
    cells: tuple[DayCell, ...]

    @property
    def full_days(self) -> int:
        return sum(cell.state == "full" for cell in self.cells)


@dataclass(frozen=True, slots=True)
class MatrixDay:
    """One column of the month: the day and its weekday."""

    day: date
    weekday: str
    is_weekend: bool
    is_today: bool


def matrix_days(month: date, today: date) -> list[MatrixDay]:
    """The columns of the month that begins on ``month``."""
    return [
        MatrixDay(day, "一二三四五六日"[day.weekday()], day.weekday() >= 5, day == today)
        for day in days_of_month(month)
    ]


@dataclass(frozen=True, slots=True)
class MatrixSummary:
    """The matrix in words: institutions in all, and those complete, incomplete and silent on the days past."""

    institutions: int
    complete: int
    partial: int
    silent: int


def matrix_summary(rows: Sequence[MatrixRow]) -> MatrixSummary:
    """Count institutions by their whole month. Days that have not come are not held against anyone."""
    silent = sum(not any(cell.datasets for cell in row.cells) for row in rows)
    complete = sum(all(cell.state in ("full", "ahead") for cell in row.cells) for row in rows)
    complete -= sum(all(cell.state == "ahead" for cell in row.cells) for row in rows)
    return MatrixSummary(len(rows), complete, len(rows) - complete - silent, silent)
