"""Which days are alike."""

from __future__ import annotations

from datetime import date

import pytest

from kangqiao.oversight.monitoring.days import day_kind, like_days


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2024, 6, 7), "working"),
        (date(2024, 6, 8), "rest"),
        (date(2024, 6, 10), "holiday"),  # 端午节
        (date(2024, 5, 11), "make_up"),  # 劳动节调休
        (date(2024, 5, 1), "holiday"),
        (date(2031, 6, 7), "rest"),  # beyond the published holidays: the weekday alone
        (date(2031, 6, 9), "working"),
    ],
)
def test_kinds(day, kind):
    assert day_kind(day) == kind


def test_a_working_day_is_compared_with_working_days_of_its_weekday():
    kin, wide = like_days(date(2024, 6, 17), 14)
    assert kin == (date(2024, 6, 3),)  # 10 June is a holiday
    assert [day.day for day in wide] == [14, 13, 12, 11, 7, 6, 5, 4, 3]


def test_a_holiday_is_compared_with_holidays_then_with_sundays_too():
    kin, wide = like_days(date(2024, 6, 10), 56)
    assert kin == tuple(date(2024, 5, day) for day in (5, 4, 3, 2, 1))
    assert set(wide) - set(kin) == {date(2024, 6, 9), date(2024, 6, 2), date(2024, 5, 26), date(2024, 5, 19)} | {
        date(2024, 5, 12),
        date(2024, 4, 21),
    }


def test_a_make_up_day_is_compared_with_working_days():
    kin, wide = like_days(date(2024, 5, 11), 7)
    assert kin == wide == tuple(date(2024, 5, day) for day in (10, 9, 8, 7, 6))


def test_a_saturday_is_not_compared_with_sundays_unless_there_are_too_few():
    kin, wide = like_days(date(2024, 6, 15), 14)
    assert kin == (date(2024, 6, 8), date(2024, 6, 1))
    assert wide == (date(2024, 6, 9), date(2024, 6, 8), date(2024, 6, 2), date(2024, 6, 1))
