"""Which days are alike (同类日): working days by weekday, days of rest, public holidays, make-up working days."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

import chinese_calendar


class DayKind(StrEnum):
    """What a day is in China's calendar."""

    WORKING = "working"
    REST = "rest"
    HOLIDAY = "holiday"
    """Of a public holiday (节假日)."""
    MAKE_UP = "make_up"
    """A Saturday or Sunday worked for a holiday (调休上班)."""


@lru_cache(maxsize=4096)
def day_kind(day: date) -> DayKind:
    """The kind of a day. Years beyond the published holidays are judged by the weekday alone."""
    try:
        is_free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        is_free, name = day.weekday() >= 5, None
    if is_free:
        return DayKind.HOLIDAY if name else DayKind.REST
    return DayKind.MAKE_UP if day.weekday() >= 5 else DayKind.WORKING


@lru_cache(maxsize=4096)
def like_days(day: date, span: int) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """Days of the ``span`` days before ``day`` that it may be compared with: the nearest kin, and a wider circle.

    A working day's kin are working days of its weekday, in the wider circle all working days; days of rest likewise.
    A holiday's kin are holidays, then Sundays too; a make-up working day is compared with working days.
    """
    before = [day - timedelta(days=number) for number in range(1, span + 1)]
    kind = day_kind(day)
    if kind is DayKind.HOLIDAY:
        kin = [item for item in before if day_kind(item) is kind]
        wide = [item for item in before if _is_quiet(item)]
    elif kind is DayKind.MAKE_UP:
        kin = wide = [item for item in before if day_kind(item) in (DayKind.WORKING, kind)]
    else:
        wide = [item for item in before if day_kind(item) is kind]
        kin = [item for item in wide if item.weekday() == day.weekday()]
    return tuple(kin), tuple(wide)


def _is_quiet(day: date) -> bool:
    kind = day_kind(day)
    return kind is DayKind.HOLIDAY or (kind is DayKind.REST and day.weekday() == 6)
