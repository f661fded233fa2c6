"""The rule language in plain Python, a row at a time: what the SQL must agree with.

Values are ``None``, ``str``, ``int``, ``Decimal``, ``float``, ``date``, ``datetime``, ``bool``. A verdict is True,
False, or None where the rule does not apply; where something cannot be computed (a division by nought, a text that is
no number) the whole rule does not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp

Value = Any
Row = Mapping[str, Value]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Impossible(Exception):
    """The whole rule has no verdict on this row."""


def verdict(text: str, row: Row) -> bool | None:
    """What the rule ``text`` says of ``row``."""
    try:
        return evaluate(parsed(text), row)
    except (Impossible, ArithmeticError, OverflowError):
        return None


@cache
def parsed(text: str) -> exp.Expression:
    return sqlglot.parse_one(text, read="duckdb")


def evaluate(node: exp.Expression, row: Row) -> Value:
    return _EVALUATORS[type(node)](node, row)


def _column(node: exp.Expression, row: Row) -> Value:
    return row[node.name]


def _literal(node: exp.Expression, row: Row) -> Value:
    if node.is_string:
        return node.this
    return Decimal(node.this) if "." in node.this else int(node.this)


def _and(node: exp.Expression, row: Row) -> bool | None:
    sides = [evaluate(node.left, row), evaluate(node.right, row)]
    return False if False in sides else None if None in sides else True


def _or(node: exp.Expression, row: Row) -> bool | None:
    sides = [evaluate(node.left, row), evaluate(node.right, row)]
    return True if True in sides else None if None in sides else False


def _not(node: exp.Expression, row: Row) -> bool | None:
    value = evaluate(node.this, row)
    return None if value is None else not value


def _is(node: exp.Expression, row: Row) -> bool:
    return bool(evaluate(node.this, row) is evaluate(node.expression, row))


def _case(node: exp.Expression, row: Row) -> Value:
    for branch in node.args["ifs"]:
        found = evaluate(branch.this, row)
        if node.this is not None:
            found = _compared(evaluate(node.this, row), found, "==")
        if found:
            return evaluate(branch.args["true"], row)
    default = node.args.get("default")
    return None if default is None else evaluate(default, row)


def _coalesce(node: exp.Expression, row: Row) -> Value:
    values = (evaluate(item, row) for item in (node.this, *node.expressions))
    return next((value for value in values if value is not None), None)


def _between(node: exp.Expression, row: Row) -> bool | None:
    value, low, high = (evaluate(node.args[key], row) for key in ("this", "low", "high"))
    above, below = _compared(low, value, "<="), _compared(value, high, "<=")
    return False if False in (above, below) else None if None in (above, below) else True


def _in(node: exp.Expression, row: Row) -> bool | None:
    value = evaluate(node.this, row)
    found = [_compared(value, evaluate(item, row), "==") for item in node.expressions]
    return True if True in found else None if None in found else False


def _cast(node: exp.Expression, row: Row) -> Value:
    value = evaluate(node.this, row)
    wanted = node.to.sql("duckdb")
    if value is None:
        return None
    if wanted == "DATE" and isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    if wanted == "TIMESTAMP" and isinstance(value, date):
        return _moment(value)
    if wanted in ("INT", "INTEGER", "BIGINT") and isinstance(value, str) and re.fullmatch("-?[0-9]+", value):
        return int(value)
    raise Impossible(wanted)


def _length(node: exp.Expression, row: Row) -> int | None:
    value = evaluate(node.this, row)
    return None if value is None else len(value)


def _abs(node: exp.Expression, row: Row) -> Value:
    value = evaluate(node.this, row)
    return None if value is None else abs(value)


def _neg(node: exp.Expression, row: Row) -> Value:
    value = evaluate(node.this, row)
    return None if value is None else -value


def _interval(node: exp.Expression, row: Row) -> tuple[int, timedelta]:
    """Months and days apart, as SQL keeps them."""
    count = int(node.this.this)
    unit = node.unit.name.upper().removesuffix("S")
    if unit in ("YEAR", "MONTH"):
        return count * (12 if unit == "YEAR" else 1), timedelta()
    return 0, timedelta(**{f"{unit.lower()}s": count})


def _add(node: exp.Expression, row: Row) -> Value:
    return _arithmetic(node, row, 1, lambda left, right: left + right)


def _sub(node: exp.Expression, row: Row) -> Value:
    return _arithmetic(node, row, -1, lambda left, right: left - right)


def _arithmetic(node: exp.Expression, row: Row, sign: int, apply: Callable[[Value, Value], Value]) -> Value:
    left, right = evaluate(node.left, row), evaluate(node.right, row)
    if left is None or right is None:
        return None
    if isinstance(right, tuple):
        return _moved(left, sign, *right)
    if isinstance(left, date):
        return left + timedelta(days=sign * right) if isinstance(right, int) else (left - right).days
    return apply(*_alike(left, right))


def _moved(moment: date, sign: int, months: int, rest: timedelta) -> datetime:
    """``moment`` with months and days added; the last day of a month where the day is not there."""
    start = _moment(moment)
    place = start.year * 12 + start.month - 1 + sign * months
    year, month = divmod(place, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1) if year < 9999 else date(9999, 12, 31)
    last = (following - timedelta(days=1)).day if year < 9999 else 31
    return start.replace(year=year, month=month + 1, day=min(start.day, last)) + sign * rest


def _mul(node: exp.Expression, row: Row) -> Value:
    left, right = evaluate(node.left, row), evaluate(node.right, row)
    if left is None or right is None:
        return None
    first, second = _alike(left, right)
    return first * second


def _div(node: exp.Expression, row: Row) -> float | None:
    left, right = evaluate(node.left, row), evaluate(node.right, row)
    return None if left is None or right is None else float(left) / float(right)


def _mod(node: exp.Expression, row: Row) -> Value:
    left, right = evaluate(node.left, row), evaluate(node.right, row)
    if left is None or right is None:
        return None
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


def _alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Two numbers that can be computed with: one that is a float makes both floats."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    return left, right


def _comparison(symbol: str) -> Callable[[exp.Expression, Row], bool | None]:
    return lambda node, row: _compared(evaluate(node.left, row), evaluate(node.right, row), symbol)


def _compared(left: Value, right: Value, symbol: str) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, date) and isinstance(right, date):
        left, right = _moment(left), _moment(right)
    elif not isinstance(left, str | bool):
        left, right = _alike(left, right)
    order = (left > right) - (left < right)
    return {"==": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[
        symbol
    ]


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _anonymous(node: exp.Expression, row: Row) -> Value:
    values = [evaluate(item, row) for item in node.expressions]
    return None if None in values else _FUNCTIONS[node.name](*values)


def matches(text: str, pattern: str) -> bool:
    return re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), text) is not None


def age_years(born: date, at: date) -> int:
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def id_birth_date(number: str) -> date | None:
    if re.fullmatch("[0-9]{17}[0-9Xx]", number):
        digits = number[6:14]
    elif re.fullmatch("[0-9]{15}", number):
        digits = "19" + number[6:12]
    else:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def id_sex(number: str) -> str | None:
    if re.fullmatch("[0-9]{17}[0-9Xx]", number):
        return "1" if int(number[16]) % 2 else "2"
    return ("1" if int(number[14]) % 2 else "2") if re.fullmatch("[0-9]{15}", number) else None


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "matches": matches,
    "age_years": age_years,
    "id_birth_date": id_birth_date,
    "id_sex": id_sex,
}

_EVALUATORS: dict[type[exp.Expression], Callable[[Any, Row], Value]] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: lambda node, row: bool(node.this),
    exp.Null: lambda node, row: None,
    exp.Paren: lambda node, row: evaluate(node.this, row),
    exp.And: _and,
    exp.Or: _or,
    exp.Not: _not,
    exp.Is: _is,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Between: _between,
    exp.In: _in,
    exp.Cast: _cast,
    exp.Length: _length,
    exp.Abs: _abs,
    exp.Neg: _neg,
    exp.Interval: _interval,
    exp.Add: _add,
    exp.Sub: _sub,
    exp.Mul: _mul,
    exp.Div: _div,
    exp.Mod: _mod,
    exp.EQ: _comparison("=="),
    exp.NEQ: _comparison("!="),
    exp.LT: _comparison("<"),
    exp.LTE: _comparison("<="),
    exp.GT: _comparison(">"),
    exp.GTE: _comparison(">="),
    exp.Anonymous: _anonymous,
}
