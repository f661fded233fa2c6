"""Moves of batches and submissions in the ledger, each in one transaction.

A batch is prepared before the lake's commit and finished after it. Killed in between, the next holder of the
table's lock asks the lake: the commit is there, then the batch is finished; it is not, then it is aborted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet

from kangqiao.base.clock import now
from kangqiao.base.errors import StateConflict
from kangqiao.base.home import Home
from kangqiao.engine.lake.lake import Lake, LakeTable, discard, drafts, settle
from kangqiao.intake.models import Batch, BatchKind, BatchState, ReplacedRow, Submission, SubmissionState, Violation
from kangqiao.intake.rejected import remove_rejected
from kangqiao.standards.model import Channel, Dataset

CHUNK = 500


@dataclass(frozen=True, slots=True)
class FactSink:
    """Where daily facts go. Intake may not know its readers, so they hand their doors in."""

    record: Callable[[Iterable[Submission]], object]
    """Called with submissions that became current, in the ledger's transaction."""
    forget: Callable[[Iterable[Submission]], object]
    """Called with submissions that are current no more and have no successor."""


def write_submissions(submissions: list[Submission], violations: Iterable[Violation] = ()) -> None:
    """Insert submissions and their violations."""
    Submission.objects.bulk_create(submissions, batch_size=CHUNK)
    Violation.objects.bulk_create(violations, batch_size=CHUNK)


@transaction.atomic
def finish_batch(batch: Batch, snapshot_id: int | None, facts: FactSink) -> None:
    """The batch is in the lake: its submissions become the current ones, what they replace steps back."""
    submissions = list(batch.submissions.all())
    replaced = [item.replaces_id for item in submissions if item.replaces_id]
    for start in range(0, len(replaced), CHUNK):
        Submission.objects.filter(pk__in=replaced[start : start + CHUNK]).update(
            is_current=False, state=SubmissionState.SUPERSEDED
        )
    _set_back_additions(submissions)
    batch.submissions.update(is_current=True, state=SubmissionState.STORED)
    for item in submissions:
        item.is_current, item.state = True, SubmissionState.STORED
    _recount_documents(submissions, facts)
    facts.record([*take_places(batch), *submissions])
    _close(batch, BatchState.DONE, snapshot_id)


def _set_back_additions(submissions: list[Submission]) -> None:
    """A whole day that came again replaces also what had been added to the day."""
    for item in submissions:
        if item.superseded and not item.is_addition:
            additions_of_day(item).update(is_current=False, state=SubmissionState.SUPERSEDED)


def additions_of_day(item: Submission) -> QuerySet[Submission]:
    """What is current and was added to the institution, channel, dataset and day of ``item``."""
    return Submission.objects.filter(
        institution=item.institution, channel=item.channel, dataset=item.dataset, day=item.day
    ).filter(is_current=True, is_addition=True)


def take_places(batch: Batch, *, back: bool = False) -> list[Submission]:
    """Count what the batch takes the place of out of earlier submissions; ``back`` counts it in again."""
    changed = list(Submission.objects.filter(pk__in=list(batch.takes)).select_related("institution"))
    for item in changed:
        taken = batch.takes[item.pk]
        sign = -1 if back else 1
        item.rejected -= sign * taken.get("rejected", 0)
        item.stored -= sign * taken.get("stored", 0)
        item.replaced += sign * (taken.get("rejected", 0) + taken.get("stored", 0))
        for name, text in taken.get("measures", {}).items():
            item.measures[name] = str(Decimal(item.measures.get(name, "0")) - sign * Decimal(text))
        item.save(update_fields=["rejected", "stored", "replaced", "measures"])
    return [item for item in changed if item.is_current]


def _recount_documents(submissions: list[Submission], facts: FactSink) -> None:
    """Count the days anew that a new version of a document has left."""
    replaced = [item.replaces for item in submissions if item.document_key and item.replaces]
    if replaced:
        facts.forget(replaced)
        facts.record(left_on_days(replaced))


@transaction.atomic
def abort_batch(batch: Batch) -> None:
    """The batch never reached the lake."""
    batch.submissions.update(state=SubmissionState.ABORTED)
    batch.replaced_rows.all().delete()
    _close(batch, BatchState.ABORTED, None)


