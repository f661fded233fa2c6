"""Our verdicts beside those of other people's validators, on the same files.

frictionless reads the Table Schemas that ``kangqiao standards export`` writes. What both can say must be the same for
every row: required, type, length, pattern, codes, a key sent twice. What the two say differently is in EXPLAINED.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from frictionless import Resource, Schema
from stdnum.cn import ric, uscc
from tests.engine.trial import field as made_field

from kangqiao.engine.compute.duck import connect
from kangqiao.engine.validation.checks import Builtin
from kangqiao.engine.validation.findings import find
from kangqiao.engine.validation.judge import Arrival, Judge
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.export import table_schema
from kangqiao.standards.model import Dataset, Field, Source

DAY = date(2024, 6, 1)
BOTH = {Builtin.REQUIRED, Builtin.TYPE, Builtin.LENGTH, Builtin.FORMAT, Builtin.VALUE_SET, Builtin.DUPLICATE}
THEIRS = {"type-error", "constraint-error", "primary-key"}
MILLION = 1_000_000


def kind(field: Field) -> tuple[object, ...]:
    """Fields of one kind are judged by the same checks."""
    form = field.parsed
    return field.type, form.letters, form.minimum > 1, bool(form.decimals), bool(field.value_set), field.required


def covering() -> Iterator[Dataset]:
    """Datasets, few, that together have a field of every kind in the catalogue."""
    seen: set[tuple[object, ...]] = set()
    for dataset in sorted(catalogue().datasets.values(), key=lambda item: -len({kind(field) for field in item.fields})):
        kinds = {kind(field) for field in dataset.fields}
        if not kinds <= seen:
            seen |= kinds
            yield plain(dataset)


def plain(dataset: Dataset) -> Dataset:
    """``dataset`` without what a Table Schema cannot say: rules, references, checksums."""
    fields = tuple(replace(field, checksum=None) for field in dataset.fields)
    return replace(dataset, fields=fields, rules=(), references=())


COVERING = list(covering())


def good(field: Field, place: int) -> str:
    """A value that no check of one cell refuses, different from row to row where it can be."""
    form = field.parsed
    if field.value_set:
        codes = list(catalogue().value_sets[field.value_set].codes)
        return codes[place % len(codes)]
    fixed = {"D": "20240601", "DT": "20240601T083000", "L": "TF"[place % 2]}
    if field.type in fixed:
        return fixed[field.type]
    if field.type == "N":
        return "1" * form.minimum if not form.decimals else "1.5"
    number = str(place + 1)
    return number.rjust(min(max(form.minimum, len(number)), form.maximum), "1" if form.letters == "N" else "值")


def wrong(field: Field) -> Iterator[str]:
    """Values around each of the field's checks, wrong and right."""
    form = field.parsed
    yield ""
    if field.value_set:
        yield from ("~", "1 ", next(iter(catalogue().value_sets[field.value_set].codes)).lower() + "x")
    elif field.is_text:
        letter = "1" if form.letters == "N" else "字"
        yield from (
            letter * form.maximum,
            letter * (form.maximum + 1),
            letter * form.minimum,
            letter * (form.minimum - 1),
        )
        yield ("1x" * form.minimum)[: form.minimum]
    elif field.type == "N":
        yield from ("x", "1,5", "--1", "", "1.5.2")
    elif field.type == "D":
        yield from ("20240230", "2024-06-01", "20241301", "今天")
    elif field.type == "DT":
        yield from ("20240601T240000", "20240601 083000", "20240601T083060", "20240601")
    else:
        yield from ("是", "1", "true")


def rows_of(dataset: Dataset) -> list[dict[str, str]]:
    """A clean row, a row for every wrong value of every field, and one with the key of the first."""
    base = [{field.name: good(field, place) for field in dataset.fields} for place in range(3)]
    rows = list(base)
    for field in dataset.fields:
        for value in wrong(field):
            row = {item.name: good(item, len(rows) % 7) for item in dataset.fields}
            rows.append(row | distinct_key(dataset, len(rows)) | {field.name: value})
    return [*rows, base[0] | {}]


def distinct_key(dataset: Dataset, number: int) -> dict[str, str]:
    """A key no other row has, in the text fields of the key that are long enough to hold one."""
    texts = [dataset.by_name[name] for name in dataset.key if dataset.by_name[name].is_text]
    roomy = [field for field in texts if not field.value_set and field.parsed.maximum >= 6]
    return {field.name: str(100_000 + number).rjust(field.parsed.minimum, "1") for field in roomy}


def write(path: Path, dataset: Dataset, rows: list[dict[str, str]]) -> Path:
    names = [field.name for field in dataset.fields]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        writer.writerows([row[name] for name in names] for row in rows)
    return path


def ours(path: Path, dataset: Dataset, folder: Path) -> set[tuple[int, str]]:
    """Line and field of what we refuse, by the checks that both can express; a key sent twice has no field."""
    with Judge(dataset, catalogue().value_sets, folder) as judge:
        judge.read(Arrival(0, path, "甲院", DAY, "s1"))
        judge.resolve()
        return {
            (row.line, "" if item.check.rule == Builtin.DUPLICATE else item.check.field)
            for row in find(judge)
            for item in row.findings
            if item.check.rule in BOTH
        }


