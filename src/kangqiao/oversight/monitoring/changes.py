"""A cheap mark of what the ledger and the inbox hold, and whose days differ between two marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kangqiao.base.clock import now
from kangqiao.intake.models import Batch, BatchKind, Submission
from kangqiao.intake.realtime.queries import waiting_counts

BATCHES = 100
"""The newest batches whose state is watched; one that changes later is found by the sweep once a minute."""
WAITING_DAYS = 45


@dataclass(frozen=True, slots=True)
class Marker:
    """The newest submission, the newest batches with their states, and the rows that wait."""

    newest: str
    batches: Mapping[str, tuple[str, str]]
    """Batch → state, kind."""
    waiting: Mapping[tuple[int, str, date], int]


def read_marker(_before: Marker | None = None) -> Marker:
    """Three small reads, each along a primary key or of a short table."""
    newest = Submission.objects.order_by("-id").values_list("id", flat=True).first() or ""
    batches = Batch.objects.order_by("-id").values_list("id", "state", "kind")[:BATCHES]
    today = now().date()
    waiting = waiting_counts((today - timedelta(days=WAITING_DAYS), today + timedelta(days=1)), None)
    return Marker(newest, {key: (state, kind) for key, state, kind in batches}, waiting)


def changed_institutions(before: Marker | None, after: Marker) -> set[int] | None:
    """Keys of institutions whose days may differ; None when it may be any (the first look, a rollback)."""
    if before is None:
        return None
    batches = [key for key, found in after.batches.items() if before.batches.get(key) != found]
    if any(after.batches[key][1] == BatchKind.ROLLBACK for key in batches):
        return None
    found = {key[0] for key in {*before.waiting, *after.waiting} if before.waiting.get(key) != after.waiting.get(key)}
    if batches:
        found |= _institutions(batch__in=batches)
    if after.newest != before.newest:
        found |= _institutions(pk__gt=before.newest)
    return found


def _institutions(**narrowed: object) -> set[int]:
    rows = Submission.objects.filter(institution__isnull=False, **narrowed)
    return set(rows.order_by().values_list("institution_id", flat=True).distinct())
