"""Rows that come again: mended by their sender (补正), or judged anew by the rules of today (重放).

Both add to the day of the submission they amend, and take the place of its rejected rows line by line. The ledger
keeps which line was taken by which batch, so that no row counts twice, whoever sends it how often.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.db import transaction

from kangqiao.base.errors import FileRefused, RequestRefused
from kangqiao.engine.formats.header import OWN_COLUMNS, Layout, match_columns
from kangqiao.engine.formats.received import PARQUET, Received, kind_of
from kangqiao.engine.formats.records import BadRecord
from kangqiao.engine.formats.text_file import ReadFile, TextReader
from kangqiao.engine.validation.compile import REJECTED
from kangqiao.engine.validation.judge import Arrival, Judge, Stored
from kangqiao.intake.models import Batch, ReplacedRow, Submission, SubmissionState
from kangqiao.intake.receipts import Receipt
from kangqiao.intake.rejected import read_rejected
from kangqiao.intake.table_load import BatchLoad, Incoming
from kangqiao.standards.model import Channel, Dataset

LINE = OWN_COLUMNS[0]
CHUNK = 500


@dataclass
class AdditionLoad(BatchLoad):
    """Loads one file of rows of ``amends`` that its sender has mended."""

    amends: Submission = field(kw_only=True)
    _lines: set[int] = field(default_factory=set)

    def _current_submissions(self) -> dict[tuple[int, object], Submission]:
        return {}

    def _submission(self, item: Incoming) -> Submission:
        submission = super()._submission(item)
        submission.is_addition = True
        submission.amends = self.amends
        return submission

    def _read(self, judge: Judge, number: int, item: Incoming) -> Receipt:
        receipt = super()._read(judge, number, item)
        if receipt.submission.state != SubmissionState.REFUSED:
            self._lines = lines_named(item.path, self.table.dataset, judge.folder)
        return receipt

    def _stored(self) -> Stored:
        return replace(super()._stored(), replaced=())

    @transaction.atomic
    def _prepare(self, judge: Judge, read: list[Receipt], others: list[Submission]) -> Batch:
        batch = super()._prepare(judge, read, others)
        taken = sorted(self._lines & open_lines(self.amends))
        ReplacedRow.objects.bulk_create(
            (ReplacedRow(submission=self.amends, line=line, batch=batch) for line in taken), batch_size=CHUNK
        )
        batch.takes = {self.amends.pk: {"rejected": len(taken)}} if taken else {}
        batch.save(update_fields=["takes"])
        return batch


@dataclass
class ReplayLoad(AdditionLoad):
    """Loads the rejected rows of ``amends`` that the rules of today let pass; the others stay where they are."""

    def _read(self, judge: Judge, number: int, item: Incoming) -> Receipt:
        submission = self._submission(item)
        submission.file_name = self.amends.file_name
        layout = _layout(self.table.dataset)
        passing = self._passing(judge.folder, item)
        read = ReadFile(self.amends.sha256, 0, self.amends.encoding, layout)
        judge.take(Arrival(number, item.path, item.institution.code, item.day, submission.pk), passing.values(), read)
        submission.sha256, submission.encoding = read.sha256, read.encoding
        submission.delimiter, submission.header = layout.delimiter, list(layout.header)
        self._lines = set(passing)
        return Receipt(submission)

    def _passing(self, folder: Path, item: Incoming) -> dict[int, dict[str, str]]:
        """Line → values of the open rejected rows that are rejected no more."""
        rows = self._open_rows()
        trial = folder / "trial"
        trial.mkdir()
        with Judge(self.table.dataset, self.table.catalogue.value_sets, trial) as judge:
            read = ReadFile("", 0, "", _layout(self.table.dataset))
            judge.take(Arrival(0, item.path, item.institution.code, item.day, ""), rows.values(), read)
            judge.resolve(self._stored())
            found = judge.connection.execute(f"SELECT _line FROM judged WHERE _status <> {REJECTED}").fetchall()
        passed = {place for (place,) in found}
        return {line: values for place, (line, values) in enumerate(rows.items(), 1) if place in passed}

    def _open_rows(self) -> dict[int, dict[str, str]]:
        """Line → values of the rejected rows that could be cut into columns and that nothing has replaced."""
        try:
            layout = match_columns(self.table.dataset, tuple(self.amends.header))
        except FileRefused as error:
            raise RequestRefused("replay.header", f"按现行标准认不出原文件的表头：{error.message}") from error
        return {
            row.line: {name: cell for name, cell in zip(layout.fields, row.cells, strict=False) if name and cell}
            for row in read_rejected(self.amends)
            if row.cells is not None and len(row.cells) == len(layout.fields)
        }


def _layout(dataset: Dataset) -> Layout:
    names = tuple(item.name for item in dataset.fields)
    return Layout(",", names, names)


def open_lines(submission: Submission) -> set[int]:
    """Lines of rejected rows that still wait to be mended."""
    return {row.line for row in read_rejected(submission)}


def refuse_closed(submission: Submission) -> None:
    """Raise RequestRefused unless rows of ``submission`` can be mended or judged anew."""
    if submission.channel == Channel.DOCUMENT:
        raise RequestRefused("amend.document", "共享文档请改正后用更高的版本号整份重传。")
    is_open = submission.is_current and submission.state == SubmissionState.STORED
    if not (is_open and submission.institution and submission.day):
        state = submission.get_state_display()
        sentence = f"这份上传的状态是“{state}”，不能补正；请在最新的那份回执上补正，或整份重传。"
        raise RequestRefused("amend.closed", sentence)


class _Lines:
    """A sink that keeps nothing but what stands in the column of line numbers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: set[int] = set()

    def write(self, layout: Layout, records: list[bytes]) -> None:
        if LINE not in layout.header:
            return
        place = layout.header.index(LINE) + 2  # behind the file's number and the line in this file
        text = io.StringIO("\n".join(record.decode() for record in records), newline="")
        for cells in csv.reader(text, delimiter=layout.delimiter):
            self.found |= _number(cells, place)

    def set_aside(self, number: int, records: list[BadRecord]) -> None:
        """What is no row names no line."""

    def forget(self, number: int) -> None:
        self.found.clear()


def _number(cells: list[str], place: int) -> set[int]:
    return {int(cells[place])} if len(cells) > place and cells[place].isascii() and cells[place].isdigit() else set()


def lines_named(path: Path, dataset: Dataset, folder: Path) -> set[int]:
    """The lines of the amended file that the rows of ``path`` say they stood on (its column ``_line``)."""
    kind = kind_of(path)
    if kind is PARQUET:
        return set()
    sink = _Lines(folder)
    TextReader(dataset, sink).read(Received(path, kind), 0)
    return sink.found