def theirs(path: Path, dataset: Dataset) -> set[tuple[int, str]]:
    schema = Schema.from_descriptor(table_schema(dataset, catalogue()))
    report = Resource(path=path.name, basepath=str(path.parent), schema=schema, encoding="utf-8").validate(
        limit_errors=100_000
    )
    return {said(error) for error in report.task.errors} - {UNSAID}


UNSAID = (0, "")


def said(error: Any) -> tuple[int, str]:
    """Line and field of one of their errors. A key with an empty part they report twice: once as the empty field,
    which is what we say, and once as a key."""
    assert error.type in THEIRS, error
    if error.type == "primary-key":
        return UNSAID if "missing" in error.note or "None" in error.note else (error.row_number, "")
    return error.row_number, error.field_name


@pytest.mark.parametrize("dataset", COVERING, ids=lambda dataset: dataset.name)
def test_frictionless_refuses_the_same_cells(dataset: Dataset, tmp_path: Path) -> None:
    path = write(tmp_path / f"{dataset.name}.csv", dataset, rows_of(dataset))
    assert theirs(path, dataset) == ours(path, dataset, tmp_path)


EXPLAINED = [
    # type, format, value, do we refuse it, do they refuse it, why
    ("N", "N..3", "1234", True, False, "digits are not limited by a Table Schema's integer"),
    ("N", "N3", "12", True, False, "the least number of digits likewise"),
    ("N", "N..5,1", "1.25", True, False, "decimals likewise: the value would be rounded when stored"),
    ("N", "N..5,1", "12345.6", True, False, "digits before the point likewise"),
    ("N", "N..8,2", "1e2", True, False, "an exponent is a number to them; no standard's notation has one"),
    ("N", "N..8,2", "NaN", True, False, "not a number, yet a number to them"),
    ("N", "N..8,2", "Infinity", True, False, "likewise"),
    ("N", "N..8,2", ".5", True, False, "no digit before the point"),
    ("N", "N..8,2", " 1.5", True, False, "a blank beside a number"),
    ("N", "N..8,2", "１.5", True, False, "a full-width digit"),
    ("D", "D8", "2024611", True, False, "strptime takes a month of one digit, so 7 characters are a date to them"),
    ("DT", "DT15", "20240601T83000", True, False, "likewise for hours"),
    ("S1", "AN..5", "　 ", True, False, "a required text of blanks is empty to us"),
]


@pytest.mark.parametrize(("kind", "form", "value", "refused_here", "refused_there", "why"), EXPLAINED)
def test_what_the_two_say_differently(kind, form, value, refused_here, refused_there, why, tmp_path) -> None:
    fields = (
        made_field("no", "S1", "AN..5", required=True),
        made_field("seen_on", "D", "D8", required=True),
        made_field("cell", kind, form, required=kind == "S1"),
    )
    dataset = Dataset("visit", "就诊", Source("local"), ("no",), "seen_on", fields)
    path = write(tmp_path / "visit.csv", dataset, [{"no": "1", "seen_on": "20240601", "cell": value}])
    assert why
    assert ((2, "cell") in ours(path, dataset, tmp_path)) is refused_here
    assert ((2, "cell") in theirs(path, dataset)) is refused_there


def test_a_million_identity_numbers_have_the_check_character_of_python_stdnum(tmp_path: Path) -> None:
    place = "lpad(((i * 7919 + 110101) % 1000000)::VARCHAR, 6, '1')"
    numbers = f"{place} || strftime(DATE '1900-01-01' + (i % 45000)::INTEGER, '%Y%m%d')"
    with connect(tmp_path) as sql:
        rows = sql.execute(
            f"SELECT n, id_check_character(n) FROM (SELECT {numbers} || lpad((i % 1000)::VARCHAR, 3, '0') AS n "
            f"FROM range({MILLION}) AS t(i))"
        ).fetchall()
    assert len(rows) == MILLION
    assert [number for number, check in rows if ric.calc_check_digit(number + "0") != check] == []


def test_a_million_credit_codes_are_judged_as_by_python_stdnum(tmp_path: Path) -> None:
    """One code in 31 is right by chance; ours and theirs must find the same ones."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    letter = "substr('{}', 1 + ((i * {} + {}) % 31)::INTEGER, 1)"
    body = " || ".join(letter.format(alphabet, place * place + 1, place) for place in range(1, 11))
    with connect(tmp_path) as sql:
        rows = sql.execute(
            f"SELECT c, is_uscc(c) FROM (SELECT '91' || lpad((i % 1000000)::VARCHAR, 6, '0') || {body} AS c "
            f"FROM range({MILLION}) AS t(i))"
        ).fetchall()
    assert {len(code) for code, _ in rows} == {18}
    assert [code for code, is_right in rows if (uscc.calc_check_digit(code) == code[-1]) is not is_right] == []
    assert 0 < sum(is_right for _, is_right in rows) < MILLION
