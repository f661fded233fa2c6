"""Test mode (试报): a file judged as a load would judge it, against what is stored, and nothing stored anywhere."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from kangqiao.base.errors import FileRefused
from kangqiao.base.home import current_home
from kangqiao.engine.cda.archive import holds_documents
from kangqiao.engine.cda.documents import Document as ReadDocument
from kangqiao.engine.lake.lake import Lake
from kangqiao.engine.validation.counting import count
from kangqiao.engine.validation.findings import find
from kangqiao.engine.validation.judge import Judge
from kangqiao.intake.addition_load import AdditionLoad, refuse_closed
from kangqiao.intake.document_intake import DocumentIntake, incoming_rows, new_document
from kangqiao.intake.document_load import DocumentBatch, IncomingRows, refuse_older, refused_document
from kangqiao.intake.ledger import FactSink
from kangqiao.intake.locks import table_lock
from kangqiao.intake.models import Submission, SubmissionState
from kangqiao.intake.receipts import Receipt
from kangqiao.intake.table_load import BatchLoad, Incoming, Table
from kangqiao.intake.uploads.models import Upload
from kangqiao.registry.models import Institution
from kangqiao.registry.queries import institutions_by_text
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

RECEIPTS_KEPT = 200
ROWS_KEPT = 200
"""Rows of a kind that the kept result of a test carries, a receipt; the counts are of all."""


def _silent(done: int) -> None:
    """Nobody watches."""


_NO_FACTS = FactSink(lambda items: None, lambda items: None)


class _Trial(BatchLoad):
    """Judges as its load does, in a scratch folder of its own, and stops there."""

    def run(self) -> list[Receipt]:
        with (
            tempfile.TemporaryDirectory(prefix="trial-", dir=self.table.home.work) as folder,
            Judge(self.table.dataset, self.table.catalogue.value_sets, Path(folder)) as judge,
        ):
            return self._run(judge)

    def _run(self, judge: Judge) -> list[Receipt]:
        self._current = self._current_submissions()
        self._added = self._added_rows()
        receipts = [self._read(judge, number, item) for number, item in enumerate(self.incoming)]
        if judge.files:
            judge.resolve(self._stored())
            for number, verdict in count(judge).items():
                self._apply(receipts[number], judge, number, verdict)
            with closing(find(judge, only_left_out=True)) as rows:  # type: ignore[type-var]
                for row in rows:
                    receipts[row.file].add_row(row)
        return receipts


class TrialLoad(_Trial):
    """One file of a table; also when it is stored already, because its sender wants to see the rows."""

    def _is_unchanged(self, item: Incoming, before: Submission) -> bool:
        return False


class TrialAmendment(_Trial, AdditionLoad):
    """Mended rows of an earlier submission."""


class TrialDocuments(_Trial, DocumentBatch):
    """What documents bring for one dataset."""


class TrialIntake(DocumentIntake):
    """Documents judged, not kept."""

    def _refuse(
        self, name: str, error: FileRefused, institution: Institution | None, read: ReadDocument | None = None
    ) -> Receipt:
        submission = refused_document(name, self.load_id, error.code, error.message)
        submission.institution = institution
        if read is not None:
            submission.dataset, submission.sha256 = read.kind.code, read.sha256
            submission.findings = [item.as_dict() for item in read.findings]
        return Receipt(submission)

    def _store_round(self, part: list[Any]) -> Iterator[Receipt]:
        current, stored = self._current(part), self._documents(part)
        incoming: dict[str, list[IncomingRows]] = {}
        for taken in part:
            before = current.get(taken.key, [])
            document = stored.get((taken.institution.pk, taken.read.sha256)) or new_document(taken)
            try:
                refuse_older(document, before[0].document if before else None)
            except FileRefused as error:
                yield self._refuse(taken.name, error, taken.institution, taken.read)
                continue
            for name, item in incoming_rows(taken, document, {item.dataset for item in before}):
                incoming.setdefault(name, []).append(item)
        yield from self._load_tables(incoming)

    def _load_tables(self, incoming: Mapping[str, list[IncomingRows]]) -> Iterator[Receipt]:
        known, lake = catalogue(), Lake(self.home.lake)
        for dataset in known.in_loading_order():
            if items := incoming.get(dataset.name):
                table = Table(self.home, lake, known, Channel.DOCUMENT, dataset, self.facts, self.load_id)
                with table_lock(self.home, Channel.DOCUMENT, dataset.name):
                    yield from TrialDocuments(table, list(items), _silent).run()


def try_upload(upload: Upload, path: Path) -> dict[str, Any]:
    """What would become of the file: totals, and receipts as machines read them, values of persons masked."""
    total: Counter[str] = Counter(received=0, stored=0, duplicate=0, rejected=0)
    refused = 0
    kept: list[dict[str, Any]] = []
    for receipt in _receipts(upload, path):
        item = receipt.submission
        refused += item.state == SubmissionState.REFUSED
        for name in total:
            total[name] += getattr(item, name)
        if len(kept) < RECEIPTS_KEPT:
            kept.append(_kept(receipt))
    return {"rows": dict(total), "refused": refused, "receipts": kept}


def _receipts(upload: Upload, path: Path) -> Iterator[Receipt]:
    if upload.channel == Channel.DOCUMENT or (holds_documents(path) and not upload.amends_id):
        yield from TrialIntake(upload.pk, institutions_by_text(), _NO_FACTS, _silent).load([path])
        return
    home, dataset, channel = current_home(), catalogue().dataset(upload.dataset), Channel(upload.channel)
    assert upload.day is not None
    table = Table(home, Lake(home.lake), catalogue(), channel, dataset, _NO_FACTS, upload.pk)
    incoming = [Incoming(path, upload.institution, upload.day, upload.file_name)]
    with table_lock(home, channel, dataset.name):
        if upload.amends is None:
            yield from TrialLoad(table, incoming, _silent).run()
        else:
            refuse_closed(upload.amends)
            yield from TrialAmendment(table, incoming, _silent, amends=upload.amends).run()


def _kept(receipt: Receipt) -> dict[str, Any]:
    told = receipt.as_dict()
    if told["state"] == SubmissionState.PREPARED:
        told["state"] = "accepted"
    del told["id"]
    return told | {name: told[name][:ROWS_KEPT] for name in ("rejected_rows", "duplicate_rows")}
