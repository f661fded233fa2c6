"""Daily facts follow the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.cast import DISTRICT, HOSPITAL, JUNE, counted, submission

from kangqiao.base.errors import StateConflict
from kangqiao.intake.models import Submission, SubmissionState
from kangqiao.oversight.statistics.actions import forget_daily_facts, rebuild_daily_facts, record_daily_facts
from kangqiao.oversight.statistics.models import DailyFact, DailyMeasure

pytestmark = pytest.mark.django_db
DAY = date(2024, 6, 3)


def facts() -> list[tuple]:
    names = ("institution__name", "channel", "dataset", "day", "submission_id", "received", "stored", "rejected")
    return list(DailyFact.objects.order_by("pk").values_list(*names))


def test_a_submission_makes_one_fact_with_its_measures():
    item = counted(
        HOSPITAL, "outpatient_charge", DAY, received=10, rejected=2, measures={"total_amount": "1234.50"},
        dimensions={"conformity": [2, 300]},
    )  # fmt: skip
    assert facts() == [(HOSPITAL, "scheduled", "outpatient_charge", DAY, item.pk, 10, 8, 2)]
    assert DailyFact.objects.get().dimensions == {"conformity": [2, 300]}
    assert list(DailyMeasure.objects.values_list("measure", "value")) == [("total_amount", Decimal("1234.5"))]


def test_a_day_sent_again_replaces_its_fact_and_measures():
    first = counted(HOSPITAL, "outpatient_charge", DAY, received=10, measures={"a": "1", "b": "2"})
    Submission.objects.filter(pk=first.pk).update(is_current=False)
    again = counted(HOSPITAL, "outpatient_charge", DAY, received=12, measures={"b": "3"})
    assert facts() == [(HOSPITAL, "scheduled", "outpatient_charge", DAY, again.pk, 12, 12, 0)]
    assert list(DailyMeasure.objects.values_list("measure", "value")) == [("b", Decimal(3))]


def test_of_two_submissions_of_one_day_in_one_call_the_later_counts():
    first = submission(HOSPITAL, "bed", DAY, received=1, is_current=False)
    second = submission(HOSPITAL, "bed", DAY, received=2)
    record_daily_facts([first, second])
    assert [row[4:6] for row in facts()] == [(second.pk, 2)]


def test_thousands_of_submissions_are_recorded_at_once(django_assert_max_num_queries):
    hospital = submission(HOSPITAL, "bed", DAY).institution
    items = [
        Submission(
            pk=f"{n}-{day}", institution=hospital, channel="scheduled", dataset=f"set{n}", day=date(2024, 6, day),
            received=day, stored=day, measures={"m": "0.01"},
        )
        for n in range(100)
        for day in range(1, 31)
    ]  # fmt: skip
    with django_assert_max_num_queries(50):
        record_daily_facts(iter(items))
    assert DailyFact.objects.count() == 3000
    assert DailyMeasure.objects.count() == 3000


def test_a_rolled_back_submission_is_forgotten_unless_its_day_was_sent_again():
    gone = counted(HOSPITAL, "bed", DAY, received=1, measures={"m": "1"})
    kept = counted(DISTRICT, "bed", DAY, received=2)
    assert forget_daily_facts([gone]) == 1
    assert [row[4] for row in facts()] == [kept.pk]
    assert DailyMeasure.objects.count() == 0
    assert forget_daily_facts([gone]) == 0


def test_a_submission_without_a_place_makes_no_fact():
    lost = submission(HOSPITAL, "bed", DAY, received=1)
    lost.institution = None
    with pytest.raises(StateConflict):
        record_daily_facts([lost])
    assert facts() == []


def test_the_month_is_rebuilt_from_current_submissions_alone():
    current = submission(HOSPITAL, "bed", DAY, received=5)
    submission(HOSPITAL, "staff", DAY, received=5, is_current=False, state=SubmissionState.SUPERSEDED)
    submission(HOSPITAL, "department", date(2024, 7, 1), received=5)
    stale = counted(DISTRICT, "bed", DAY, received=7)
    Submission.objects.filter(pk=stale.pk).update(is_current=False, state=SubmissionState.ROLLED_BACK)
    july = counted(DISTRICT, "bed", date(2024, 7, 1), received=9)
    assert rebuild_daily_facts(JUNE) == 1
    assert {row[4] for row in facts()} == {current.pk, july.pk}
