"""Judge a handful of rows in milliseconds, by the very SQL that judges files.

To plan the statement of one dataset costs a fifth of a second, to run it for a hundred rows some milliseconds. So a
dataset's connection is kept warm: the statement is prepared once over a staging table, and run for each call.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from kangqiao.engine.compute.duck import connect
from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.formats.header import Layout
from kangqiao.engine.validation.checks import Check, checks_of, words_of
from kangqiao.engine.validation.compile import REJECTED, create_judged, insert_judged, value_set_type
from kangqiao.engine.validation.findings import Finding, finding_of, numbers_in
from kangqiao.standards.model import Dataset, ValueSet
from kangqiao.standards.nearest import Hints

STAGING = "staging"
NOT_WORTH_THEIR_TIME = (
    "common_subexpressions,statistics_propagation,filter_pushdown,join_order,column_lifetime,unused_columns,"
    "expression_rewriter"
)


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What the rules say of one row alone: references and keys are asked elsewhere."""

    is_rejected: bool
    findings: tuple[Finding, ...]


class RowJudge:
    """A warm judge of one dataset. Threads may share it: one call runs at a time."""

    def __init__(self, dataset: Dataset, value_sets: Mapping[str, ValueSet]) -> None:
        self.dataset = dataset
        self.value_sets = value_sets
        self.checks: Sequence[Check] = checks_of(dataset)
        self._lock = threading.Lock()
        self._hints = Hints()
        self._names = [item.name for item in dataset.fields]
        self._layout = Layout(",", tuple(self._names), tuple(self._names))
        self._folder = tempfile.TemporaryDirectory(prefix="kangqiao-judge-")
        self._connection = connect(Path(self._folder.name))
        self._connection.execute("SET threads = 1")
        # The engine plans a prepared statement anew for each run; for a handful of rows planning is all the cost.
        self._connection.execute(f"SET disabled_optimizers = '{NOT_WORTH_THEIR_TIME}'")
        self._prepare()

    def _prepare(self) -> None:
        for name in dict.fromkeys(item.value_set for item in self.dataset.fields if item.value_set):
            codes = list(self.value_sets[name].codes)
            self._connection.execute("CREATE OR REPLACE TABLE code AS SELECT unnest($codes) AS code", {"codes": codes})
            self._connection.execute(f"CREATE TYPE {value_set_type(name)} AS ENUM (SELECT code FROM code)")
        self._connection.execute(
            "CREATE TABLE arrival (number INTEGER, institution VARCHAR, day DATE, submission VARCHAR)"
        )
        self._connection.execute(create_judged(self.dataset))
        columns = ", ".join(f"c{place} VARCHAR" for place in range(len(self._names)))
        self._connection.execute(f"CREATE TABLE {STAGING} (_file INTEGER, _line BIGINT, {columns})")
        self._connection.execute(f"PREPARE judging AS {insert_judged(self.dataset, [(self._layout, STAGING)])}")
        words = ", ".join(f"_w{word}" for word in range(words_of(self.dataset)))
        self._connection.execute(f"PREPARE asking AS SELECT _line, _status, [{words}] FROM judged")

    def judge(self, rows: Sequence[Mapping[str, str]], days: Sequence[date]) -> list[RowVerdict]:
        """A verdict a row, in order; ``days`` are the days the rows are sent for."""
        with self._lock:
            self._stage(rows, days)
            self._connection.execute("EXECUTE judging")
            found = self._connection.execute("EXECUTE asking").fetchall()
        verdicts = [RowVerdict(False, ())] * len(rows)
        for line, status, words in found:
            values: dict[str | None, str | None] = {name: rows[line - 1].get(name) or None for name in self._names}
            findings = tuple(
                finding_of(self.dataset, self.value_sets, self.checks[number], values, self._hints)
                for number in numbers_in(words)
            )
            verdicts[line - 1] = RowVerdict(status == REJECTED, findings)
        return verdicts

    def _stage(self, rows: Sequence[Mapping[str, str]], days: Sequence[date]) -> None:
        for table in (STAGING, "judged", "arrival"):
            self._connection.execute(f"DELETE FROM {q(table)}")
        numbers = list(range(1, len(rows) + 1))
        columns: dict[str, Any] = {"_file": pa.array(numbers, pa.int32()), "_line": pa.array(numbers, pa.int64())}
        for place, name in enumerate(self._names):
            columns[f"c{place}"] = pa.array([row.get(name) or None for row in rows], pa.string())
        self._put(STAGING, pa.table(columns))
        empty = pa.array([""] * len(rows), pa.string())
        arrival = {"number": columns["_file"], "institution": empty, "day": pa.array(days, pa.date32())}
        self._put("arrival", pa.table({**arrival, "submission": empty}))

    def _put(self, table: str, rows: pa.Table) -> None:
        # Found by its name in this frame. To register it would change the catalogue, and each prepared statement
        # would be planned again.
        incoming = rows  # noqa: F841
        self._connection.execute(f"INSERT INTO {q(table)} SELECT * FROM incoming")

    def close(self) -> None:
        """Give the connection and its scratch folder back."""
        self._connection.close()
        self._folder.cleanup()
