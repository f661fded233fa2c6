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
from kangqiao.engine.validation.successions import has_document
from kangqiao.standards.model import Dimension, Field, Reference, Rule, Succession


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
_FATES = ((ACCEPTED, "accepted"), (REJECTED, "rejected"), (DUPLICATE, "duplicate"))


def count(judge: Judge) -> dict[int, Verdict]:
    """A verdict for every file that was read, by its number; a file without rows has zeros."""
    totals = {row["_file"]: row for row in _rows(judge, _totals_statement(judge))}
    violations = _violations(judge)
    counter = _Counter(judge)
    return {number: counter.verdict(totals.get(number, {}), violations[number]) for number in judge.files}


def _rows(judge: Judge, statement: str) -> list[Row]:
    cursor = judge.connection.execute(statement)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _totals_statement(judge: Judge) -> str:
    """Rows by fate; ``f_<field>`` rows that hold the field; ``n_<check>`` rows that what is declared applies to.

    ``x_<check>`` rows that hold the field, but the check does not apply to them.
    """
    parts = [f"count(*) FILTER (_status = {code}) AS {name}" for code, name in _FATES]
    parts += [f"count({q(field.name)}) AS {q('f_' + field.name)}" for field in judge.dataset.fields]
    for check in judge.checks:
        absent = f"CAST(sum((_n{check.word} >> {check.bit}) & 1) AS BIGINT)"
        if isinstance(check.source, Rule) or check.rule == Builtin.EVENT_DAY:
            parts.append(f"count(*) - {absent} AS n_{check.number}")
        if check.rule == Builtin.CHECKSUM:
            parts.append(f"{absent} AS x_{check.number}")
        if isinstance(check.source, Reference) and judge.has_store:
            present = " AND ".join(f"{q(name)} IS NOT NULL" for name in check.source.fields)
            parts.append(f"count(*) FILTER (_status <> {REJECTED} AND {present}) AS n_{check.number}")
        if isinstance(check.source, Succession) and judge.has_store:
            present = f"{q(check.source.field)} IS NOT NULL AND {has_document(judge.dataset)}"
            parts.append(f"count(*) FILTER (_status <> {REJECTED} AND {present}) AS n_{check.number}")
    for measure in judge.dataset.measures:
        parts.append(f"sum({q(measure)}) FILTER (_status = {ACCEPTED}) AS {q('m_' + measure)}")
    return f"SELECT _file, {', '.join(parts)} FROM judged GROUP BY _file"


def _violations(judge: Judge) -> Counts:
    """File → check number → rows."""
    words = ", ".join(f"_w{index}" for index in range(judge.checks[-1].word + 1))
    dirty = " OR ".join(f"_w{index} <> 0" for index in range(judge.checks[-1].word + 1))
    by_rule = {check.rule: check.number for check in judge.checks if check.source is None}
    statement = f"""
        SELECT _file, number, '' AS rule, count(*) AS rows
        FROM (SELECT _file, [{words}] AS words FROM judged WHERE {dirty}), range({len(judge.checks)}) AS t(number)
        WHERE (words[number // 64 + 1] >> (number % 64)::UBIGINT) & 1 = 1 GROUP BY ALL
        UNION ALL SELECT file, number, '', count(*) FROM unresolved GROUP BY ALL
        UNION ALL SELECT file, NULL, '{Builtin.DUPLICATE}', count(*) FROM repeated GROUP BY ALL
        UNION ALL SELECT file, NULL, rule, count(*) FROM aside GROUP BY ALL"""
    counts: Counts = defaultdict(dict)
    for row in _rows(judge, statement):
        number = by_rule[row["rule"]] if row["number"] is None else row["number"]
        counts[row["_file"]][number] = row["rows"]
    return counts


class _Counter:
    """Makes verdicts of one dataset; what does not differ between files is worked out once."""

    def __init__(self, judge: Judge) -> None:
        self._checks = judge.checks
        self._measures = judge.dataset.measures
        self._structural = [check.number for check in judge.checks if check.rule in STRUCTURAL]
        self._unread: dict[str, list[int]] = defaultdict(list)
        """Field → checks whose violations leave no value behind."""
        self._required: dict[str, int] = {}
        """Text field → the check that it is there; the other checks of the field apply to the rest."""
        for check in judge.checks:
            if isinstance(check.source, Field) and check.source.is_text and check.rule == Builtin.REQUIRED:
                self._required[check.field] = check.number
            is_unread = check.rule in (Builtin.TYPE, Builtin.FORMAT)
            if isinstance(check.source, Field) and not check.source.is_text and is_unread:
                self._unread[check.field].append(check.number)

    def verdict(self, totals: Row, violations: dict[int, int]) -> Verdict:
        aside = sum(violations.get(number, 0) for number in self._structural)
        fates = {name: totals.get(name, 0) for _, name in _FATES}
        parsed = sum(fates.values())
        fates["rejected"] += aside
        found = []
        dimensions = {dimension: [0, 0] for dimension in Dimension}
        for check in self._checks:
            rows = violations.get(check.number, 0)
            denominator = self._denominator(check, totals, violations, parsed, aside)
            pair = dimensions[check.dimension]
            pair[0] += rows
            pair[1] += denominator
            if rows:
                found.append(CheckCount(check, rows, denominator))
        return Verdict(
            received=parsed + aside,
            violations=tuple(found),
            dimensions={dimension: (rows, of) for dimension, (rows, of) in dimensions.items()},
            measures={name: totals.get(f"m_{name}") or Decimal(0) for name in self._measures},
            **fates,
        )

    def _denominator(self, check: Check, totals: Row, violations: dict[int, int], parsed: int, aside: int) -> int:
        """How many rows a check applied to."""
        if check.source is None and check.rule != Builtin.EVENT_DAY:
            return parsed + (aside if check.rule in STRUCTURAL else 0)
        if check.rule == Builtin.REQUIRED:
            return parsed
        if isinstance(check.source, Field):
            excluded = int(totals.get(f"x_{check.number}", 0))
            if check.field in self._required:
                return parsed - violations.get(self._required[check.field], 0) - excluded
            unread = sum(violations.get(number, 0) for number in self._unread.get(check.field, ()))
            return int(totals.get(f"f_{check.field}", 0)) + unread - excluded
        return int(totals.get(f"n_{check.number}", 0))
