"""One batch: the files of one load for one lake table, judged together, stored in one commit."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.db import transaction
from django.db.models import Sum
from pyiceberg.manifest import DataFile

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now
from kangqiao.base.errors import FileRefused
from kangqiao.base.home import Home
from kangqiao.base.ids import new_id
from kangqiao.engine.formats.received import digest_of
from kangqiao.engine.identity.separation import create_identity, identities, pseudonyms
from kangqiao.engine.lake.lake import Lake, LakeTable, NewFile, open_draft, settle
from kangqiao.engine.lake.writing import DayRows, LakeWriter
from kangqiao.engine.validation.counting import Verdict, count
from kangqiao.engine.validation.findings import find
from kangqiao.engine.validation.judge import Arrival, Judge, Stored
from kangqiao.intake.ledger import FactSink, finish_batch, write_submissions
from kangqiao.intake.models import Batch, Submission, SubmissionState, Violation
from kangqiao.intake.receipts import Receipt
from kangqiao.intake.rejected import RejectedWriter
from kangqiao.intake.rules import readable
from kangqiao.registry.actions import register_identities, register_pseudonyms
from kangqiao.registry.models import Institution
from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import Channel, Dataset

Progress = Callable[[int], None]
"""Called with the number of files that are done since the last call."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file whose address is known to be right."""

    path: Path
    institution: Institution
    day: date
    name: str = ""
    """The file as its sender called it, where ``path`` is ours."""


@dataclass(frozen=True)
class Table:
    """The lake table that a batch is for, and what it takes to fill it."""

    home: Home
    lake: Lake
    catalogue: Catalogue
    channel: Channel
    dataset: Dataset
    facts: FactSink
    load_id: str
    by: Reader = field(default_factory=Reader.of_command)
    """Who brings the files."""

    @property
    def folder(self) -> Path:
        return self.lake.folder(self.channel, self.dataset)


