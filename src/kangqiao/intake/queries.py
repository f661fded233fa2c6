"""Reads of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db.models import Max, QuerySet
from django.shortcuts import get_object_or_404

from kangqiao.intake.models import Submission, SubmissionState, Violation
from kangqiao.registry.definitions import datasets

RECEIVED_STATES = (SubmissionState.STORED, SubmissionState.UNCHANGED, SubmissionState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """What a list of submissions is narrowed to; an empty value narrows nothing."""

    institution: str = ""
    channel: str = ""
    dataset: str = ""
    state: str = ""
    day_from: date | None = None
    day_to: date | None = None


def filtered_submissions(wanted: SubmissionFilter) -> QuerySet[Submission]:
    """Submissions that fit, newest first, with their institutions.."""
    conditions = {
        "institution__code": wanted.institution,
        "channel": wanted.channel,
        "dataset": wanted.dataset,
        "state": wanted.state,
        "day__gte": wanted.day_from,
        "day__lte": wanted.day_to,
    }
    narrowed = {name: value for name, value in conditions.items() if value}
    return Submission.objects.select_related("institution").filter(**narrowed)


def submission_or_404(submission_id: str) -> Submission:
    """One submission with its institution and the one it replaces."""
    return get_object_or_404(Submission.objects.select_related("institution", "replaces"), pk=submission_id)


def successor_of(submission: Submission) -> Submission | None:
    """The submission that replaced this one, if any; the newest when there were several."""
    return submission.replaced_by.exclude(state=SubmissionState.ABORTED).first()


def violations_of(submission: Submission) -> list[Violation]:
    """The violations of one submission, errors first, then by number of rows."""
    return list(submission.violations.order_by("severity", "-rows", "rule", "field"))


def current_submissions(month: date) -> Iterator[Submission]:
    """The current stored submissions whose day lies in the month that begins on ``month``."""
    current = Submission.objects.filter(
        is_current=True, state=SubmissionState.STORED, day__year=month.year, day__month=month.month
    )
    return current.order_by("id").iterator(chunk_size=2000)


def refused_submissions(limit: int) -> list[Submission]:
    """The newest submissions that were refused whole."""
    refused = Submission.objects.select_related("institution").filter(state=SubmissionState.REFUSED)
    return list(refused[:limit])


def last_received_at() -> datetime | None:
    """When the newest submission came; None when there is none."""
    return Submission.objects.aggregate(last=Max("received_at"))["last"]


@cache
def dataset_title(name: str) -> str:
    """The Chinese title of a dataset; the name itself when the catalogue does not know it."""
    found = datasets().get(name)
    return found.title if found else name
