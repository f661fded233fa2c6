"""The rule language: which SQL expressions a rule may be, checked without running them.

DuckDB SQL over the fields of one row: comparisons, AND, OR, NOT, BETWEEN, IN, IS NULL, CASE, COALESCE,
arithmetic, abs, length, CAST, date intervals, and four functions of our own: ``matches(text, pattern)``,
``age_years(birth_date, at_date)``, ``id_birth_date(id_no)`` and ``id_sex(id_no)``.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot import exp

MACROS = {"matches": 2, "age_years": 2, "id_birth_date": 1, "id_sex": 1}
"""Our functions and the number of their arguments; the engine defines them."""

# sqlglot is imported where it is used: a catalogue that has been compiled needs none of it, and it takes 0.2 s.


@cache
def _truths() -> tuple[type[exp.Expr], ...]:
    from sqlglot import exp

    comparisons = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Is)
    return (*comparisons, exp.And, exp.Or, exp.Not)


@cache
def _allowed() -> frozenset[Any]:
    from sqlglot import exp

    return frozenset(
        {
            *_truths(),
            *(exp.Case, exp.If, exp.Coalesce, exp.Cast, exp.DataType, exp.Abs, exp.Length, exp.Interval, exp.Var),
            *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Paren),
            *(exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Anonymous),
        }
    )


def check_expression(text: str, fields: Collection[str]) -> None:
    """Raise ValueError with a reason unless ``text`` is a boolean rule expression over ``fields``."""
    columns = _columns(text)
    for name in columns:
        if name not in fields:
            raise ValueError(f"expr names {name!r}, which is not a field")
    if not columns:
        raise ValueError("expr names no field")


def fields_of(text: str) -> tuple[str, ...]:
    """The fields that ``text``, an expression that has been checked, names; in order, each once."""
    return _columns(text)


@cache
def _columns(text: str) -> tuple[str, ...]:
    """The fields that ``text`` names, in order; cached because many datasets share a rule's text."""
    from sqlglot import exp

    root = _parse(text)
    names: list[str] = []
    for node in root.walk():
        _check_node(node)
        if isinstance(node, exp.Column):
            names.append(_column_name(node))
    if not _is_truth(root):
        raise ValueError("expr does not give true or false")
    return tuple(dict.fromkeys(names))


def _parse(text: str) -> exp.Expr:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, SqlglotError

    try:
        trees = sqlglot.parse(text, read="duckdb")
    except ParseError as error:
        raise ValueError(f"expr cannot be parsed at character {error.errors[0]['col']}") from error
    except SqlglotError as error:
        raise ValueError("expr cannot be parsed") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Expr):
        raise ValueError("expr must be one expression")
    return trees[0]


def _check_node(node: exp.Expr) -> None:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        _check_macro(node)
    elif type(node) not in _allowed() or (isinstance(node, exp.If) and not isinstance(node.parent, exp.Case)):
        if isinstance(node, exp.Func):
            raise ValueError(f"unknown function {node.sql_name().lower()!r}")
        raise ValueError(f"expr may not use {type(node).__name__.upper()}")


def _check_macro(node: exp.Anonymous) -> None:
    expected = MACROS.get(node.name)
    if expected is None:
        raise ValueError(f"unknown function {node.name!r}")
    if len(node.expressions) != expected:
        raise ValueError(f"function {node.name!r} takes {expected} arguments, not {len(node.expressions)}")


def _column_name(node: exp.Column) -> str:
    if node.table:
        raise ValueError(f"expr may not name a table: {node.sql()!r}")
    return node.name


def _is_truth(node: exp.Expr) -> bool:
    """Whether the root is a condition. A bare column is let through: it may be a boolean field."""
    from sqlglot import exp

    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Anonymous):
        return bool(node.name == "matches")
    return isinstance(node, (*_truths(), exp.Case, exp.Column, exp.Boolean))