@dataclass
class BatchLoad:
    """Loads ``incoming``, at most one file an institution and day, into ``table``. Its lock is held."""

    table: Table
    incoming: list[Incoming]
    progress: Progress
    batch_id: str = field(default_factory=new_id)

    def run(self) -> list[Receipt]:
        """Judge, store, account. Returns a receipt a file, in order."""
        work = self.table.home.work / f"{self.table.channel}.{self.table.dataset.name}"
        shutil.rmtree(work, ignore_errors=True)  # the lock is ours: what lies here is a dead process's
        work.mkdir(parents=True)
        try:
            with Judge(self.table.dataset, self.table.catalogue.value_sets, work) as judge:
                return self._run(judge)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _run(self, judge: Judge) -> list[Receipt]:
        self._current = self._current_submissions()
        self._added = self._added_rows()
        receipts = [self._read(judge, number, item) for number, item in enumerate(self.incoming)]
        read = {number: receipts[number] for number in judge.files}
        if read:
            open_draft(self.table.folder, self.batch_id)
            self._resolve(judge)
            verdicts = count(judge)
            for number, receipt in read.items():
                self._apply(receipt, judge, number, verdicts[number])
            self._keep_left_out(judge, read)
        others = [item.submission for number, item in enumerate(receipts) if number not in read]
        self._store(judge, list(read.values()), others)
        return receipts

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def _current_submissions(self) -> dict[tuple[int, object], Submission]:
        days = [item.day for item in self.incoming]
        found = Submission.objects.filter(
            channel=self.table.channel,
            dataset=self.table.dataset.name,
            is_current=True,
            is_addition=False,
            day__gte=min(days),
            day__lte=max(days),
        )
        return {(item.institution_id or 0, item.day or date.min): item for item in found}

    def _added_rows(self) -> dict[tuple[int, date], int]:
        """Institution and day → stored rows that were added to it (forms, mended rows, replays)."""
        days = [item.day for item in self.incoming]
        of_days = Submission.objects.filter(
            channel=self.table.channel, dataset=self.table.dataset.name, day__gte=min(days), day__lte=max(days)
        ).filter(is_current=True, is_addition=True)
        sums = of_days.values_list("institution_id", "day").annotate(rows=Sum("stored")).order_by()
        return {(institution or 0, day or date.min): rows for institution, day, rows in sums}

    def _read(self, judge: Judge, number: int, item: Incoming) -> Receipt:
        submission = self._submission(item)
        before = self._current.get((item.institution.pk, item.day))
        try:
            if before and self._is_unchanged(item, before):
                copy_outcome(submission, before)
            else:
                institution = item.institution.code
                read = judge.read(Arrival(number, item.path, institution, item.day, submission.pk))
                submission.sha256, submission.size, submission.encoding = read.sha256, read.size, read.encoding
                submission.delimiter = read.layout.delimiter
                submission.header = list(read.layout.header)
                submission.unknown_columns = list(read.layout.unknown)
                submission.replaces = before
        except FileRefused as error:
            submission.state = SubmissionState.REFUSED
            submission.refusal_code, submission.refusal_message = error.code, error.message
        self.progress(1)
        return Receipt(submission)

    def _submission(self, item: Incoming) -> Submission:
        return Submission(
            pk=new_id(),
            load_id=self.table.load_id,
            institution=item.institution,
            institution_text=item.institution.name,
            channel=str(self.table.channel),
            dataset=self.table.dataset.name,
            day=item.day,
            day_text=item.day.isoformat(),
            state=SubmissionState.PREPARED,
            file_name=item.name or readable(item.path.name),
            rules_digest=self.table.dataset.digest,
            received_at=now(),
        )

    def _is_unchanged(self, item: Incoming, before: Submission) -> bool:
        """The very file that is stored already, judged by the same rules, and would be judged alike again."""
        is_same = before.rules_digest == self.table.dataset.digest and digest_of(item.path) == before.sha256
        return is_same and not (before.duplicate and self._has_changed_since(before))

    def _has_changed_since(self, before: Submission) -> bool:
        """Whether a later load brought other days, so that what was a duplicate may be none any more."""
        stored = (SubmissionState.STORED, SubmissionState.SUPERSEDED)
        later = Submission.objects.filter(
            institution=before.institution, channel=before.channel, dataset=before.dataset, state__in=stored
        )
        return later.filter(load_id__gt=before.load_id).exclude(day=before.day).exists()

    # ── judging ──────────────────────────────────────────────────────────────────────────────

    def _resolve(self, judge: Judge) -> None:
        judge.resolve(self._stored())

    def _stored(self) -> Stored:
        institutions = {item.institution.code for item in self.incoming}
        others = {
            reference.dataset: self._paths(self.table.catalogue.datasets[reference.dataset], institutions)
            for reference in self.table.dataset.references
        }
        return Stored(
            self._paths(self.table.dataset, institutions),
            others,
            moments={item.dataset: self._paths_of_all(item.dataset) for item in self.table.dataset.successions},
            person_key=self.table.home.person_key(),
        )

    def _paths_of_all(self, name: str) -> tuple[str, ...]:
        """Files of a dataset, whoever sent them by whichever channel."""
        dataset = self.table.catalogue.datasets[name]
        tables = [self.table.lake.table(channel, dataset) for channel in Channel]
        return tuple(path for found in tables if found for path in found.paths())

    def _paths(self, dataset: Dataset, institutions: Iterable[str]) -> tuple[str, ...]:
        found = self.table.lake.table(self.table.channel, dataset)
        return found.paths(set(institutions)) if found else ()

    def _apply(self, receipt: Receipt, judge: Judge, number: int, verdict: Verdict) -> None:
        submission = receipt.submission
        submission.received, submission.stored = verdict.received, verdict.accepted
        submission.duplicate, submission.rejected = verdict.duplicate, verdict.rejected
        submission.superseded = self._stepping_back(submission)
        submission.measures = {name: str(value) for name, value in verdict.measures.items()}
        submission.dimensions = {str(name): list(pair) for name, pair in verdict.dimensions.items()}
        receipt.violations = [item.as_dict() for item in verdict.violations]

    def _stepping_back(self, submission: Submission) -> int:
        """Stored rows that the lake holds of the day: of the submission before, and what was added to it."""
        before = submission.replaces.stored if submission.replaces else 0
        if submission.is_addition:
            return before
        return before + self._added.get((submission.institution_id or 0, submission.day or date.min), 0)

    def _keep_left_out(self, judge: Judge, read: dict[int, Receipt]) -> None:
        writer = RejectedWriter(self.table.home.rejected, self.batch_id)
        if any(item.submission.rejected or item.submission.duplicate for item in read.values()):
            for row in find(judge, only_left_out=True):
                read[row.file].add_row(row)
                writer.add(read[row.file].submission.pk, row)
        writer.close()

    # ── storing ──────────────────────────────────────────────────────────────────────────────

    def _store(self, judge: Judge, read: list[Receipt], others: list[Submission]) -> None:
        """Write the lake's files, prepare the ledger, commit the lake, finish the ledger.

        A batch without rows is committed too: each batch is a version of the table.
        """
        if not read:
            write_submissions(others)
            return
        table = self.table.lake.create_table(self.table.channel, self.table.dataset)
        create_identity(judge.connection, self.table.dataset, self.table.home.person_key())
        added, removed = self._write_files(judge, table, [receipt.submission for receipt in read])
        batch = self._prepare(judge, read, others)
        finish_batch(batch, table.commit(self.batch_id, added, removed), self.table.facts)
        settle(self.table.folder, self.batch_id)
        for receipt in read:
            receipt.submission.state = SubmissionState.STORED

    def _write_files(
        self, judge: Judge, table: LakeTable, submissions: list[Submission]
    ) -> tuple[list[NewFile], list[DataFile]]:
        """Files that the batch adds to the table, and files that they stand for."""
        brought: list[DayRows] = []
        replaced: dict[str, set[date]] = defaultdict(set)
        for item in submissions:
            assert item.institution is not None
            assert item.day is not None
            brought.append(DayRows(item.institution.code, item.day, item.stored))
            if item.superseded:
                replaced[item.institution.code].add(item.day)
        writer = LakeWriter(judge.connection, self.table.dataset, self.table.folder, self.batch_id)
        removed = table.files_of_days(replaced) if replaced else []
        return writer.write_accepted(brought) + writer.write_remains(removed, replaced), removed

    @transaction.atomic
    def _prepare(self, judge: Judge, read: list[Receipt], others: list[Submission]) -> Batch:
        """Write everything of the batch to the ledger but what makes it current."""
        write_submissions(others)
        batch = Batch.objects.create(
            pk=self.batch_id,
            load_id=self.table.load_id,
            channel=self.table.channel,
            dataset=self.table.dataset.name,
            created_at=now(),
        )
        for receipt in read:
            receipt.submission.batch = batch
        write_submissions(
            [receipt.submission for receipt in read],
            [Violation(submission=receipt.submission, **item) for receipt in read for item in receipt.violations],
        )
        institutions = {item.institution.code: item.institution for item in self.incoming}
        for block in identities(judge.connection):
            register_identities(block, institutions)
        for block in pseudonyms(judge.connection):
            register_pseudonyms(block)
        self._record(batch, [receipt.submission for receipt in read])
        return batch

    def _record(self, batch: Batch, submissions: list[Submission]) -> None:
        """Leave a trace of who brought what; by itself in the institution's chain if it is one institution's."""
        institutions = {item.institution_id for item in submissions}
        rows = {name: sum(getattr(item, name) for item in submissions) for name in ("received", "stored", "rejected")}
        record_event(
            self.table.by,
            "submission.load",
            subject=batch.pk,
            institution_id=institutions.pop() if len(institutions) == 1 else None,
            detail={"channel": batch.channel, "dataset": batch.dataset, "submissions": len(submissions), **rows},
        )


def copy_outcome(submission: Submission, before: Submission) -> None:
    """The same file again: every row is stored already, was rejected, or was a duplicate, as before."""
    submission.state = SubmissionState.UNCHANGED
    submission.replaces = None
    for name in ("sha256", "size", "encoding", "delimiter", "header", "unknown_columns", "received", "rejected"):
        setattr(submission, name, getattr(before, name))
    submission.duplicate = before.duplicate + before.stored + before.replaced
