"""Judge the files of one dataset together: read, type, check, resolve references, find duplicates.

::

    with Judge(dataset, value_sets, folder) as judge:
        for arrival in arrivals:
            judge.read(arrival)             # FileRefused: this file is out, the others go on
        judge.resolve(stored)               # references and keys, against what the lake holds
        count(judge)                        # see counting: a verdict a file
        find(judge)                         # see findings: rows with violations, in words
        judge.connection                    # table ``judged``, for the lake to copy from
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from kangqiao.base.errors import FileRefused
from kangqiao.engine.compute.duck import connect
from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.formats.header import Layout
from kangqiao.engine.formats.parquet_file import literal_path, open_parquet
from kangqiao.engine.formats.received import PARQUET, Received, kind_of
from kangqiao.engine.formats.records import BadRecord
from kangqiao.engine.formats.spool import Spools, spool_record
from kangqiao.engine.formats.text_file import ReadFile, TextReader
from kangqiao.engine.validation.checks import Check, checks_of
from kangqiao.engine.validation.compile import (
    ACCEPTED,
    DUPLICATE,
    REJECTED,
    create_judged,
    insert_judged,
    spool_relation,
    value_set_type,
)
from kangqiao.engine.validation.successions import resolve_successions
from kangqiao.standards.model import Dataset, Reference, ValueSet

SPOOL_LIMIT = 256 << 20
"""Bytes that wait in spools before they are judged."""
ASIDE_LIMIT = 10_000
"""Bad records that wait in memory …"""
ASIDE_BYTES = 16 << 20
"""… and their bytes."""

STORED_FILES = "read_parquet($files, union_by_name=true, hive_partitioning=false)"

_OF_ARRIVING_DAYS = "SELECT 1 FROM arrival WHERE arrival.institution = kept._institution AND arrival.day = kept._day"
_OF_REPLACED = "SELECT 1 FROM stepping_back WHERE stepping_back.submission = kept._submission"

_TABLES = (
    "CREATE TABLE arrival (number INTEGER, institution VARCHAR, day DATE, submission VARCHAR)",
    "CREATE TABLE aside (file INTEGER, line BIGINT, rule VARCHAR, columns INTEGER, raw VARCHAR, raw_file VARCHAR)",
    "CREATE TABLE unresolved (file INTEGER, line BIGINT, number INTEGER, value VARCHAR, beside VARCHAR)",
    "CREATE TABLE repeated (file INTEGER, line BIGINT, first_file INTEGER, first_line BIGINT, first_day DATE)",
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file to be judged. ``number`` is unique among the files judged together."""

    number: int
    path: Path
    institution: str = ""
    day: date | None = None
    submission: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the lake holds already: Parquet files by dataset, of the institutions that are being judged."""

    own: tuple[str, ...] = ()
    """Files of this dataset and channel."""
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Files of the datasets referred to."""
    moments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Files of the datasets that successions look at, of all institutions and channels."""
    person_key: bytes = b""
    """The secret that ``person_key`` was made with in the files of ``moments``."""
    replaced: tuple[str, ...] | None = None
    """Submissions whose stored rows step back; None where the arrivals replace whole days."""


class Judge:
    """Judges files of ``dataset``; ``folder`` is a scratch folder of its own."""

    def __init__(self, dataset: Dataset, value_sets: Mapping[str, ValueSet], folder: Path) -> None:
        self.dataset = dataset
        self.folder = folder
        self.checks = checks_of(dataset)
        self.files: dict[int, ReadFile] = {}
        self.has_store = False
        self.value_sets = value_sets
        self._spools = Spools(folder)
        self._reader = TextReader(dataset, self)
        self._waiting: list[Arrival] = []
        self._aside: list[tuple[int, BadRecord]] = []
        self._aside_size = 0
        self._partly_judged: set[int] = set()
        self._present = -1

    def __enter__(self) -> Self:
        self.connection = connect(self.folder)
        for statement in _TABLES:
            self.connection.execute(statement)
        self._create_value_sets()
        self.connection.execute(create_judged(self.dataset))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spools.drain()
        self.connection.close()

    def _create_value_sets(self) -> None:
        for name in dict.fromkeys(item.value_set for item in self.dataset.fields if item.value_set):
            codes = list(self.value_sets[name].codes)
            self.connection.execute("CREATE OR REPLACE TABLE code AS SELECT unnest($codes) AS code", {"codes": codes})
            self.connection.execute(f"CREATE TYPE {value_set_type(name)} AS ENUM (SELECT code FROM code)")

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def read(self, arrival: Arrival) -> ReadFile:
        """Read one file. Raises FileRefused; nothing of that file then stays."""
        kind = kind_of(arrival.path)
        self._present = arrival.number
        self._spools.begin()
        self._waiting.append(arrival)
        received = Received(arrival.path, kind)
        try:
            if kind is PARQUET:
                read = self._read_parquet(received, arrival.number)
            else:
                read = self._reader.read(received, arrival.number)
        except FileRefused:
            self.drop(arrival.number)
            raise
        self.files[arrival.number] = read
        return read

    def drop(self, number: int) -> None:
        """Take the file that was read last out again, as if it had not come."""
        self.forget(number)
        self.files.pop(number, None)
        waiting = len(self._waiting)
        self._waiting = [arrival for arrival in self._waiting if arrival.number != number]
        if len(self._waiting) == waiting:
            self.connection.execute("DELETE FROM arrival WHERE number = $number", {"number": number})

    def _read_parquet(self, received: Received, number: int) -> ReadFile:
        read, relation = open_parquet(self.connection, self.dataset, received)
        self._flush()
        self._partly_judged.add(number)
        values = {"path": literal_path(received), "number": number}
        try:
            self.connection.execute(insert_judged(self.dataset, [(read.layout, relation)]), values)
        except duckdb.Error as error:
            raise FileRefused("file.damaged", f"{received.path.name} 已损坏，不能读完。") from error
        return read

    def take(self, arrival: Arrival, rows: Iterable[Mapping[str, str]], read: ReadFile) -> ReadFile:
        """Take rows that were read already (field name → raw text); they are numbered from 1."""
        self._present = arrival.number
        self._spools.begin()
        self._waiting.append(arrival)
        names = [field.name for field in self.dataset.fields]
        self.write(read.layout, [spool_record(arrival.number, line, row, names) for line, row in enumerate(rows, 1)])
        self.files[arrival.number] = read
        return read

    # The sink that readers write to.

    def write(self, layout: Layout, records: list[bytes]) -> None:
        self._spools.write(layout, records)
        if self._spools.size > SPOOL_LIMIT:
            self._partly_judged.add(self._present)
            self._flush()

    def set_aside(self, number: int, records: list[BadRecord]) -> None:
        self._aside += ((number, record) for record in records)
        self._aside_size += sum(len(record.raw) for record in records)
        if len(self._aside) > ASIDE_LIMIT or self._aside_size > ASIDE_BYTES:
            self._partly_judged.add(number)
            self._flush_aside()

    def forget(self, number: int) -> None:
        self._spools.undo()
        self._aside = [pair for pair in self._aside if pair[0] != number]
        if number in self._partly_judged:
            self.connection.execute("DELETE FROM judged WHERE _file = $number", {"number": number})
            self.connection.execute("DELETE FROM aside WHERE file = $number", {"number": number})

    # ── judging ──────────────────────────────────────────────────────────────────────────────

    def _flush(self) -> None:
        """Judge what waits in the spools."""
        self._flush_aside()
        if self._waiting:
            rows = self._arrow(
                number=[item.number for item in self._waiting],
                institution=[item.institution for item in self._waiting],
                day=[item.day for item in self._waiting],
                submission=[item.submission for item in self._waiting],
            )
            self._insert("arrival", rows.set_column(2, "day", rows["day"].cast(pa.date32())))
            self._waiting = []
        spools = self._spools.drain()
        if spools:
            sources = [(spool.layout, spool_relation(spool.layout, f"path{n}")) for n, spool in enumerate(spools)]
            paths = {f"path{n}": str(spool.path) for n, spool in enumerate(spools)}
            self.connection.execute(insert_judged(self.dataset, sources), paths)
        for spool in spools:
            spool.path.unlink()

    def _flush_aside(self) -> None:
        if self._aside:
            files, records = zip(*self._aside, strict=True)
            rows = self._arrow(
                file=list(files),
                line=[record.line for record in records],
                rule=[record.rule for record in records],
                columns=[record.columns for record in records],
                raw=[record.raw.decode(errors="replace") for record in records],
                raw_file=[record.raw_file for record in records],
            )
            self._insert("aside", rows)
            self._aside, self._aside_size = [], 0

    def _insert(self, table: str, rows: pa.Table) -> None:
        self.connection.register("incoming", rows)
        self.connection.execute(f"INSERT INTO {q(table)} SELECT * FROM incoming")
        self.connection.unregister("incoming")

    @staticmethod
    def _arrow(**columns: list[Any]) -> pa.Table:
        return pa.table(columns)

    def resolve(self, stored: Stored | None = None) -> None:
        """Judge what is read, then references, successions, keys. Without a store only the files are known."""
        self._flush()
        if stored is not None:
            self.has_store = True
            for check in self.checks:
                if isinstance(check.source, Reference):
                    self._resolve_reference(check, check.source, stored.others.get(check.source.dataset, ()))
            resolve_successions(self.connection, self.dataset, self.checks, stored.moments, stored.person_key)
        self._find_repeated()
        if stored is not None and stored.own:
            self._find_stored_before(stored.own, stored.replaced)
        self._mark(DUPLICATE, "SELECT file, line FROM repeated")

    def judge_taken(self) -> None:
        """Judge what was taken by each row alone: neither references nor keys are looked at."""
        self._flush()

    def set_statuses(self, rows: list[tuple[int, int, int]]) -> None:
        """Set what became of rows (file, line, status) that were judged before, and whose sender was told."""
        files, lines, statuses = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
        self.connection.execute("CREATE OR REPLACE TABLE told (file INTEGER, line BIGINT, status UTINYINT)")
        self._insert("told", pa.table({"file": files, "line": lines, "status": statuses}))
        self.connection.execute(
            "UPDATE judged SET _status = told.status FROM told WHERE _file = told.file AND _line = told.line"
        )
        self.connection.execute(
            f"INSERT INTO repeated SELECT file, line, NULL, NULL, NULL FROM told WHERE status = {DUPLICATE}"
        )

    def _resolve_reference(self, check: Check, reference: Reference, files: tuple[str, ...]) -> None:
        columns = [f"judged.{q(name)}" for name in reference.fields]
        present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        absent = ""
        values: dict[str, Any] = {"number": check.number}
        if files:
            equal = " AND ".join(f"target.{q(to)} = {column}" for to, column in zip(reference.to, columns, strict=True))
            absent = (
                f"AND NOT EXISTS (SELECT 1 FROM {STORED_FILES} AS target"
                f" WHERE target._institution = judged._institution AND {equal})"
            )
            values["files"] = list(files)
        self.connection.execute(
            f"INSERT INTO unresolved SELECT _file, _line, $number, concat_ws(',', {', '.join(columns)}), NULL "
            f"FROM judged WHERE _status = {ACCEPTED} AND {present} {absent}",
            values,
        )
        if check.is_error:
            self._mark(REJECTED, f"SELECT file, line FROM unresolved WHERE number = {check.number}")

    def _find_repeated(self) -> None:
        """Rows whose key came before in these files: the first by day, file and line is the one that counts."""
        key = ", ".join(("_institution", *(q(name) for name in self.dataset.key)))
        self.connection.execute(f"""
            INSERT INTO repeated
            WITH often AS (
              SELECT hash({key}) AS fingerprint FROM judged WHERE _status = {ACCEPTED}
              GROUP BY fingerprint HAVING count(*) > 1),
            ranked AS (
              SELECT _file, _line, row_number() OVER same_key AS place, first_value(_file) OVER same_key AS first_file,
                     first_value(_line) OVER same_key AS first_line, first_value(_day) OVER same_key AS first_day
              FROM judged SEMI JOIN often ON hash({key}) = often.fingerprint WHERE _status = {ACCEPTED}
              WINDOW same_key AS (PARTITION BY {key} ORDER BY _day, _file, _line))
            SELECT _file, _line, first_file, first_line, first_day FROM ranked WHERE place > 1""")

    def _find_stored_before(self, files: tuple[str, ...], replaced: tuple[str, ...] | None) -> None:
        """Rows whose key is stored already, and that these files do not replace."""
        stepping_back = _OF_REPLACED if replaced is not None else _OF_ARRIVING_DAYS
        self.connection.execute(
            "CREATE OR REPLACE TABLE stepping_back AS SELECT unnest($replaced::VARCHAR[]) AS submission",
            {"replaced": list(replaced or ())},
        )
        equal = " AND ".join(f"before.{q(name)} = judged.{q(name)}" for name in self.dataset.key)
        self.connection.execute(
            f"""
            INSERT INTO repeated
            SELECT judged._file, judged._line, NULL, min(before._line), min(before._day)
            FROM judged JOIN (
              SELECT * FROM {STORED_FILES} AS kept
              WHERE NOT EXISTS ({stepping_back})
            ) AS before ON before._institution = judged._institution AND {equal}
            WHERE judged._status = {ACCEPTED}
              AND NOT EXISTS (SELECT 1 FROM repeated AS r WHERE r.file = judged._file AND r.line = judged._line)
            GROUP BY judged._file, judged._line""",
            {"files": list(files)},
        )

    def _mark(self, status: int, rows: str) -> None:
        self.connection.execute(
            f"UPDATE judged SET _status = {status} FROM ({rows}) AS found "
            "WHERE judged._file = found.file AND judged._line = found.line"
        )
