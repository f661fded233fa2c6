"""Every rule of the catalogue, and rules drawn from the language's grammar: SQL against plain Python."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sqlglot import exp
from tests.generative.reference import parsed, verdict

from kangqiao.engine.compute.duck import connect, quote_name
from kangqiao.engine.validation.compile import sql_type
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.expressions import check_expression
from kangqiao.standards.model import Field

ROWS = 30
CARDS = ("110105194912310025", "11010519491231002X", "110105491231002", "32010219900230101X", "P1234567")
TEXTS = ("", "A00.1", "O80.0", "Z37", "I10.x00", "1", "01", "2", "男", "90.5901", "3201", "R50.9", "a\n")


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder)) as connection:
        yield connection


def verdicts(
    sql: duckdb.DuckDBPyConnection, fields: Sequence[Field], rows: Sequence[dict[str, Any]], rules: Sequence[str]
) -> list[tuple[bool | None, ...]]:
    """What the SQL says of each row: the rules' texts as the engine wraps them, over columns of the engine's types."""
    places = range(len(rows))
    source = pa.table({"place": places, **{item.name: pa.array([row[item.name] for row in rows]) for item in fields}})
    columns = ", ".join(
        f"CAST({quote_name(item.name)} AS {sql_type(item)}) AS {quote_name(item.name)}" for item in fields
    )
    sql.register("drawn", source)
    wrapped = ", ".join(f"TRY(CAST(({rule}) AS BOOLEAN))" for rule in rules)
    return sql.execute(f"SELECT {wrapped} FROM (SELECT place, {columns} FROM drawn) ORDER BY place").fetchall()


@pytest.mark.parametrize("name", sorted(catalogue().datasets))
@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_every_rule_of_the_catalogue(sql: duckdb.DuckDBPyConnection, name: str, seed: int) -> None:
    dataset = catalogue().dataset(name)
    rules = [rule.expr for rule in dataset.rules]
    if not rules:
        return
    named = {column.name for rule in rules for column in parsed(rule).find_all(exp.Column)}
    limits = [Decimal(node.this) for rule in rules for node in parsed(rule).find_all(exp.Literal) if not node.is_string]
    fields = [field for field in dataset.fields if field.name in named]
    rows = [drawn_row(fields, limits or [Decimal(1)], random.Random(seed * ROWS + place)) for place in range(ROWS)]
    expected = [tuple(verdict(rule, row) for rule in rules) for row in rows]
    assert differing(rules, rows, verdicts(sql, fields, rows, rules), expected) == []


def differing(rules: Sequence[str], rows: Sequence[dict[str, Any]], found: Any, expected: Any) -> list[tuple[Any, ...]]:
    """Rule, row, what the SQL says, what plain Python says, where they differ."""
    cells = [(rule, row, place, number) for place, row in enumerate(rows) for number, rule in enumerate(rules)]
    return [
        (rule, row, found[place][number], expected[place][number])
        for rule, row, place, number in cells
        if found[place][number] is not expected[place][number]
    ]


def drawn_row(fields: Sequence[Field], limits: list[Decimal], chance: random.Random) -> dict[str, Any]:
    """Values near each other and near the limits that rules name, and gaps."""
    start = datetime.fromisoformat("2024-02-28") + timedelta(days=chance.randrange(-400, 400))
    return {field.name: drawn_value(field, chance, start, limits) for field in fields}


def drawn_value(field: Field, chance: random.Random, start: datetime, numbers: list[Decimal]) -> Any:
    if chance.random() < 0.15:
        return None
    match field.type:
        case "D":
            return (start + timedelta(days=chance.choice((0, 0, 1, -1, 30, 365, -20000, -36500)))).date()
        case "DT":
            return start + timedelta(hours=chance.choice((0, 0, 1, -1, 24, 48, 720)), seconds=chance.choice((0, 1)))
        case "L":
            return chance.random() < 0.5
        case "N":
            return drawn_number(field, chance, numbers)
    if field.identifies == "id_no":
        return chance.choice(CARDS)
    codes = list(catalogue().value_sets[field.value_set].codes) if field.value_set else []
    return chance.choice([*codes[:12], *TEXTS])


def drawn_number(field: Field, chance: random.Random, numbers: list[Decimal]) -> Decimal | int:
    value = chance.choice(numbers) + chance.choice((0, 0, 1, -1, Decimal("0.01"), Decimal("0.1")))
    bounded = value % Decimal(10) ** field.parsed.integer_digits
    return bounded.quantize(Decimal(1).scaleb(-field.parsed.decimals)) if field.parsed.decimals else int(bounded)


def _field(name: str, kind: str, form: str) -> Field:
    return Field(name, name, "local", "local", "local", kind, form)


FIELDS = (
    *(_field(name, "D", "D8") for name in ("d1", "d2")),
    *(_field(name, "DT", "DT15") for name in ("t1", "t2")),
    *(_field(name, "N", "N..6,2") for name in ("n1", "n2")),
    *(_field(name, "N", "N..4") for name in ("i1", "i2")),
    *(_field(name, "S1", "AN..20") for name in ("s1", "s2")),
    *(_field(name, "L", "T/F") for name in ("l1", "l2")),
)
NAMES = {item.name for item in FIELDS}


def _pairs(template: str, *choices: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(template.format, *choices)


DATES = st.sampled_from(["d1", "d2", "CAST(t1 AS DATE)", "CAST(t2 AS DATE)", "id_birth_date(s1)"])
UNITS = st.sampled_from(["DAY", "MONTH", "YEAR", "HOUR"])
MOMENTS = DATES | st.sampled_from(["t1", "t2"])
MOMENTS = MOMENTS | _pairs("({} + INTERVAL {} {})", MOMENTS, st.integers(0, 40), UNITS)
NUMBERS = st.sampled_from(["n1", "n2", "i1", "i2", "10", "0.5", "length(s1)", "age_years(d1, t1)", "(d1 - d2)"])
NUMBERS = NUMBERS | _pairs("({} {} {})", NUMBERS, st.sampled_from("+-*"), NUMBERS)
NUMBERS = NUMBERS | _pairs("({} / {})", NUMBERS, st.sampled_from(["2", "0.3", "-7"]))
NUMBERS = NUMBERS | _pairs("abs({})", NUMBERS) | _pairs("COALESCE({}, 0)", NUMBERS) | _pairs("-{}", NUMBERS)
STRINGS = st.sampled_from(["s1", "s2", "'A'", "'O80.0'", "id_sex(s1)", "COALESCE(s1, 'A')"])
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
ATOMS = (
    _pairs("{} {} {}", MOMENTS, SIGNS, MOMENTS)
    | _pairs("{} {} {}", NUMBERS, SIGNS, NUMBERS)
    | _pairs("{} {} {}", STRINGS, SIGNS, STRINGS)
    | _pairs("{} BETWEEN {} AND {}", NUMBERS, NUMBERS, NUMBERS)
    | _pairs("{} IN ('A', 'O80.0', {})", STRINGS, STRINGS)
    | _pairs("{} IS NULL", MOMENTS | NUMBERS | STRINGS)
    | _pairs("{} IS NOT NULL", MOMENTS | NUMBERS | STRINGS)
    | _pairs("matches({}, '^[A-Z][0-9]{{2}}([.][0-9]+)?$')", STRINGS)
    | st.sampled_from(["l1", "l2", "l1 = l2"])
)
RULES = st.recursive(
    ATOMS,
    lambda inner: (
        _pairs("({}) AND ({})", inner, inner)
        | _pairs("({}) OR ({})", inner, inner)
        | _pairs("NOT ({})", inner)
        | _pairs("CASE WHEN {} THEN {} END", inner, inner)
        | _pairs("CASE WHEN {} THEN {} ELSE {} END", inner, inner, inner)
    ),
    max_leaves=6,
).filter(lambda text: any(name in text for name in NAMES))
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31)) | st.sampled_from([date(2000, 2, 29), date(2001, 2, 28)])
VALUES = {
    "D": DAYS,
    "DT": st.builds(datetime.combine, DAYS, st.times().map(lambda time: time.replace(microsecond=0))),
    "L": st.booleans(),
    "S1": st.sampled_from([*CARDS, *TEXTS]),
}
ROW = st.fixed_dictionaries(
    {
        item.name: st.none() | (
            VALUES[item.type]
            if item.type != "N"
            else st.integers(-99, 99) if not item.parsed.decimals else st.decimals(-99, 99, places=2)
        )
        for item in FIELDS
    }
)  # fmt: skip
LEAP = dict.fromkeys(NAMES) | {
    "d1": date(2000, 2, 29),
    "t1": datetime.fromisoformat("2001-02-28"),
    "d2": date(2001, 2, 28),
}


@settings(max_examples=100, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink])
@given(st.lists(RULES, min_size=1, max_size=8), st.lists(ROW, min_size=1, max_size=8))
@example(["n1 / n2 > 1", "i1 / i2 > 1", "n1 * 10000 / (n2 * n2) < 30"], [LEAP | {"n1": 1, "n2": 0, "i1": 1, "i2": 0}])
@example(["age_years(d1, t1) < 1", "age_years(d2, d1) = 0", "d1 + INTERVAL 12 MONTH <= d2"], [LEAP])
def test_rules_drawn_from_the_grammar(
    sql: duckdb.DuckDBPyConnection, rules: list[str], rows: list[dict[str, Any]]
) -> None:
    for rule in rules:
        check_expression(rule, NAMES)
    expected = [tuple(verdict(rule, row) for rule in rules) for row in rows]
    assert differing(rules, rows, verdicts(sql, FIELDS, rows, rules), expected) == []
