"""The days written and how busy each is: Sundays and holidays are weaker."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import numpy as np

from kangqiao.base.clock import days_of_month
from kangqiao.base.errors import RequestRefused

EPOCH = date(1900, 1, 1)


def day_number(day: date) -> int:
    """Days since 1900-01-01: the simulator's whole-number calendar."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


def chosen_days(first: date, span: tuple[int, int] | None) -> list[date]:
    """Days of the month, or those from ``span[0]`` to ``span[1]`` (days of the month, both included).

    Raises RequestRefused when the span is not inside the month.
    """
    days = days_of_month(first)
    if span is None:
        return days
    low, high = span
    if not 1 <= low <= high <= len(days):
        raise RequestRefused("simulate.days", f"{first:%Y-%m} 共 {len(days)} 天，没有 {low}-{high} 日。")
    return days[low - 1 : high]


def busyness(days: list[date]) -> np.ndarray:
    """A weight for each day. Years beyond the holiday table fall back to the weekday alone."""
    return np.array([_weight(day) for day in days])


def _weight(day: date) -> float:
    try:
        holiday, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        holiday, name = day.weekday() >= 5, None
    if holiday and name:
        return 0.4
    if day.weekday() == 6:
        return 0.5
    return 0.75 if holiday else (1.15 if day.weekday() == 0 else 1.0)


def spread(total: int, weights: np.ndarray) -> np.ndarray:
    """``total`` as whole numbers in proportion to ``weights``: largest remainders, the sum exact."""
    whole = float(weights.sum()) if len(weights) else 0.0
    if total <= 0 or whole <= 0:
        return np.zeros(len(weights), dtype=np.int64)
    share = weights * (total / whole)
    counts = np.floor(share).astype(np.int64)
    missing = total - int(counts.sum())
    order = np.argsort(-(share - counts), kind="stable")
    counts[np.resize(order, missing)] += 1
    return counts
