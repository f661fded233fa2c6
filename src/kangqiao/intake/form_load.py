"""Real-time forms (实时表单) on their way from the inbox to the lake: one batch, one commit, each row once.

A form was judged when it came, and its sender was told; here the verdict is only carried out. A flush brings rows
that wait, and takes out stored rows that were corrected or cancelled since, both in the same commit. The inbox hands
its rows in as :class:`FormDay`, and is told in the ledger's transaction where each row went; a batch that never
reached the lake leaves its rows waiting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from pyiceberg.manifest import DataFile

from kangqiao.base.home import current_home
from kangqiao.base.ids import new_id
from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.formats.header import Layout
from kangqiao.engine.formats.text_file import ReadFile
from kangqiao.engine.lake.lake import Lake, LakeTable, NewFile, local_path
from kangqiao.engine.lake.writing import DayRows, LakeWriter
from kangqiao.engine.validation.compile import ACCEPTED, DUPLICATE, REJECTED
from kangqiao.engine.validation.findings import find
from kangqiao.engine.validation.judge import Arrival, Judge, Stored
from kangqiao.intake import rejected
from kangqiao.intake.ledger import FactSink, recover_table
from kangqiao.intake.locks import table_lock
from kangqiao.intake.models import Batch, Submission
from kangqiao.intake.receipts import Receipt
from kangqiao.intake.rejected import LeftOut, RejectedWriter
from kangqiao.intake.table_load import BatchLoad, Incoming, Table
from kangqiao.registry.models import Institution
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel, Dataset

ENCODING = "json"
FATES = {"accepted": ACCEPTED, "duplicate": DUPLICATE, "rejected": REJECTED}

Place = tuple[str, int]
"""Submission and line."""


@dataclass(frozen=True, slots=True)
class FormRow:
    """One row as it waits in the inbox; ``number`` is the inbox's own."""

    number: int
    values: Mapping[str, str]
    verdict: str
    """``accepted``, ``duplicate`` or ``rejected``: what its sender was told."""
    findings: tuple[Mapping[str, Any], ...] = ()
    rules_digest: str = ""


@dataclass(frozen=True)
class FormDay:
    """What a flush does for one institution and day."""

    institution: Institution
    day: date
    rows: list[FormRow] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    """Numbers of rows that were corrected or cancelled before they were stored."""
    taken_out: list[Place] = field(default_factory=list)
    """Stored rows that were corrected or cancelled."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """How a flush talks to the inbox."""

    select: Callable[[], list[FormDay]]
    """What is to be done now; called when the table's lock is held and no batch is under way."""
    place: Callable[[Batch, Mapping[int, Place], Iterable[Place]], object]
    """Told, in the ledger's transaction, where rows go (by number) and which stored rows are taken out."""


def flush_forms(dataset: Dataset, inbox: Inbox, *, facts: FactSink) -> list[Receipt]:
    """Bring what waits of one dataset to the lake; a receipt an institution and day."""
    home = current_home()
    table = Table(home, Lake(home.lake), catalogue(), Channel.REALTIME, dataset, facts, new_id())
    with table_lock(home, Channel.REALTIME, dataset.name):
        recover_table(home, table.lake, Channel.REALTIME, dataset, facts)
        days = inbox.select()
        if not days:
            return []
        incoming = [IncomingForms(Path("forms"), item.institution, item.day, "", item) for item in days]
        return FormLoad(table, list(incoming), lambda done: None, inbox=inbox).run()


@dataclass(frozen=True, slots=True)
class IncomingForms(Incoming):
    """The forms of one institution and day."""

    forms: FormDay | None = None