@transaction.atomic
def finish_rollback(batch: Batch, kept: Collection[int], facts: FactSink) -> list[Submission]:
    """The lake went back; ``kept`` are the versions it still stands on.

    What later loads brought steps back, what they had replaced becomes current again.
    """
    undone = Batch.objects.filter(
        channel=batch.channel, dataset=batch.dataset, kind=BatchKind.LOAD, state=BatchState.DONE
    ).exclude(snapshot_id__in=list(kept))
    gone = list(Submission.objects.filter(batch__in=undone).select_related("institution"))
    Submission.objects.filter(pk__in=[item.pk for item in gone]).update(
        is_current=False, state=SubmissionState.ROLLED_BACK
    )
    given_back = [item for one in undone for item in take_places(one, back=True)]
    ReplacedRow.objects.filter(batch__in=undone).delete()
    Batch.objects.filter(pk__in=[one.pk for one in undone]).update(state=BatchState.ROLLED_BACK)
    facts.forget(gone)
    facts.record([*given_back, *_reinstate(gone)])
    _close(batch, BatchState.DONE, batch.snapshot_id)
    return gone


def _reinstate(gone: list[Submission]) -> list[Submission]:
    """What was current on the days of ``gone`` before, current again; and a witness for each day that has rows left."""
    replaced = [item.replaces_id for item in gone if item.document_key and item.replaces_id]
    back = list(Submission.objects.filter(pk__in=replaced, state=SubmissionState.SUPERSEDED))
    for item in _first_of_each_day(item for item in gone if not item.is_addition):
        back += _before(item)
    Submission.objects.filter(pk__in=[item.pk for item in back]).update(is_current=True, state=SubmissionState.STORED)
    for item in back:
        item.is_current, item.state = True, SubmissionState.STORED
    return back + left_on_days(item for item in gone if item.is_addition)


def _first_of_each_day(gone: Iterable[Submission]) -> list[Submission]:
    """The earliest of ``gone`` for each day."""
    first: dict[tuple[object, ...], Submission] = {}
    for item in sorted(gone, key=lambda item: item.pk, reverse=True):
        first[item.institution_id, item.channel, item.dataset, item.day] = item
    return list(first.values())


def _before(gone: Submission) -> list[Submission]:
    """The newest whole day before ``gone``, and what had been added to it since."""
    earlier = Submission.objects.filter(
        institution=gone.institution, channel=gone.channel, dataset=gone.dataset, day=gone.day, pk__lt=gone.pk
    ).filter(state=SubmissionState.SUPERSEDED)
    whole = earlier.filter(is_addition=False).order_by("-pk").first()
    added = earlier.filter(is_addition=True, pk__gt=whole.pk if whole else "")
    return [*([whole] if whole else []), *added]


def left_on_days(gone: Iterable[Submission]) -> list[Submission]:
    """For each day that additions left: one current submission, so that the day is counted anew."""
    left = []
    for institution, channel, dataset, day in {
        (item.institution_id, item.channel, item.dataset, item.day) for item in gone
    }:
        current = Submission.objects.filter(institution=institution, channel=channel, dataset=dataset, day=day)
        if witness := current.filter(is_current=True).first():
            left.append(witness)
    return left


def recover_table(home: Home, lake: Lake, channel: Channel, dataset: Dataset, facts: FactSink) -> None:
    """Bring to an end what a killed process left of one table. The caller holds the table's lock."""
    folder = lake.folder(channel, dataset)
    waiting = Batch.objects.filter(channel=channel, dataset=dataset.name, state=BatchState.PREPARED).order_by("pk")
    for batch in waiting:
        table = lake.table(channel, dataset)
        if batch.kind == BatchKind.ROLLBACK:
            roll_back(table, batch, facts)
            continue
        snapshot = table.snapshot_of(batch.pk) if table else None
        if snapshot is None:
            discard_batch(home, folder, batch.pk)
            abort_batch(batch)
        else:
            finish_batch(batch, snapshot, facts)
            settle(folder, batch.pk)
    for name in drafts(folder):
        if Batch.objects.filter(pk=name, state__in=[BatchState.DONE, BatchState.ROLLED_BACK]).exists():
            settle(folder, name)
        else:
            discard_batch(home, folder, name)


def roll_back(table: LakeTable | None, batch: Batch, facts: FactSink) -> list[Submission]:
    """Do, or do again, what a prepared rollback says."""
    if table is None or batch.snapshot_id is None:
        raise StateConflict(f"{batch.dataset}: rollback {batch.pk} has no table or version")
    table.roll_back(batch.snapshot_id)
    return finish_rollback(batch, {item.snapshot_id for item in table.versions()}, facts)


def discard_batch(home: Home, folder: Path, batch: str) -> None:
    """Remove the files of a batch that was never committed."""
    remove_rejected(home.rejected, batch)
    discard(folder, batch)


def _close(batch: Batch, state: BatchState, snapshot_id: int | None) -> None:
    batch.state = state
    batch.snapshot_id = snapshot_id
    batch.finished_at = now()
    batch.save(update_fields=["state", "snapshot_id", "finished_at"])
