"""The month's board, read from facts and the ledger."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from tests.cast import DISTRICT, HOSPITAL, JUNE, OTHER_HOSPITAL, counted, submission

from kangqiao.base.clock import BEIJING
from kangqiao.intake.models import SubmissionState
from kangqiao.oversight.monitoring.month_queries import dataset_board, realtime_board
from kangqiao.oversight.monitoring.queries import Wanted, month_board
from kangqiao.registry.queries import institution_by_text
from kangqiao.standards.catalogue import catalogue

pytestmark = pytest.mark.django_db

DAY = date(2024, 6, 17)
"""A Monday."""
NOON = datetime(2024, 6, 18, 12, tzinfo=BEIJING)
VISITS = Wanted(kind="hospital", channel="scheduled", dataset="outpatient_visit")


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=BEIJING)


def sent(name: str, dataset: str, day: date, received: int, *, hour: int = 3, **values):
    """A day's rows, sent in the next morning at ``hour``."""
    return counted(name, dataset, day, received=received, received_at=at(day + timedelta(days=1), hour), **values)


def visits_since_april() -> None:
    """100 visits on working days, 30 on days of rest, for eight weeks before ``DAY``."""
    for back in range(1, 57):
        day = DAY - timedelta(days=back)
        sent(HOSPITAL, "outpatient_visit", day, 30 if day.weekday() >= 5 else 100)


def cell_of(board, name: str, day: date):
    code = institution_by_text(name).code
    return next(row for row in board.rows if row.code == code).cells[day.day - 1]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"received": 100}, "on_time"),
        ({"received": 100, "hour": 11}, "late"),
        ({"received": 49}, "fallen"),
        ({"received": 100, "rejected": 6}, "many_rejected"),
        ({"received": 50}, "on_time"),
    ],
)
def test_one_dataset_of_one_day(values, state):
    visits_since_april()
    sent(HOSPITAL, "outpatient_visit", DAY, **values)
    assert cell_of(month_board(JUNE, VISITS, None, NOON), HOSPITAL, DAY).state == state


def test_a_sunday_is_compared_with_sundays_and_a_holiday_with_holidays():
    visits_since_april()
    board = month_board(JUNE, VISITS, None, NOON)
    assert [cell_of(board, HOSPITAL, date(2024, 6, day)).state for day in (14, 15, 16)] == ["on_time"] * 3


def test_what_did_not_come_is_missing_once_its_time_has_passed():
    sent(HOSPITAL, "outpatient_visit", date(2024, 6, 3), 100)
    board = month_board(JUNE, VISITS, None, at(date(2024, 6, 18), 9))
    assert [cell_of(board, HOSPITAL, date(2024, 6, day)).state for day in (16, 17, 18)] == ["missing", "ahead", "ahead"]


def test_a_day_sent_again_was_on_time_when_it_first_came():
    first = sent(HOSPITAL, "outpatient_visit", DAY, 90, is_current=False, state=SubmissionState.SUPERSEDED)
    sent(HOSPITAL, "outpatient_visit", DAY, 100, hour=20, replaces=first)
    assert cell_of(month_board(JUNE, VISITS, None, at(date(2024, 6, 19), 9)), HOSPITAL, DAY).state == "on_time"


def test_a_file_refused_whole_does_not_make_a_day_be_on_time():
    submission(
        HOSPITAL, "outpatient_visit", DAY, received_at=at(DAY, 23), state=SubmissionState.REFUSED, is_current=False
    )
    sent(HOSPITAL, "outpatient_visit", DAY, 100, hour=11)
    assert cell_of(month_board(JUNE, VISITS, None, NOON), HOSPITAL, DAY).state == "late"


def test_a_form_after_midnight_makes_no_day_late_that_had_forms_before():
    counted(HOSPITAL, "lab_report", DAY, received=5, channel="realtime", received_at=at(DAY, 9), is_addition=True)
    submission(HOSPITAL, "lab_report", DAY, received=1, channel="realtime", received_at=NOON, is_addition=True)
    wanted = Wanted(channel="realtime", dataset="lab_report")
    assert cell_of(month_board(JUNE, wanted, None, NOON), HOSPITAL, DAY).state == "on_time"