@dataclass
class FormLoad(BatchLoad):
    """Carries out the verdicts on forms."""

    inbox: Inbox = field(kw_only=True)
    _forms: dict[int, FormDay] = field(default_factory=dict)
    _takes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def _current_submissions(self) -> dict[tuple[int, object], Submission]:
        return {}

    def _submission(self, item: Incoming) -> Submission:
        submission = super()._submission(item)
        submission.is_addition = True
        submission.file_name = f"{self.table.dataset.name}.json"
        return submission

    def _read(self, judge: Judge, number: int, item: Incoming) -> Receipt:
        assert isinstance(item, IncomingForms)
        assert item.forms is not None
        submission = self._submission(item)
        layout = _layout(self.table.dataset)
        read = ReadFile("", 0, ENCODING, layout)
        arrival = Arrival(number, item.path, item.institution.code, item.day, submission.pk)
        judge.take(arrival, (row.values for row in item.forms.rows), read)
        submission.encoding, submission.delimiter = ENCODING, layout.delimiter
        submission.header = list(layout.header)
        self._forms[number] = item.forms
        return Receipt(submission)

    def _stored(self) -> Stored:
        return replace(super()._stored(), own=(), others={}, moments={}, replaced=())

    def _resolve(self, judge: Judge) -> None:
        """Set each row's status to what its sender was told; only a definition changed since may reject it now."""
        judge.judge_taken()
        digest = self.table.dataset.digest
        judge.set_statuses(
            [
                (number, line, FATES[row.verdict])
                for number, forms in self._forms.items()
                for line, row in enumerate(forms.rows, 1)
                if row.rules_digest == digest or row.verdict != "accepted"
            ]
        )

    def _apply_withdrawn(self, receipt: Receipt, forms: FormDay) -> None:
        receipt.submission.received += len(forms.withdrawn)
        receipt.submission.replaced = len(forms.withdrawn)

    def _keep_left_out(self, judge: Judge, read: dict[int, Receipt]) -> None:
        writer = RejectedWriter(self.table.home.rejected, self.batch_id)
        names = [item.name for item in self.table.dataset.fields]
        for number, receipt in read.items():
            self._apply_withdrawn(receipt, self._forms[number])
            for line, row in enumerate(self._forms[number].rows, 1):
                if row.verdict != "accepted":
                    fate = rejected.REJECTED if row.verdict == "rejected" else rejected.DUPLICATE
                    cells = [row.values.get(name) for name in names]
                    writer.put(LeftOut(receipt.submission.pk, fate, line, cells, _reasons(row)))
        for found in find(judge, only_left_out=True):
            if self._forms[found.file].rows[found.line - 1].verdict == "accepted":
                writer.add(read[found.file].submission.pk, found)
        writer.close()

    def _write_files(
        self, judge: Judge, table: LakeTable, submissions: list[Submission]
    ) -> tuple[list[NewFile], list[DataFile]]:
        brought = [
            DayRows(item.institution.code, item.day, item.stored)
            for item in submissions
            if item.institution and item.day
        ]
        writer = LakeWriter(judge.connection, self.table.dataset, self.table.folder, self.batch_id)
        gone = [place for forms in self._forms.values() for place in forms.taken_out]
        days: dict[str, set[date]] = defaultdict(set)
        for forms in self._forms.values():
            if forms.taken_out:
                days[forms.institution.code].add(forms.day)
        removed = table.files_of_days(days) if days else []
        self._takes = self._count_taken(judge, removed, gone)
        return writer.write_accepted(brought) + writer.write_without_rows(removed, gone), removed

    def _count_taken(self, judge: Judge, files: list[DataFile], gone: list[Place]) -> dict[str, dict[str, Any]]:
        """Submission → rows that are taken out of it, and the sums of their measures."""
        measures = self.table.dataset.measures
        sums = "".join(f", sum(kept.{q(name)})" for name in measures)
        if not files:
            return {}
        found = judge.connection.execute(
            f"SELECT kept._submission, count(*){sums} FROM read_parquet($files, hive_partitioning=false) AS kept JOIN "
            "(SELECT unnest($submissions::VARCHAR[]) AS submission, unnest($lines::BIGINT[]) AS line) AS gone "
            "ON gone.submission = kept._submission AND gone.line = kept._line GROUP BY kept._submission",
            {
                "files": [local_path(file) for file in files],
                "submissions": [place[0] for place in gone],
                "lines": [place[1] for place in gone],
            },
        ).fetchall()
        return {row[0]: {"stored": row[1], "measures": _texts(measures, row[2:])} for row in found}

    @transaction.atomic
    def _prepare(self, judge: Judge, read: list[Receipt], others: list[Submission]) -> Batch:
        batch = super()._prepare(judge, read, others)
        batch.takes = self._takes
        batch.save(update_fields=["takes"])
        ids = dict(zip(self._forms, (receipt.submission.pk for receipt in read), strict=True))
        places = {
            row.number: (ids[number], line)
            for number, forms in self._forms.items()
            for line, row in enumerate(forms.rows, 1)
        }
        withdrawn = {row: (ids[number], 0) for number, forms in self._forms.items() for row in forms.withdrawn}
        gone = [place for forms in self._forms.values() for place in forms.taken_out]
        self.inbox.place(batch, places | withdrawn, gone)
        return batch


def _layout(dataset: Dataset) -> Layout:
    names = tuple(item.name for item in dataset.fields)
    return Layout(",", names, names)


def _reasons(row: FormRow) -> list[dict[str, Any]]:
    names = ("rule", "field", "value", "message")
    return [{name: item.get(name) for name in names} for item in row.findings if item.get("severity") == "error"]


def _texts(measures: Iterable[str], values: Iterable[Decimal | None]) -> dict[str, str]:
    return {name: str(value) for name, value in zip(measures, values, strict=True) if value is not None}
