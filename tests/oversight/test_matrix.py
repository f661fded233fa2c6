"""The reporting calendar."""

from __future__ import annotations

from datetime import date

import pytest
from tests.cast import DISTRICT, HOSPITAL, JUNE, counted

from kangqiao.oversight.statistics.queries import month_matrix
from kangqiao.oversight.statistics.rules import DayCell, matrix_days, matrix_summary
from kangqiao.standards.catalogue import catalogue

DAY = date(2024, 6, 2)
TODAY = date(2024, 6, 3)


@pytest.fixture
def rows(db):
    counted(HOSPITAL, "outpatient_visit", DAY, received=200, rejected=1)
    counted(HOSPITAL, "lab_report", DAY, received=100, rejected=2)
    counted(HOSPITAL, "lab_report", DAY, received=7, channel="realtime")
    counted(HOSPITAL, "staff", DAY, received=50)
    counted(HOSPITAL, "exam_report", DAY, received=0)
    counted(DISTRICT, "lab_report", DAY, received=1)
    return month_matrix(JUNE, "hospital", "", TODAY)


def test_a_cell_counts_datasets_due_daily_that_came(rows):
    assert (len(rows), rows[0].name, rows[0].due, len(rows[0].cells)) == (39, HOSPITAL, 32, 30)
    cell = rows[0].cells[1]
    assert (cell.day, cell.datasets, cell.due, cell.received, cell.rejected) == (DAY, 3, 32, 307, 3)


def test_days_are_partial_silent_or_ahead(rows):
    assert [cell.state for cell in rows[0].cells[:4]] == ["none", "few", "ahead", "ahead"]
    assert rows[0].full_days == 0


@pytest.mark.parametrize(("channel", "datasets", "due"), [("scheduled", 2, 21), ("realtime", 1, 11)])
def test_one_channel_alone(rows, channel, datasets, due):
    cell = month_matrix(JUNE, "hospital", channel, TODAY)[0].cells[1]
    assert (cell.datasets, cell.due) == (datasets, due)


@pytest.mark.parametrize(("datasets", "state"), [(0, "none"), (1, "few"), (15, "few"), (16, "part"), (32, "full")])
def test_a_cell_is_judged_by_its_share(datasets, state):
    assert DayCell(DAY, datasets, 32, 0, 0, is_past=True).state == state


@pytest.mark.django_db
def test_a_day_with_everything_is_full():
    for item in catalogue().profile("hospital").prescriptions:
        if item.every == "day" and item.channel == "realtime":
            counted(HOSPITAL, item.dataset, DAY, received=1, channel="realtime")
    row = month_matrix(JUNE, "hospital", "realtime", TODAY)[0]
    assert (row.cells[1].state, row.cells[1].datasets, row.full_days) == ("full", 11, 1)


def test_the_summary_counts_institutions_by_their_month(rows):
    summary = matrix_summary(rows)
    assert (summary.institutions, summary.complete, summary.partial, summary.silent) == (39, 0, 1, 38)


def test_columns_carry_weekdays():
    days = matrix_days(JUNE, TODAY)
    assert [(item.day.day, item.weekday, item.is_weekend) for item in days[:3]] == [
        (1, "六", True), (2, "日", True), (3, "一", False),
    ]  # fmt: skip
    assert [item.day.day for item in days if item.is_today] == [3]
