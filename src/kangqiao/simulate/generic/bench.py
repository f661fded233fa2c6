"""Rules evaluated on candidate rows by the engine itself: its functions, its types, its reading of NULL."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import sqlglot
from sqlglot import exp

from kangqiao.engine.compute.duck import connect
from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.validation.compile import sql_type
from kangqiao.simulate.generic.evaluating import Unknown, Values, evaluate, typed
from kangqiao.standards.expressions import fields_of
from kangqiao.standards.model import Dataset, Field, Rule

_KEPT = threading.local()
"""A connection for each thread: to open one costs more than to judge some rows."""


class Bench:
    """Evaluates expressions over fields of ``dataset``."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        if not hasattr(_KEPT, "connection"):
            _KEPT.connection = connect(Path(tempfile.gettempdir()))
        self._connection = _KEPT.connection

    def violated(self, columns: dict[str, np.ndarray], rows: np.ndarray, rules: Sequence[Rule]) -> np.ndarray:
        """Rows by rules: TRUE where a rule says no."""
        if not rules or not len(rows):
            return np.zeros((len(rows), len(rules)), dtype=bool)
        names = {name for rule in rules for name in fields_of(rule.expr)}
        verdicts = ", ".join(f"COALESCE(NOT TRY(CAST(({rule.expr}) AS BOOLEAN)), FALSE)" for rule in rules)
        return np.array(self._query(verdicts, names, columns, rows), dtype=bool)

    def guessed(self, columns: dict[str, np.ndarray], rows: np.ndarray, rules: Sequence[Rule]) -> np.ndarray:
        """What :meth:`violated` will say, most likely: worked out here, quickly for few rows."""
        if not rules or not len(rows):
            return np.zeros((len(rows), len(rules)), dtype=bool)
        verdicts = [self.values(tree_of(rule.expr), columns, rows) for rule in rules]
        return np.array([[verdict is False for verdict in of_rule] for of_rule in verdicts], dtype=bool).T

    def values(self, expression: exp.Expr, columns: dict[str, np.ndarray], rows: np.ndarray) -> list[Any]:
        """What an expression gives for some rows: numbers, dates, texts, truths; None for NULL."""
        if not len(rows):
            return []
        try:
            return [evaluate(expression, self._reader(columns, row)) for row in rows.tolist()]
        except Unknown:
            return self._asked(expression, columns, rows)

    def _reader(self, columns: dict[str, np.ndarray], row: int) -> Values:
        return lambda name: typed(self.dataset.by_name[name], columns[name][row])

    def _asked(self, expression: exp.Expr, columns: dict[str, np.ndarray], rows: np.ndarray) -> list[Any]:
        names = {column.name for column in expression.find_all(exp.Column)}
        found = self._query(f"TRY({expression.sql(dialect='duckdb')})", names, columns, rows)
        return [value for (value,) in found]

    def _query(self, select: str, names: Iterable[str], columns: dict[str, np.ndarray], rows: np.ndarray) -> list[Any]:
        fields = [self.dataset.by_name[name] for name in sorted(names)]
        arrays = {field.name: pa.array(columns[field.name][rows], pa.string()) for field in fields}
        arrays["_place"] = pa.array(range(len(rows)), pa.int64())
        typed = ", ".join(["_place", *map(_typed, fields)])
        self._connection.register("candidates", pa.table(arrays))
        statement = f"SELECT {select} FROM (SELECT {typed} FROM candidates) ORDER BY _place"
        found: list[Any] = self._connection.execute(statement).fetchall()
        return found


def _typed(field: Field) -> str:
    """A text as the engine reads it; NULL where it cannot be read."""
    name = q(field.name)
    raw = f"NULLIF({name}, '')"
    match field.type:
        case "D":
            return f"CAST(try_strptime({raw}, '%Y%m%d') AS DATE) AS {name}"
        case "DT":
            return f"try_strptime({raw}, '%Y%m%dT%H%M%S') AS {name}"
        case "L":
            return f"CASE {raw} WHEN 'T' THEN TRUE WHEN 'F' THEN FALSE END AS {name}"
        case "N":
            return f"TRY_CAST({raw} AS {sql_type(field)}) AS {name}"
    return f"{raw} AS {name}"


@cache
def tree_of(text: str) -> exp.Expr:
    """The parsed expression of a rule."""
    return sqlglot.parse_one(text, read="duckdb")
