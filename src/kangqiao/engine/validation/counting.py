"""Count what was judged: rows by fate, violations over denominators by check, sums of measures, a file at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.validation.checks import STRUCTURAL, Builtin, Check
from kangqiao.engine.validation.compile import ACCEPTED, DUPLICATE, REJECTED
from kangqiao.engine.validation.judge import Judge
from kangqiao.standards.model import Dimension, Field, Reference, Rule


@dataclass(frozen=True, slots=True)
class CheckCount:
    """How many rows violated a check, of how many it applied to."""

    check: Check
    rows: int
    denominator: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "rule": self.check.rule,
            "field": self.check.field,
            "dimension": str(self.check.dimension),
            "severity": str(self.check.severity),
            "rows": self.rows,
            "denominator": self.denominator,
        }


@dataclass(frozen=True)
class Verdict:
    """What became of the rows of one file: ``received == accepted + duplicate + rejected``."""

    received: int
    accepted: int
    duplicate: int
    rejected: int
    violations: tuple[CheckCount, ...]
    """Checks with at least one violation, in the order of the dataset's checks."""
    dimensions: dict[Dimension, tuple[int, int]]
    """Violations and denominator, summed over all checks of a dimension."""
    measures: dict[str, Decimal]
    """Sums over accepted rows."""

    def rows(self) -> dict[str, int]:
        return {
            "received": self.received,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "duplicate": self.duplicate,
        }


Row = dict[str, Any]
Counts = dict[int, dict[int, int]]


def count(judge: Judge) -> dict[int, Verdict]:
    """A verdict for every file that was read, by its number; a file without rows has zeros."""
    totals = {row["_file"]: row for row in _rows(judge, _totals_statement(judge))}
    violations = _violations(judge)
    structural = _structural(judge)
    return {
        number: _verdict(judge, totals.get(number, {}), violations[number] | structural[number])
        for number in judge.files
    }


def _rows(judge: Judge, statement: str) -> list[Row]:
    cursor = judge.connection.execute(statement)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _totals_statement(judge: Judge) -> str:
    parts = [f"count(*) FILTER (_status = {code}) AS {name}" for code, name in _FATES]
    parts += [f"count({q(field.name)}) AS {q('f_' + field.name)}" for field in judge.dataset.fields]
    for check in judge.checks:
        if isinstance(check.source, Rule) or check.rule == Builtin.EVENT_DAY:
            parts.append(f"CAST(sum((_n{check.word} >> {check.bit}) & 1) AS BIGINT) AS n_{check.number}")
        if isinstance(check.source, Reference):
            present = " AND ".join(f"{q(name)} IS NOT NULL" for name in check.source.fields)
            parts.append(f"count(*) FILTER (_status <> {REJECTED} AND {present}) AS n_{check.number}")
    for measure in judge.dataset.measures:
        parts.append(f"sum({q(measure)}) FILTER (_status = {ACCEPTED}) AS {q('m_' + measure)}")
    return f"SELECT _file, {', '.join(parts)} FROM judged GROUP BY _file"


_FATES = ((ACCEPTED, "accepted"), (REJECTED, "rejected"), (DUPLICATE, "duplicate"))


def _violations(judge: Judge) -> Counts:
    """File → check number → rows, of all checks but the structural ones."""
    words = ", ".join(f"_w{index}" for index in range(judge.checks[-1].word + 1))
    dirty = " OR ".join(f"_w{index} <> 0" for index in range(judge.checks[-1].word + 1))
    statement = f"""
        SELECT _file, number, count(*) AS rows
        FROM (SELECT _file, [{words}] AS words FROM judged WHERE {dirty}), range({len(judge.checks)}) AS t(number)
        WHERE (words[number // 64 + 1] >> (number % 64)::UBIGINT) & 1 = 1 GROUP BY ALL
        UNION ALL SELECT file, number, count(*) FROM unresolved GROUP BY ALL
        UNION ALL SELECT file, {_number(judge, Builtin.DUPLICATE)}, count(*) FROM repeated GROUP BY ALL"""
    counts: Counts = defaultdict(dict)
    for row in _rows(judge, statement):
        counts[row["_file"]][row["number"]] = row["rows"]
    return counts


def _structural(judge: Judge) -> Counts:
    counts: Counts = defaultdict(dict)
    for row in _rows(judge, "SELECT file, rule, count(*) AS rows FROM aside GROUP BY ALL"):
        counts[row["file"]][_number(judge, Builtin(row["rule"]))] = row["rows"]
    return counts


def _number(judge: Judge, rule: Builtin) -> int:
    return next(check.number for check in judge.checks if check.rule == rule and check.source is None)


def _verdict(judge: Judge, totals: Row, violations: dict[int, int]) -> Verdict:
    aside = sum(violations.get(_number(judge, rule), 0) for rule in STRUCTURAL)
    fates = {name: totals.get(name, 0) for _, name in _FATES}
    fates["rejected"] += aside
    counts = [_check_count(judge, check, totals, violations, aside) for check in judge.checks]
    dimensions = {
        dimension: (
            sum(item.rows for item in counts if item.check.dimension is dimension),
            sum(item.denominator for item in counts if item.check.dimension is dimension),
        )
        for dimension in Dimension
    }
    return Verdict(
        received=sum(fates.values()),
        violations=tuple(item for item in counts if item.rows),
        dimensions=dimensions,
        measures={name: totals.get(f"m_{name}") or Decimal(0) for name in judge.dataset.measures},
        **fates,
    )


def _check_count(judge: Judge, check: Check, totals: Row, violations: dict[int, int], aside: int) -> CheckCount:
    parsed = sum(totals.get(name, 0) for _, name in _FATES)
    rows = violations.get(check.number, 0)
    if check.rule in STRUCTURAL:
        denominator = parsed + aside
    elif check.rule in (Builtin.REQUIRED, Builtin.DUPLICATE):
        denominator = parsed
    elif isinstance(check.source, Reference):
        denominator = totals.get(f"n_{check.number}", 0) if judge.has_store else 0
    elif isinstance(check.source, Field):
        denominator = _present(judge, check.source, totals, violations)
    else:
        denominator = parsed - (totals.get(f"n_{check.number}") or 0)
    return CheckCount(check, rows, denominator)


def _present(judge: Judge, field: Field, totals: Row, violations: dict[int, int]) -> int:
    """Rows that hold a value of ``field``: those that could be read, and those that violate its type or format."""
    unread = sum(
        violations.get(check.number, 0)
        for check in judge.checks
        if check.source is field and not field.is_text and check.rule in (Builtin.TYPE, Builtin.FORMAT)
    )
    return int(totals.get(f"f_{field.name}", 0)) + unread
