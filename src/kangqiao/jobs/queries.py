"""Reads of jobs."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Min, QuerySet

from kangqiao.jobs.models import Job, JobState


def job_or_none(job_id: str) -> Job | None:
    return Job.objects.filter(pk=job_id).first()


def jobs_in(state: str, institutions: frozenset[int] | None) -> QuerySet[Job]:
    """Jobs in a state, newest first, of some institutions' data; None: of all."""
    found = Job.objects.filter(state=state)
    return found if institutions is None else found.filter(institution_id__in=institutions)


def jobs_by_state() -> dict[str, int]:
    """State → jobs in it; every state is there, also with 0."""
    counted = dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))
    return {str(state): counted.get(str(state), 0) for state in JobState}


def oldest_due(moment: datetime) -> datetime | None:
    """Since when the longest waiting job could have begun; None when none is due."""
    due = Job.objects.order_by().filter(state=JobState.WAITING, run_at__lte=moment)
    oldest: datetime | None = due.aggregate(oldest=Min("run_at"))["oldest"]
    return oldest
