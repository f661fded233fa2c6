"""The month in addresses and on pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import register_converter, reverse

from kangqiao.base.clock import days_of_month, now, parse_month


class MonthConverter:
    """``2024-06`` in an address to the month's first day, and back; anything else is not found."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> date:
        return parse_month(value)

    def to_url(self, value: date) -> str:
        return f"{value:%Y-%m}"


register_converter(MonthConverter, "month")


@dataclass(frozen=True, slots=True)
class MonthSwitch:
    """The month shown, with the addresses of the same page for its neighbours."""

    first: date
    last: date
    previous: str
    following: str

    @property
    def title(self) -> str:
        return f"{self.first.year}年{self.first.month}月"


def month_switch(first: date, page: str, query: str = "") -> MonthSwitch:
    """The switch of ``page``, whose address takes the month; ``query`` is kept."""
    last = days_of_month(first)[-1]
    before = (first - timedelta(days=1)).replace(day=1)
    after = last + timedelta(days=1)
    return MonthSwitch(first, last, reverse(page, args=[before]) + query, reverse(page, args=[after]) + query)


def this_month() -> date:
    """The first day of the running month in Beijing."""
    return now().date().replace(day=1)
