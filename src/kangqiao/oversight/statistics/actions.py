"""Facts are written here, in the ledger's transaction, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from kangqiao.intake.models import Submission
from kangqiao.intake.queries import current_submissions, day_total, days_with_additions
from kangqiao.oversight.statistics.models import DailyFact, DailyMeasure
from kangqiao.oversight.statistics.rules import FIGURES, fact_figures, fact_key, measure_values

CHUNK = 2000


@transaction.atomic
def record_daily_facts(submissions: Iterable[Submission]) -> None:
    """Replace the facts of the days that ``submissions``, now current, speak for.

    Of two submissions for the same institution, channel, dataset and day the later one in the order counts; where
    something was added to a day (documents, forms, mended rows), all that is current of it is added up.
    """
    latest = list({fact_key(item): item for item in submissions}.values())
    for start in range(0, len(latest), CHUNK):
        items = latest[start : start + CHUNK]
        added = days_with_additions(items)
        _replace_facts([day_total(item) if fact_key(item) in added or item.replaced else item for item in items])


@transaction.atomic
def forget_daily_facts(submissions: Iterable[Submission]) -> int:
    """Delete the facts that still rest on ``submissions`` (rolled back, none before them); answers how many."""
    ids = [item.pk for item in submissions]
    forgotten = 0
    for start in range(0, len(ids), CHUNK):
        facts = DailyFact.objects.filter(submission_id__in=ids[start : start + CHUNK])
        forgotten += facts.delete()[1].get(DailyFact._meta.label, 0)
    return forgotten


@transaction.atomic
def rebuild_daily_facts(month: date) -> int:
    """Make the facts of the month that begins on ``month`` anew from the ledger; answers how many there are."""
    DailyFact.objects.filter(day__year=month.year, day__month=month.month).delete()
    submissions = list(current_submissions(month))
    record_daily_facts(submissions)
    return len(submissions)


def _replace_facts(items: list[Submission]) -> None:
    facts = DailyFact.objects.bulk_create(
        [_fact(item) for item in items],
        update_conflicts=True,
        unique_fields=["institution", "channel", "dataset", "day"],
        update_fields=["submission_id", *FIGURES],
    )
    DailyMeasure.objects.filter(fact_id__in=[fact.pk for fact in facts]).delete()
    DailyMeasure.objects.bulk_create(
        DailyMeasure(fact=fact, measure=measure, value=value)
        for fact, item in zip(facts, items, strict=True)
        for measure, value in measure_values(item.measures).items()
    )


def _fact(item: Submission) -> DailyFact:
    institution, channel, dataset, day = fact_key(item)
    return DailyFact(
        institution_id=institution,
        channel=channel,
        dataset=dataset,
        day=day,
        submission_id=item.pk,
        **fact_figures(item),
    )
