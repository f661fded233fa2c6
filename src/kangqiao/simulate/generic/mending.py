"""A violated rule read as an instruction: what to write so that it holds.

A comparison is solved for one of its fields; AND asks for all of its parts, OR for any one, CASE for what follows from
its condition, IS NOT NULL for a value. Which field gives way is left to chance, so that rules that pull at each other
find an agreement after some rounds; at times an optional field is simply left empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from sqlglot import exp

from kangqiao.simulate.generic.bench import Bench, tree_of
from kangqiao.simulate.generic.draft import Draft
from kangqiao.simulate.generic.patterns import text_matching
from kangqiao.simulate.generic.texts import code_choices
from kangqiao.simulate.generic.vocabulary import range_of
from kangqiao.standards.model import Rule

_OPERATORS: dict[type, str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_INVERSE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRROR = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WRAPPERS = (exp.Paren, exp.Cast, exp.Coalesce)


class Mender:
    """Writes into ``draft`` what its violated rules ask for."""

    def __init__(self, draft: Draft, bench: Bench, rng: np.random.Generator) -> None:
        self._draft = draft
        self._bench = bench
        self._rng = rng
        self._by_name = draft.dataset.by_name

    def mend(self, rule: Rule, rows: np.ndarray, patience: float) -> None:
        """Try to make ``rule`` hold in ``rows``; with little patience left rather empty a field than solve."""
        tree = tree_of(rule.expr)
        lazy = self._rng.random(len(rows)) > patience
        self._achieve(tree, True, rows[~lazy])
        self._blank_one(tree, rows[lazy])

    def violate(self, rule: Rule, rows: np.ndarray) -> None:
        """Try to make ``rule`` say no in ``rows``."""
        self._achieve(tree_of(rule.expr), False, rows)

    # ── conditions ───────────────────────────────────────────────────────────────────────────

    def _achieve(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        if not len(rows):
            return
        if type(node) in _OPERATORS:
            operator = _OPERATORS[type(node)]
            self._compare(node.this, operator if want else _INVERSE[operator], node.expression, rows)
            return
        handler = self._HANDLERS.get(type(node))
        if handler is None:
            self._blank_one(node, rows)
        else:
            handler(self, node, want, rows)

    def _inner(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        self._achieve(node.this, want, rows)

    def _negated(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        self._achieve(node.this, not want, rows)

    def _both(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        self._parts(node, want, rows, all_of_them=want)

    def _either(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        self._parts(node, want, rows, all_of_them=not want)

    def _parts(self, node: exp.Expr, want: bool, rows: np.ndarray, all_of_them: bool) -> None:
        """All parts of an AND or OR that are not yet as wanted, or for each row one of them by chance."""
        parts = list(node.flatten())
        if not all_of_them:
            chosen = self._rng.integers(0, len(parts), len(rows))
            for place, part in enumerate(parts):
                self._achieve(part, want, rows[chosen == place])
            return
        for part in parts:
            now = self._bench.values(part, self._draft.columns, rows)
            self._achieve(part, want, rows[np.array([value is not want for value in now])])

    def _case(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        """The result of the branch that a row takes; now and then another branch."""
        left = rows
        subject = node.args.get("this")
        for branch in node.args["ifs"]:
            condition = exp.EQ(this=subject.copy(), expression=branch.this.copy()) if subject else branch.this
            holds = np.array([value is True for value in self._bench.values(condition, self._draft.columns, left)])
            here, left = left[holds] if len(left) else left, left[~holds] if len(left) else left
            escape = self._rng.random(len(here)) < 0.2
            self._achieve(branch.args["true"], want, here[~escape])
            self._achieve(condition, False, here[escape])
        if (default := node.args.get("default")) is not None:
            self._achieve(default, want, left)

    def _is(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        if isinstance(node.expression, exp.Null):
            for column in self._chosen_columns(node.this, every=want):
                self._empty(column, rows) if want else self._give(column, rows)
        elif isinstance(node.expression, exp.Boolean):
            self._achieve(node.this, bool(node.expression.this) is want, rows)

    def _chosen_columns(self, node: exp.Expr, every: bool) -> list[str]:
        names = list(dict.fromkeys(column.name for column in node.find_all(exp.Column)))
        return names if every or not names else [names[int(self._rng.integers(0, len(names)))]]

    def _between(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        low, high = node.args["low"], node.args["high"]
        if not want:
            self._blank_one(node, rows)
            return
        lows = self._bench.values(low, self._draft.columns, rows)
        highs = self._bench.values(high, self._draft.columns, rows)
        target = _literal_between(lows, highs, self._rng)
        self._solve(node.this, "=", target, rows, low)

    def _in(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        column = _bare(node.this)
        listed = [item.this for item in node.expressions if isinstance(item, exp.Literal)]
        if column is None:
            self._blank_one(node, rows)
            return
        field = self._by_name[column.name]
        allowed = listed
        if not want:
            known = self._codes(column.name)
            allowed = [code for code in known if code not in listed]
        elif field.value_set:
            allowed = [code for code in listed if code in self._draft.texts.value_set(field).codes] or listed
        self._write_one_of(column.name, allowed, rows)

    def _write_one_of(self, name: str, allowed: list[str], rows: np.ndarray) -> None:
        if allowed:
            self._draft.write(name, rows, [allowed[n] for n in self._rng.integers(0, len(allowed), len(rows))])
        else:
            self._draft.blank(name, rows)

    def _codes(self, name: str) -> list[str]:
        field = self._by_name[name]
        if not field.value_set:
            return []
        return list(code_choices(self._draft.texts.value_set(field), field.parsed)[0])

    def _flag(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        self._draft.write(node.name, rows, [want] * len(rows))

    def _function(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        if node.name != "matches":
            self._blank_one(node, rows)
            return
        column, pattern = _bare(node.expressions[0]), node.expressions[1]
        if column is None or not want or not isinstance(pattern, exp.Literal):
            self._blank_one(node, rows)
            return
        if self._by_name[column.name].value_set:
            self._write_one_of(column.name, [c for c in self._codes(column.name) if re.search(pattern.this, c)], rows)
            return
        self._draft.redraw(column.name, rows)
        wrong = np.array([v is not True for v in self._bench.values(node, self._draft.columns, rows)], dtype=bool)
        stuck = rows[wrong]
        self._draft.write(column.name, stuck, [text_matching(pattern.this, self._rng) for _ in stuck])

    def _nothing(self, node: exp.Expr, want: bool, rows: np.ndarray) -> None:
        """A constant cannot be changed."""

    _HANDLERS: dict[type, Callable[[Mender, Any, bool, np.ndarray], None]] = {
        exp.Paren: _inner,
        exp.Not: _negated,
        exp.And: _both,
        exp.Or: _either,
        exp.Case: _case,
        exp.Is: _is,
        exp.Between: _between,
        exp.In: _in,
        exp.Column: _flag,
        exp.Anonymous: _function,
        exp.Boolean: _nothing,
    }

    # ── comparisons ──────────────────────────────────────────────────────────────────────────

    def _compare(self, left: exp.Expr, operator: str, right: exp.Expr, rows: np.ndarray) -> None:
        """Solve for one side: the one that is a single field, or either by chance."""
        sides = [(left, operator, right), (right, _MIRROR[operator], left)]
        weights = [self._ease(side) for side, _, _ in sides]
        if not any(weights):
            self._blank_one(exp.EQ(this=left.copy(), expression=right.copy()), rows)
            return
        first = self._rng.random(len(rows)) < weights[0] / sum(weights)
        for chosen, (side, sign, other) in zip((rows[first], rows[~first]), sides, strict=True):
            if len(chosen):
                self._solve(side, sign, self._bench.values(other, self._draft.columns, chosen), chosen, other)

    def _ease(self, side: exp.Expr) -> float:
        """How readily a side of a comparison gives way."""
        names = [column.name for column in side.find_all(exp.Column)]
        if not names:
            return 0.0
        best = max(self._readiness(name) for name in names)
        return best if _bare(side) is not None else best * 0.3

    def _readiness(self, name: str) -> float:
        draft = self._draft
        if name in draft.basis.linked or name in draft.dataset.key:
            return 0.0
        if name == draft.dataset.event_time:
            return 0.02
        return 0.1 if name in draft.who and draft.who[name][1] in ("birth_date", "sex", "id_no") else 1.0

    def _solve(self, side: exp.Expr, operator: str, target: list[Any], rows: np.ndarray, other: exp.Expr) -> None:
        """Write a field of ``side`` so that ``side operator target``; walks down to the field, undoing arithmetic."""
        while True:
            match side:
                case exp.Paren() | exp.Cast():
                    side = side.this
                case exp.Coalesce():
                    side = side.this
                case exp.Column():
                    self._put(side.name, operator, target, rows)
                    return
                case exp.Abs():
                    side, operator, target = side.this, "=", [_small(value) for value in target]
                case exp.Neg():
                    side, operator, target = side.this, _MIRROR[operator], [_apply(_minus, 0, v) for v in target]
                case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
                    solved = self._undo(side, operator, target, rows)
                    if solved is None:
                        return
                    side, operator, target = solved
                case exp.Anonymous() if side.name == "age_years":
                    self._age(side, operator, target, rows)
                    return
                case exp.Length():
                    self._lengthen(side.this, operator, target, rows)
                    return
                case _:
                    self._blank_one(side, rows)
                    return

    def _undo(
        self, side: exp.Expr, operator: str, target: list[Any], rows: np.ndarray
    ) -> tuple[exp.Expr, str, list[Any]] | None:
        """One step down: solve ``left ± right`` for the part that gives way more readily."""
        left, right = side.this, side.expression
        eases = (self._ease(left), self._ease(right))
        if not any(eases):
            self._blank_one(side, rows)
            return None
        is_left = self._rng.random() < eases[0] / sum(eases)
        others = self._bench.values(right if is_left else left, self._draft.columns, rows)
        step, mirrored = _STEPS[type(side), is_left]
        moved = [_apply(step, value, other) for value, other in zip(target, others, strict=True)]
        return (left if is_left else right), (_MIRROR[operator] if mirrored else operator), moved

    def _put(self, name: str, operator: str, target: list[Any], rows: np.ndarray) -> None:
        values = [self._satisfying(name, operator, value) for value in target]
        if self._by_name[name].type == "N" and range_of(self._by_name[name].title)[0] >= 0:
            values = [None if value is not None and value < 0 else value for value in values]
        unknown = np.array([value is None for value in values], dtype=bool)
        if operator == "<>":
            self._draft.redraw(name, rows)
            return
        self._draft.write(name, rows, values)
        if unknown.any():
            self._draft.blank(name, rows[unknown])

    def _satisfying(self, name: str, operator: str, value: Any) -> Any:
        """A value near ``value`` (or usual for the field) that compares with it as asked."""
        if value is None or operator in ("=", "<>") or isinstance(value, str | bool):
            return value
        sign = -1 if operator in ("<", "<=") else 1
        field = self._by_name[name]
        if isinstance(value, date):
            span = timedelta(days=int(self._rng.integers(1, 4))) if field.type == "D" else self._minutes()
            if len(operator) == 2 and self._rng.random() < 0.4:
                return value
            return value + sign * span
        low, high = range_of(field.title)
        low, high = (low, min(high, float(value))) if sign < 0 else (max(low, float(value)), high)
        if low < high and field.type == "N":
            return float(self._rng.uniform(low, high))
        step = 10.0**-field.parsed.decimals if field.type == "N" else 1.0
        return float(value) + (sign * step if len(operator) == 1 or self._rng.random() < 0.5 else 0.0)

    def _minutes(self) -> timedelta:
        return timedelta(minutes=int(self._rng.integers(2, 40)))

    def _age(self, node: exp.Anonymous, operator: str, target: list[Any], rows: np.ndarray) -> None:
        """Solve ``age_years(birth, moment) operator target`` by the birth date."""
        birth = _bare(node.expressions[0])
        if birth is None:
            self._blank_one(node, rows)
            return
        moments = self._bench.values(node.expressions[1], self._draft.columns, rows)
        values: list[Any] = []
        for years, moment in zip(target, moments, strict=True):
            if years is None or moment is None:
                values.append(None)
                continue
            shift = {"<": -1, ">": 1}.get(operator, 0)
            spare = int(self._rng.integers(0, 8)) * {"<": -1, "<=": -1, ">": 1, ">=": 1}.get(operator, 0)
            age = max(0, int(years) + shift + spare)
            values.append(moment - timedelta(days=int(age * 365.25) + int(self._rng.integers(20, 340))))
        self._draft.write(birth.name, rows, values)

    def _lengthen(self, node: exp.Expr, operator: str, target: list[Any], rows: np.ndarray) -> None:
        column = _bare(node)
        if column is None:
            return
        texts = self._draft.columns[column.name]
        for row, wanted in zip(rows.tolist(), target, strict=True):
            length = int(wanted) + {"<": -1, ">": 1}.get(operator, 0)
            text = texts[row] or "1"
            if len(text) > length and operator in ("<", "<=", "="):
                texts[row] = text[:length]
            elif len(text) < length:
                texts[row] = text.ljust(length, "1" if text.isascii() else "。")

    # ── values ───────────────────────────────────────────────────────────────────────────────

    def _give(self, name: str, rows: np.ndarray) -> None:
        missing = rows[self._draft.columns[name][rows] == ""]
        self._draft.redraw(name, missing)

    def _empty(self, name: str, rows: np.ndarray) -> None:
        if not self._draft.blank(name, rows) and self._by_name[name].type == "L":
            self._draft.write(name, rows, [False] * len(rows))

    def _blank_one(self, node: exp.Expr, rows: np.ndarray) -> None:
        """Empty one field that the rule names, another for each try; where none may be empty draw one anew."""
        if not len(rows):
            return
        names = list(dict.fromkeys(column.name for column in node.find_all(exp.Column)))
        names = [name for name in names if self._readiness(name) > 0.05]
        if names:
            name = names[int(self._rng.integers(0, len(names)))]
            if self._rng.random() < 0.4 or not self._draft.blank(name, rows):
                self._draft.redraw(name, rows)


def _minus(one: Any, other: Any) -> Any:
    return one - other


_STEPS: dict[tuple[type, bool], tuple[Callable[[Any, Any], Any], bool]] = {
    (exp.Add, True): (lambda value, right: value - right, False),
    (exp.Add, False): (lambda value, left: value - left, False),
    (exp.Sub, True): (lambda value, right: value + right, False),
    (exp.Sub, False): (lambda value, left: left - value, True),
    (exp.Mul, True): (lambda value, right: value / right, False),
    (exp.Mul, False): (lambda value, left: value / left, False),
    (exp.Div, True): (lambda value, right: value * right, False),
    (exp.Div, False): (lambda value, left: left / value, True),
}
"""How to undo one step of arithmetic on the left or right part, and whether the comparison turns round."""


def _apply(step: Callable[[Any, Any], Any], value: Any, other: Any) -> Any:
    """``step`` of two values, days where one is a date; None where it cannot be done."""
    if value is None or other is None:
        return None
    if isinstance(value, float | int) and not isinstance(other, date | timedelta):
        other = float(other)
    if isinstance(value, Decimal) and isinstance(other, float):
        value = float(value)
    if isinstance(value, date) and isinstance(other, int | float | Decimal):
        other = timedelta(days=float(other))
    if isinstance(other, date) and isinstance(value, int | float | Decimal):
        value = timedelta(days=float(value))
    try:
        return step(value, other)
    except (ArithmeticError, TypeError):
        return None


def _small(value: Any) -> Any:
    """Nothing, of the kind of ``value``: what an absolute difference may always be."""
    return None if value is None else value - value


def _bare(node: exp.Expr) -> exp.Column | None:
    """The field that a side is, or wraps."""
    while isinstance(node, _WRAPPERS):
        node = node.this
    return node if isinstance(node, exp.Column) else None


def _literal_between(lows: list[Any], highs: list[Any], rng: np.random.Generator) -> list[Any]:
    """A value between each low and high."""
    shares = rng.uniform(0.15, 0.85, len(lows)).tolist()
    values: list[Any] = []
    for low, high, share in zip(lows, highs, shares, strict=True):
        if low is None or high is None:
            values.append(low if high is None else high)
        elif isinstance(low, int | float | Decimal):
            values.append(float(low) + (float(high) - float(low)) * share)
        else:
            values.append(low + (high - low) * share if not isinstance(low, str) else low)
    return values