def test_a_whole_day_of_both_channels():
    for item in catalogue().profile("hospital").prescriptions:
        if item.every == "day":
            moment = at(DAY, 15) if item.channel == "realtime" else at(date(2024, 6, 18), 3)
            counted(HOSPITAL, item.dataset, DAY, received=10, channel=str(item.channel), received_at=moment)
    found = cell_of(month_board(JUNE, Wanted(), None, NOON), HOSPITAL, DAY)
    assert (found.state, found.text, found.received) == ("on_time", "32/32", 320)
    sent(OTHER_HOSPITAL, "lab_report", DAY, 10)
    other = cell_of(month_board(JUNE, Wanted(), None, NOON), OTHER_HOSPITAL, DAY)
    assert (other.state, other.text) == ("partial", "1/32")


def test_a_file_without_rows_says_that_there_was_nothing():
    sent(HOSPITAL, "outpatient_visit", DAY, 0)
    found = cell_of(month_board(JUNE, VISITS, None, NOON), HOSPITAL, DAY)
    assert (found.state, found.text) == ("on_time", "1/1")


def test_rows_of_datasets_not_due_every_day_count_among_the_rejected():
    sent(HOSPITAL, "outpatient_visit", DAY, 10)
    sent(HOSPITAL, "staff", DAY, 100, rejected=90)
    found = cell_of(month_board(JUNE, Wanted(channel="scheduled"), None, NOON), HOSPITAL, DAY)
    assert (found.state, found.received, found.rejected, found.came) == ("many_rejected", 110, 90, 1)


def test_only_the_readers_institutions():
    sent(HOSPITAL, "outpatient_visit", DAY, 100)
    own = institution_by_text(HOSPITAL)
    assert [row.name for row in month_board(JUNE, Wanted(), {own.pk}, NOON).rows] == [HOSPITAL]
    assert month_board(JUNE, Wanted(), set(), NOON).rows == ()
    assert month_board(JUNE, Wanted(institution=own.code), {own.pk + 1}, NOON).rows == ()


def test_a_month_takes_a_handful_of_queries(django_assert_max_num_queries):
    sent(HOSPITAL, "outpatient_visit", DAY, 100)
    sent(DISTRICT, "outpatient_visit", DAY, 100)
    with django_assert_max_num_queries(10):
        assert len(month_board(JUNE, Wanted(), None, NOON).rows) == 51


def test_the_month_by_datasets():
    visits_since_april()
    sent(HOSPITAL, "lab_report", DAY, 100, rejected=20)
    board = dataset_board(JUNE, Wanted(kind="hospital", channel="scheduled"), None, NOON)
    found = {cell.dataset: cell for cell in board.rows[0].cells if cell}
    assert board.rows[0].name == HOSPITAL
    assert (found["outpatient_visit"].state, found["outpatient_visit"].text) == ("on_time", "16/17")
    assert (found["lab_report"].state, found["lab_report"].text) == ("many_rejected", "1/17")
    assert (found["exam_report"].state, found["exam_report"].text) == ("missing", "0/17")
    assert (found["staff"].state, found["staff"].text) == ("ahead", "—")


def test_real_time_days_and_forms():
    for day in (DAY, DAY - timedelta(days=1)):
        counted(HOSPITAL, "lab_report", day, received=5, channel="realtime", received_at=at(day, 9))
    counted(HOSPITAL, "exam_report", DAY, received=2, rejected=1, channel="realtime", received_at=at(DAY, 10))
    board = realtime_board(JUNE, Wanted(kind="hospital"), None, at(DAY, 12))
    row = board.rows[0]
    assert (row.days, row.days_due, row.forms, row.forms_due) == (2, 16, 2, 11)
    assert (row.received, row.rejected, row.today, row.last_at) == (12, 1, 7, at(DAY, 10))
    assert (row.cell.state, board.rows[1].cell.state) == ("partial", "missing")
