"""What a fact holds, how days are judged, and the month's figures of one institution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kangqiao.base.clock import days_of_month
from kangqiao.base.errors import StateConflict

FIGURES = ("received", "stored", "duplicate", "rejected", "dimensions")

OUTPATIENT_VISIT = "outpatient_visit"
OUTPATIENT_CHARGE = "outpatient_charge"
INPATIENT_DISCHARGE = "inpatient_discharge"
INPATIENT_CHARGE = "inpatient_charge"
INCOME = "total_amount"


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
