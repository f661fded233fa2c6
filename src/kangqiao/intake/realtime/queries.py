"""Reads of the inbox."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404

from kangqiao.access.rights import Reader
from kangqiao.intake.models import BatchState, Submission
from kangqiao.intake.realtime.models import FormCall, FormRow

UNPLACED = Q(batch=None) | Q(batch__state=BatchState.ABORTED)
NOT_TAKEN_OUT = Q(taken_out_by=None) | Q(taken_out_by__state=BatchState.ABORTED)


def waiting_datasets() -> list[str]:
    """Datasets that a flush has something to do for."""
    waiting = FormRow.objects.filter(UNPLACED).values_list("dataset", flat=True)
    leaving = rows_to_take_out().values_list("dataset", flat=True)
    return sorted({*waiting.distinct().order_by(), *leaving.distinct().order_by()})


def rows_to_flush(dataset: str, limit: int) -> list[FormRow]:
    """Rows that no submission has, oldest first, withdrawn ones among them."""
    return list(FormRow.objects.filter(UNPLACED, dataset=dataset).select_related("institution").order_by("pk")[:limit])


def rows_to_take_out() -> QuerySet[FormRow]:
    """Stored rows that were corrected or cancelled and still lie in the lake."""
    current = Submission.objects.filter(is_current=True, is_addition=True).values("pk")
    return FormRow.objects.filter(
        NOT_TAKEN_OUT, is_withdrawn=True, verdict="accepted", batch__state=BatchState.DONE, submission_id__in=current
    )


def waiting_counts(days: tuple[date, date], institutions: Collection[int] | None) -> dict[tuple[int, str, date], int]:
    """Institution's key, dataset, day → accepted rows that are durable and not yet in the lake."""
    rows = FormRow.objects.filter(UNPLACED, is_current=True, day__range=days)
    if institutions is not None:
        rows = rows.filter(institution_id__in=institutions)
    counted = rows.values_list("institution_id", "dataset", "day").annotate(rows=Count("pk")).order_by()
    return {(institution, dataset, day): number for institution, dataset, day, number in counted}


def call_for(reader: Reader, number: str) -> FormCall:
    """One call; one answer (404) for a call that is not there and one that is not the reader's."""
    institutions = reader.institutions("form.view")
    calls = FormCall.objects.all()
    return get_object_or_404(
        calls if institutions is None else calls.filter(institution_id__in=institutions), pk=number
    )


def states_of(call: FormCall) -> list[dict[str, Any]]:
    """Where each row of the call is now, in order."""
    return [{"row": row.place, "state": _state(row)} for row in call.rows.select_related("batch").order_by("place")]


def _state(row: FormRow) -> str:
    if row.verdict != "accepted":
        return row.verdict
    if row.is_withdrawn:
        return "replaced"
    return "stored" if row.batch is not None and row.batch.state == BatchState.DONE else "waiting"
