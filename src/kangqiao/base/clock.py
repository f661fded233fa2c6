"""Time as the city keeps it: Asia/Shanghai, injected so that tests can stand still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, aware, in Beijing time."""
    return datetime.now(BEIJING)


def parse_day(text: str) -> date:
    """``2024-06-30`` to a date. Raises ValueError for anything else, ``20240630`` and ``2024-6-3`` included."""
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(f"not a day in ISO form: {text!r}")
    return day


def parse_month(text: str) -> date:
    """``2024-06`` to the month's first day. Raises ValueError for anything else."""
    return parse_day(f"{text}-01")


def days_of_month(first: date) -> list[date]:
    """All days of the month that begins on ``first``, in order."""
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return [first + timedelta(days=n) for n in range((following - first).days)]
