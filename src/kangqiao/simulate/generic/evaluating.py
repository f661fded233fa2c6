"""Parts of rules worked out in Python for a few rows: to ask the engine for each part costs more than all of them.

Only what the mender needs to know what to write; whether a rule holds is for the engine to say. ``Unknown`` is raised
for what is not understood here, and the engine is asked.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

from kangqiao.standards.model import Field

_ID_LENGTH = 18

Values = Callable[[str], Any]
"""The typed value of a field in one row."""


class Unknown(Exception):
    """A part of an expression that is not understood here."""


def typed(field: Field, text: str) -> Any:
    """A text as the engine reads it; None when empty or unreadable."""
    if not text:
        return None
    try:
        match field.type:
            case "D":
                return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  local dates
            case "DT":
                return datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007
            case "L":
                return {"T": True, "F": False}.get(text)
            case "N":
                return Decimal(text)
    except (ValueError, InvalidOperation):
        return None
    return text


def evaluate(node: exp.Expr, value: Values) -> Any:
    """What ``node`` gives for one row; None is NULL. Raises Unknown."""
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise Unknown(type(node).__name__)
    return handler(node, value)


def _literal(node: exp.Expr, value: Values) -> Any:
    return node.this if node.is_string else Decimal(node.this)


def _column(node: exp.Expr, value: Values) -> Any:
    return value(node.name)


def _inner(node: exp.Expr, value: Values) -> Any:
    return evaluate(node.this, value)


def _arithmetic(step: Callable[[Any, Any], Any]) -> Callable[[exp.Expr, Values], Any]:
    def work(node: exp.Expr, value: Values) -> Any:
        left, right = evaluate(node.this, value), evaluate(node.expression, value)
        if left is None or right is None:
            return None
        return _stepped(step, left, right)

    return work


def _stepped(step: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if isinstance(left, datetime) or isinstance(right, datetime):
        left, right = _as_moment(left), _as_moment(right)
    elif isinstance(left, date) and isinstance(right, Decimal):
        right = timedelta(days=int(right))
    elif isinstance(left, date) and isinstance(right, timedelta):
        left = _as_moment(left)
    try:
        found = step(left, right)
    except ArithmeticError:
        return None
    except TypeError as error:
        raise Unknown(str(error)) from error
    both_days = isinstance(left, date) and not isinstance(left, datetime) and isinstance(right, date)
    return Decimal(found.days) if both_days and isinstance(found, timedelta) else found


def _as_moment(value: Any) -> Any:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return datetime(value.year, value.month, value.day) if is_day else value  # noqa: DTZ001  local time


def _negative(node: exp.Expr, value: Values) -> Any:
    found = evaluate(node.this, value)
    return None if found is None else -found


def _absolute(node: exp.Expr, value: Values) -> Any:
    found = evaluate(node.this, value)
    return None if found is None else abs(found)


def _coalesce(node: exp.Expr, value: Values) -> Any:
    for one in (node.this, *node.expressions):
        if (found := evaluate(one, value)) is not None:
            return found
    return None


def _cast(node: exp.Expr, value: Values) -> Any:
    found, kind = evaluate(node.this, value), node.args["to"].this
    if found is None:
        return None
    if kind == exp.DataType.Type.DATE:
        return found.date() if isinstance(found, datetime) else found
    if kind in (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.DATETIME):
        return _as_moment(found)
    raise Unknown(str(kind))


def _interval(node: exp.Expr, value: Values) -> Any:
    unit = str(node.args["unit"]).upper().rstrip("S")
    seconds = {"DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}.get(unit)
    if seconds is None or not isinstance(node.this, exp.Literal):
        raise Unknown(unit)
    return timedelta(seconds=float(node.this.this) * seconds)


def _comparison(step: Callable[[Any, Any], bool]) -> Callable[[exp.Expr, Values], Any]:
    return _arithmetic(step)


def _null(node: exp.Expr, value: Values) -> Any:
    found = evaluate(node.this, value)
    if isinstance(node.expression, exp.Null):
        return found is None
    if isinstance(node.expression, exp.Boolean):
        return found is bool(node.expression.this)
    raise Unknown("IS")


def _all_of(node: exp.Expr, value: Values) -> Any:
    found = [evaluate(one, value) for one in node.flatten()]
    return False if False in found else None if None in found else True


def _any_of(node: exp.Expr, value: Values) -> Any:
    found = [evaluate(one, value) for one in node.flatten()]
    return True if True in found else None if None in found else False


def _not(node: exp.Expr, value: Values) -> Any:
    found = evaluate(node.this, value)
    return None if found is None else not found


def _listed(node: exp.Expr, value: Values) -> Any:
    found = evaluate(node.this, value)
    return None if found is None else found in [evaluate(one, value) for one in node.expressions]


def _between(node: exp.Expr, value: Values) -> Any:
    parts = [evaluate(one, value) for one in (node.this, node.args["low"], node.args["high"])]
    if None in parts:
        return None
    return _stepped(operator.ge, parts[0], parts[1]) and _stepped(operator.le, parts[0], parts[2])


def _case(node: exp.Expr, value: Values) -> Any:
    subject = node.args.get("this")
    for branch in node.args["ifs"]:
        holds = evaluate(branch.this, value)
        if subject is not None:
            holds = holds == evaluate(subject, value)
        if holds is True:
            return evaluate(branch.args["true"], value)
    default = node.args.get("default")
    return None if default is None else evaluate(default, value)


def _length(node: exp.Expr, value: Values) -> Any:
    found = evaluate(node.this, value)
    return None if found is None else Decimal(len(found))


def _function(node: exp.Expr, value: Values) -> Any:
    parts = [evaluate(one, value) for one in node.expressions]
    if None in parts:
        return None
    if node.name == "age_years":
        birth, moment = parts
        return Decimal(moment.year - birth.year - ((moment.month, moment.day) < (birth.month, birth.day)))
    if node.name == "matches":
        return re.search(parts[1], parts[0]) is not None
    if node.name in ("id_birth_date", "id_sex") and len(parts[0]) == _ID_LENGTH and parts[0][:-1].isdigit():
        return _of_identity(node.name, parts[0])
    raise Unknown(node.name)


def _of_identity(name: str, number: str) -> Any:
    if name == "id_sex":
        return "1" if int(number[16]) % 2 else "2"
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


_HANDLERS: dict[type, Callable[[Any, Values], Any]] = {
    exp.Literal: _literal,
    exp.Column: _column,
    exp.Paren: _inner,
    exp.Boolean: lambda node, value: bool(node.this),
    exp.Null: lambda node, value: None,
    exp.Add: _arithmetic(operator.add),
    exp.Sub: _arithmetic(operator.sub),
    exp.Mul: _arithmetic(operator.mul),
    exp.Div: _arithmetic(operator.truediv),
    exp.Mod: _arithmetic(operator.mod),
    exp.Neg: _negative,
    exp.Abs: _absolute,
    exp.Coalesce: _coalesce,
    exp.Cast: _cast,
    exp.Interval: _interval,
    exp.EQ: _comparison(operator.eq),
    exp.NEQ: _comparison(operator.ne),
    exp.LT: _comparison(operator.lt),
    exp.LTE: _comparison(operator.le),
    exp.GT: _comparison(operator.gt),
    exp.GTE: _comparison(operator.ge),
    exp.Is: _null,
    exp.And: _all_of,
    exp.Or: _any_of,
    exp.Not: _not,
    exp.In: _listed,
    exp.Between: _between,
    exp.Case: _case,
    exp.Length: _length,
    exp.Anonymous: _function,
}
