"""Rows that were not stored, rejected or duplicate, with their reasons: one Parquet file a batch.

They hold what hospitals sent, personal data among it: the folder is 0700, pages mask, only the sender's own
download shows everything.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from kangqiao.base.home import current_home
from kangqiao.engine.validation.findings import FoundRow
from kangqiao.engine.validation.rejected_csv import RejectedCsv
from kangqiao.intake.models import Submission
from kangqiao.standards.model import Severity

_SCHEMA = pa.schema(
    [
        ("submission", pa.string()),
        ("fate", pa.string()),
        ("line", pa.int64()),
        ("cells", pa.list_(pa.string())),
        ("raw", pa.string()),
        ("raw_file", pa.string()),
        (
            "findings",
            pa.list_(
                pa.struct(
                    [("rule", pa.string()), ("field", pa.string()), ("value", pa.string()), ("message", pa.string())]
                )
            ),
        ),
    ]
)
_BLOCK = 5000
_ALL = 1 << 62

REJECTED, DUPLICATE = "rejected", "duplicate"


@dataclass(frozen=True, slots=True)
class RowFinding:
    """Why a row was rejected: one violated rule."""

    rule: str
    field: str
    value: str | None
    message: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not stored, as received; ``cells`` is None where the text could not be cut into columns."""

    line: int
    cells: list[str | None] | None
    raw: str
    raw_file: str
    findings: tuple[RowFinding, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is not stored, with its reasons: rule, field, value and message each."""

    submission: str
    fate: str
    line: int
    cells: list[str | None] | None
    findings: list[dict[str, Any]]


class RejectedWriter:
    """Writes the rejected and duplicate rows of one batch; long lines are moved beside the file."""

    def __init__(self, folder: Path, batch: str) -> None:
        self._path = folder / f"{batch}.parquet"
        self._waiting: list[dict[str, Any]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, submission: str, row: FoundRow) -> None:
        """Take one row."""
        raw_file = ""
        if row.raw_file:
            raw_file = f"{self._path.stem}-{submission}-{row.line}.txt"
            shutil.move(row.raw_file, self._path.with_name(raw_file))
        findings = [
            {"rule": item.check.rule, "field": item.check.field, "value": item.value, "message": item.message}
            for item in row.findings
            if item.check.severity is Severity.ERROR
        ]
        left_out = LeftOut(submission, REJECTED if row.is_rejected else DUPLICATE, row.line, row.cells, findings)
        self.put(left_out, row.raw, raw_file)

    def put(self, row: LeftOut, raw: str = "", raw_file: str = "") -> None:
        """Take one row whose findings are in words already."""
        self._waiting.append({**asdict(row), "raw": raw, "raw_file": raw_file})
        if len(self._waiting) >= _BLOCK:
            self._flush()

    def close(self) -> None:
        """Write what waits; no file is left when nothing was rejected."""
        if self._waiting:
            self._flush()
        if self._writer:
            self._writer.close()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, _SCHEMA, compression="zstd")
        self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=_SCHEMA))
        self._waiting = []


def remove_rejected(folder: Path, batch: str) -> None:
    """Remove the rejected rows of a batch that was never committed."""
    for path in folder.glob(f"{batch}[.-]*"):
        path.unlink()


def read_rejected(submission: Submission, *, offset: int = 0, limit: int = _ALL) -> list[RejectedRow]:
    """Rejected rows of one submission by line, ``limit`` of them from ``offset``; not those that came again."""
    return list(_rows(submission, REJECTED, offset, limit))


def read_duplicates(submission: Submission, *, offset: int = 0, limit: int = _ALL) -> list[RejectedRow]:
    """Duplicate rows of one submission by line, ``limit`` of them from ``offset``."""
    return list(_rows(submission, DUPLICATE, offset, limit))


def write_rejected_csv(submission: Submission, stream: BinaryIO, fate: str = REJECTED) -> None:
    """All rejected (or duplicate) rows of one submission as the file that goes back to its sender, unmasked."""
    out = RejectedCsv(stream, submission.header, submission.delimiter)
    folder = current_home().rejected
    for row in _rows(submission, fate, 0, _ALL):
        reasons = [(item.rule, item.message) for item in row.findings]
        if row.cells is None:
            out.text(row.line, reasons, row.raw, str(folder / row.raw_file) if row.raw_file else "")
        else:
            out.row(row.line, reasons, row.cells)


def _rows(submission: Submission, fate: str, offset: int, limit: int) -> Iterator[RejectedRow]:
    path = current_home().rejected / f"{submission.batch_id}.parquet"
    if not path.exists():
        return
    with duckdb.connect() as connection:
        cursor = connection.execute(
            "SELECT line, cells, raw, raw_file, findings FROM read_parquet($path) "
            "WHERE submission = $submission AND fate = $fate AND NOT list_contains($replaced::BIGINT[], line) "
            "ORDER BY line LIMIT $limit OFFSET $offset",
            {
                "path": str(path),
                "submission": submission.pk,
                "fate": fate,
                "replaced": list(submission.replaced_rows.values_list("line", flat=True)),
                "limit": limit,
                "offset": offset,
            },
        )
        while rows := cursor.fetchmany(_BLOCK):
            for line, cells, raw, raw_file, findings in rows:
                yield RejectedRow(line, cells, raw, raw_file, tuple(RowFinding(**item) for item in findings))
