"""What a fault is, and the changes to a row that many faults are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from kangqiao.standards.model import Severity

Row = dict[str, str]
"""One row's texts by field name."""
Change = Callable[[Row], bool]
"""Breaks a rule in a row; says False and leaves the row as it is when this row cannot break it alone."""

_STAMP = "%Y%m%dT%H%M%S"
_DAY = "%Y%m%d"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault in a dataset: the rule it breaks and the field the report will name."""

    rule: str
    field: str
    severity: Severity
    change: Change

    @property
    def is_rejecting(self) -> bool:
        return self.severity is Severity.ERROR


def moved(text: str, **by: int) -> str:
    """A D8 or DT15 some days, hours or minutes later."""
    form = _STAMP if "T" in text else _DAY
    return (datetime.strptime(text, form) + timedelta(**by)).strftime(form)  # noqa: DTZ007  local time, no zone


def put(**values: str) -> Change:
    """Write values where the row has these columns; the row must have all of them."""

    def change(row: Row) -> bool:
        if any(name not in row for name in values):
            return False
        row.update(values)
        return True

    return change


def shift(field: str, origin: str, **by: int) -> Change:
    """Put ``field`` some time from ``origin``; only the day where the field has no time."""

    def change(row: Row) -> bool:
        if field not in row or not row.get(origin):
            return False
        text = moved(row[origin], **by)
        row[field] = text
        return True

    return change


def shift_day(field: str, origin: str, days: int) -> Change:
    """Put the day of ``field`` some days from the day of ``origin``."""

    def change(row: Row) -> bool:
        if field not in row or not row.get(origin):
            return False
        row[field] = moved(row[origin][:8], days=days)
        return True

    return change


def add(field: str, amount: str, at_least: str = "-1") -> Change:
    """Add to a number, when it is more than ``at_least``."""

    def change(row: Row) -> bool:
        if not row.get(field) or Decimal(row[field]) <= Decimal(at_least):
            return False
        row[field] = str(Decimal(row[field]) + Decimal(amount))
        return True

    return change


def both(*changes: Change) -> Change:
    """Several changes, all or none."""

    def change(row: Row) -> bool:
        trial = dict(row)
        if not all(one(trial) for one in changes):
            return False
        row.update(trial)
        return True

    return change


def having(field: str, change: Change, *values: str) -> Change:
    """``change``, only in rows where ``field`` has a value (one of ``values`` when given)."""

    def guarded(row: Row) -> bool:
        text = row.get(field, "")
        return bool(text) and (not values or text in values) and change(row)

    return guarded


def blank(*fields: str) -> Change:
    """Empty some fields, those that the row has."""

    def change(row: Row) -> bool:
        row.update({name: "" for name in fields if name in row})
        return True

    return change
