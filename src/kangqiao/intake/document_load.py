"""One batch of shared documents (共享文档): the rows they bring for one dataset, added to what is stored.

A document is a single event, so it replaces no day. It replaces its own earlier version: same set, higher version.
Each document and dataset is a submission of the channel ``document``; a dataset that the new version no longer fills
gets one without rows, so that the old rows step back and the ledger says so.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from pyiceberg.manifest import DataFile

from kangqiao.base.clock import now
from kangqiao.base.errors import FileRefused
from kangqiao.base.ids import new_id
from kangqiao.engine.cda import documents as cda
from kangqiao.engine.cda.mapping import Row
from kangqiao.engine.cda.values import read_time
from kangqiao.engine.formats.header import Layout
from kangqiao.engine.formats.text_file import ReadFile
from kangqiao.engine.lake.lake import LakeTable, NewFile
from kangqiao.engine.lake.writing import DayRows, LakeWriter
from kangqiao.engine.validation.judge import Arrival, Judge, Stored
from kangqiao.intake.models import Document, Submission, SubmissionState
from kangqiao.intake.receipts import Receipt
from kangqiao.intake.table_load import BatchLoad, Incoming, copy_outcome
from kangqiao.standards.model import Channel, Dataset

ENCODING = "xml"


@dataclass(frozen=True, slots=True)
class IncomingRows(Incoming):
    """What a document brings for one dataset."""

    rows: list[Row] = field(default_factory=list)
    document: Document | None = None


def identity_of(document: cda.Document) -> str:
    """The document's identity as the ledger keeps it: the parts may be longer than a column."""
    return hashlib.sha256(document.header.identity.encode()).hexdigest()


def day_of(dataset: Dataset, rows: list[Row], document: cda.Document) -> date:
    """The day of the rows: of the first event, else of the document. A document without either has been refused."""
    times = [row.get(dataset.event_time, "")[:8] for row in rows]
    for text in (*times, read_time(document.header.effective_time)[:8]):
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        except ValueError:
            continue
    return now().date()


@dataclass
class DocumentBatch(BatchLoad):
    """Loads what documents bring for one dataset. At most one version of a document is in a batch."""

    _replaced: list[str] = field(default_factory=list)

    def _current_submissions(self) -> dict[tuple[int, object], Submission]:
        keys = [document.identity for document in self._documents()]
        found: dict[tuple[int, object], Submission] = {}
        for start in range(0, len(keys), 500):
            current = Submission.objects.filter(
                channel=Channel.DOCUMENT,
                dataset=self.table.dataset.name,
                is_current=True,
                document_key__in=keys[start : start + 500],
            ).select_related("document")
            found |= {(item.institution_id or 0, item.document_key): item for item in current}
        return found

    def _documents(self) -> Iterator[Document]:
        for item in self.incoming:
            if isinstance(item, IncomingRows) and item.document is not None:
                yield item.document

    def _read(self, judge: Judge, number: int, item: Incoming) -> Receipt:
        assert isinstance(item, IncomingRows)
        assert item.document is not None
        submission = self._submission(item)
        submission.document, submission.document_key = item.document, item.document.identity
        submission.is_addition = True
        submission.file_name, submission.encoding = item.name, ENCODING
        before = self._current.get((item.institution.pk, item.document.identity))
        try:
            refuse_older(item.document, before.document if before else None)
        except FileRefused as error:
            submission.state = SubmissionState.REFUSED
            submission.refusal_code, submission.refusal_message = error.code, error.message
            return Receipt(submission)
        if before is not None and self._is_same(before, item.document):
            copy_outcome(submission, before)
            return Receipt(submission)
        self._take(judge, number, item, submission)
        if before is not None:
            submission.replaces = before
            self._replaced.append(before.pk)
        return Receipt(submission)

    def _is_same(self, before: Submission, document: Document) -> bool:
        return before.sha256 == document.sha256 and before.rules_digest == self.table.dataset.digest

    def _take(self, judge: Judge, number: int, item: IncomingRows, submission: Submission) -> None:
        assert item.document is not None
        layout = _layout(self.table.dataset)
        read = ReadFile(item.document.sha256, item.document.size, ENCODING, layout)
        judge.take(Arrival(number, item.path, item.institution.code, item.day, submission.pk), item.rows, read)
        submission.sha256, submission.size = read.sha256, read.size
        submission.delimiter, submission.header = layout.delimiter, list(layout.header)

    def _stored(self) -> Stored:
        return replace(super()._stored(), replaced=tuple(self._replaced))

    def _write_files(
        self, judge: Judge, table: LakeTable, submissions: list[Submission]
    ) -> tuple[list[NewFile], list[DataFile]]:
        rows: dict[tuple[str, date], int] = defaultdict(int)
        days: dict[str, set[date]] = defaultdict(set)
        for item in submissions:
            assert item.institution is not None
            assert item.day is not None
            rows[item.institution.code, item.day] += item.stored
            if item.replaces and item.superseded and item.replaces.day:
                days[item.institution.code].add(item.replaces.day)
        writer = LakeWriter(judge.connection, self.table.dataset, self.table.folder, self.batch_id)
        removed = table.files_of_days(days) if days else []
        gone = [item.replaces.pk for item in submissions if item.replaces]
        brought = [DayRows(code, day, count) for (code, day), count in rows.items()]
        return writer.write_accepted(brought) + writer.write_without(removed, gone), removed


def _layout(dataset: Dataset) -> Layout:
    names = tuple(field.name for field in dataset.fields)
    return Layout(",", names, names)


def refuse_older(document: Document, stored: Document | None) -> None:
    """Raise FileRefused when ``stored`` is a later version, or another document of the same version."""
    if stored is None or stored.sha256 == document.sha256 or stored.version < document.version:
        return
    if stored.version > document.version:
        sentence = f"已有同一文档的第 {stored.version} 版，本份是第 {document.version} 版，不再入库。"
        raise FileRefused("cda.version_old", sentence)
    sentence = (
        f"已有编号和版本（第 {document.version} 版）相同而内容不同的文档；更正时请使用同一文档集编号、更高的版本号。"
    )
    raise FileRefused("cda.version_conflict", sentence)


def refused_document(name: str, load_id: str, code: str, message: str) -> Submission:
    """The entry of the ledger for a document that was not taken."""
    return Submission(
        pk=new_id(),
        load_id=load_id,
        channel=str(Channel.DOCUMENT),
        state=SubmissionState.REFUSED,
        file_name=name,
        refusal_code=code,
        refusal_message=message,
        received_at=now(),
    )
