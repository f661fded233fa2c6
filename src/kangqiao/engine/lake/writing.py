"""Write accepted rows as Parquet files of the lake, and what remains of files that a resend cuts into."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from pyiceberg.manifest import DataFile

from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.lake.lake import Days, NewFile, local_path, open_draft, sync_file
from kangqiao.engine.lake.tables import DAY, INSTITUTION, columns_of, joins_of
from kangqiao.engine.validation.compile import ACCEPTED
from kangqiao.standards.model import Dataset

ROWS_A_FILE = 500_000


@dataclass(frozen=True, slots=True)
class DayRows:
    """How many rows one institution's day brings."""

    institution: str
    day: date
    rows: int


@dataclass(slots=True)
class _Run:
    """A run of days of one institution and month that goes into one file."""

    institution: str
    days: list[date]
    rows: int

    @property
    def month(self) -> str:
        return f"{self.days[0]:%Y-%m}"

    def takes(self, item: DayRows) -> bool:
        same = self.institution == item.institution and self.month == f"{item.day:%Y-%m}"
        return same and self.rows + item.rows <= ROWS_A_FILE


class LakeWriter:
    """Writes files of one batch below ``folder``, the table's folder.

    The files are nobody's until the batch is committed; then ``settle`` it, or ``discard`` it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, folder: Path, batch: str) -> None:
        self._connection = connection
        self._dataset = dataset
        self._folder = folder
        self._batch = batch
        self._serial = 0
        self._draft = open_draft(folder, batch)

    def write_accepted(self, day_rows: Iterable[DayRows]) -> list[NewFile]:
        """Write the accepted rows of ``judged``; one file a run of days. Returns the files, durable."""
        runs = _runs(day_rows)
        if not runs:
            return []
        written = self._copy_one() if len(runs) == 1 else self._copy_parted(runs)
        return [self._settle(path, runs[number], rows) for path, number, rows in sorted(written)]

    def _copy_one(self) -> list[tuple[Path, int, int]]:
        """One file takes all accepted rows: file, run, rows."""
        path = self._draft / "0.parquet"
        rows = self._copy(f"SELECT {self._selected()} FROM {self._accepted()}", path, "")
        return [(path, 0, rows[0][1])]

    def _copy_parted(self, runs: list[_Run]) -> list[tuple[Path, int, int]]:
        """A file a run: file, run, rows."""
        self._create_run_table(runs)
        joined = "JOIN run ON run.institution = judged._institution AND run.day = judged._day"
        query = f"SELECT {self._selected()}, run.number AS run FROM {self._accepted(joined)}"
        rows = self._copy(query, self._draft, "PARTITION_BY (run),")
        return [(Path(row[0]), int(row[5]["run"]), row[1]) for row in rows]

    def _selected(self) -> str:
        return ", ".join(f"{column.expression} AS {q(column.name)}" for column in columns_of(self._dataset))

    def _accepted(self, joined: str = "") -> str:
        return f"judged {joins_of(self._dataset)} {joined} WHERE judged._status = {ACCEPTED}"

    def _copy(self, query: str, target: Path, options: str, values: dict[str, str] | None = None) -> list[Any]:
        """Write a query's rows as Parquet; one row of statistics a file."""
        return self._connection.execute(
            f"COPY ({query}) TO '{_quoted(target)}' "
            f"(FORMAT parquet, COMPRESSION zstd, {options} FIELD_IDS {self._field_ids()}, RETURN_STATS)",
            values or {},
        ).fetchall()

    def write_remains(self, files: Iterable[DataFile], replaced: Days) -> list[NewFile]:
        """For each file write the rows that ``replaced`` does not touch. Returns the files that are not empty."""
        self._create_replaced_table(replaced)
        condition = f"replaced.institution = kept.{INSTITUTION} AND replaced.day = kept.{DAY}"
        return self._write_remains(files, condition)

    def write_without(self, files: Iterable[DataFile], submissions: Collection[str]) -> list[NewFile]:
        """As :meth:`write_remains`, without the rows of ``submissions``."""
        self._connection.execute(
            "CREATE OR REPLACE TABLE replaced AS SELECT unnest($submissions::VARCHAR[]) AS submission",
            {"submissions": list(submissions)},
        )
        return self._write_remains(files, "replaced.submission = kept._submission")

    def write_without_rows(self, files: Iterable[DataFile], rows: Collection[tuple[str, int]]) -> list[NewFile]:
        """As :meth:`write_remains`, without single rows, each named by its submission and line."""
        self._connection.execute(
            "CREATE OR REPLACE TABLE replaced AS "
            "SELECT unnest($submissions::VARCHAR[]) AS submission, unnest($lines::BIGINT[]) AS line",
            {"submissions": [row[0] for row in rows], "lines": [row[1] for row in rows]},
        )
        return self._write_remains(files, "replaced.submission = kept._submission AND replaced.line = kept._line")

    def _write_remains(self, files: Iterable[DataFile], condition: str) -> list[NewFile]:
        remains = []
        for file in files:
            institution = file.partition[0]
            path = self._next_path(institution, Path(local_path(file)).parent.name)
            columns = ", ".join(q(column.name) for column in columns_of(self._dataset))
            query = (
                f"SELECT {columns} FROM read_parquet($file, hive_partitioning=false) AS kept "
                f"ANTI JOIN replaced ON {condition}"
            )
            (written,) = self._copy(query, path, "", {"file": local_path(file)})
            if written[1]:
                sync_file(path)
                days = written[4][f'"{DAY}"']
                first, last = date.fromisoformat(days["min"]), date.fromisoformat(days["max"])
                remains.append(NewFile(path, institution, first, last, written[1]))
            else:
                path.unlink()
        return remains

    def _create_run_table(self, runs: list[_Run]) -> None:
        self._connection.execute("CREATE OR REPLACE TABLE run (number INTEGER, institution VARCHAR, day DATE)")
        rows = [(number, run.institution, day) for number, run in enumerate(runs) for day in run.days]
        _insert_days(self._connection, "run", rows)

    def _create_replaced_table(self, replaced: Days) -> None:
        self._connection.execute("CREATE OR REPLACE TABLE replaced (number INTEGER, institution VARCHAR, day DATE)")
        rows = [(0, institution, day) for institution, days in replaced.items() for day in days]
        _insert_days(self._connection, "replaced", rows)

    def _settle(self, draft: Path, run: _Run, rows: int) -> NewFile:
        path = self._next_path(run.institution, run.month)
        draft.rename(path)
        sync_file(path)
        return NewFile(path, run.institution, run.days[0], run.days[-1], rows)

    def _next_path(self, institution: str, month: str) -> Path:
        self._serial += 1
        folder = self._folder / institution / month
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self._batch}-{self._serial}.parquet"

    def _field_ids(self) -> str:
        ids = ", ".join(f"{q(column.name)}: {number}" for number, column in enumerate(columns_of(self._dataset), 1))
        return f"{{{ids}}}"


def _runs(day_rows: Iterable[DayRows]) -> list[_Run]:
    runs: list[_Run] = []
    for item in sorted(day_rows, key=lambda item: (item.institution, item.day)):
        if not item.rows:
            continue
        if not runs or not runs[-1].takes(item):
            runs.append(_Run(item.institution, [], 0))
        runs[-1].days.append(item.day)
        runs[-1].rows += item.rows
    return runs


def _insert_days(connection: duckdb.DuckDBPyConnection, table: str, rows: Collection[tuple[int, str, date]]) -> None:
    numbers, institutions, days = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    connection.execute(
        f"INSERT INTO {table} SELECT unnest($numbers), unnest($institutions), unnest($days)",
        {"numbers": numbers, "institutions": institutions, "days": days},
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
