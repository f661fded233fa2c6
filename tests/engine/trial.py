"""A small dataset with a field of every type, and a way to judge rows of it as a file."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kangqiao.engine.validation.counting import Verdict, count
from kangqiao.engine.validation.findings import FoundRow, find
from kangqiao.engine.validation.judge import Arrival, Judge, Stored
from kangqiao.standards.model import (
    Dataset,
    Dimension,
    Field,
    Identifies,
    Person,
    Reference,
    Rule,
    Severity,
    Source,
    ValueSet,
)

DAY = date(2024, 6, 1)
CARD = "32010219900101103X"
"""An identity number whose check character is right."""
USCC = "91350100M000100Y43"


def field(name: str, kind: str, form: str, **rest: object) -> Field:
    return Field(name, f"{name} 标题", "local", "local", "local", kind, form, **rest)  # type: ignore[arg-type]


def rule(code: str, expr: str, severity: Severity = Severity.ERROR, on: str = "") -> Rule:
    return Rule(code, severity, Dimension.USABILITY, expr, f"{code} 不成立", on)


SEXES = ValueSet("sexes", "性别", "GB/T 2261.1", {"0": "未知", "1": "男", "2": "女", " x": "带空格"})
KINDS = ValueSet("kinds", "证件", "CV02.01.101", {"01": "身份证", "03": "护照"})
VALUE_SETS = {"sexes": SEXES, "kinds": KINDS}

VISIT = Dataset(
    name="visit",
    title="就诊",
    source=Source("local"),
    key=("no",),
    event_time="seen_at",
    person=Person(id_no="id_no", id_type="id_type", name="name"),
    measures=("fee",),
    references=(Reference(("dept",), "department", ("code",), Severity.WARNING, "科室不存在"),),
    fields=(
        field("no", "S1", "AN..10", required=True),
        field("seen_at", "DT", "DT15", required=True),
        field("name", "S1", "A2..5", identifies=Identifies.NAME),
        field("id_type", "S3", "N2", value_set="kinds"),
        field("id_no", "S1", "AN..18", identifies=Identifies.ID_NO, checksum="resident_id"),
        field("org", "S1", "AN18", checksum="uscc"),
        field("sex", "S3", "AN..2", required=True, value_set="sexes"),
        field("born", "D", "D8"),
        field("fee", "N", "N..8,2"),
        field("beds", "N", "N..3"),
        field("code", "S1", "N3..5"),
        field("dept", "S1", "AN..5"),
        field("is_new", "L", "T/F"),
    ),
    rules=(
        rule("born_first", "born <= CAST(seen_at AS DATE)", on="seen_at"),
        rule("fee_range", "fee <= 5000", Severity.WARNING, on="fee"),
        rule("no_error", "CAST(code AS INTEGER) / beds < 100 OR CAST(dept AS INTEGER) > 0", Severity.WARNING),
    ),
)
NAMES = tuple(item.name for item in VISIT.fields)
GOOD = {"no": "V1", "seen_at": "20240601T083000", "sex": "1"}


@dataclass(frozen=True)
class Judged:
    verdict: Verdict
    rows: list[FoundRow]

    def counts(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(rule, field) → rows, denominator."""
        return {(item.check.rule, item.check.field): (item.rows, item.denominator) for item in self.verdict.violations}

    def found(self) -> list[tuple[int, str, str]]:
        """Line, rule, field of every violation."""
        return [(row.line, item.check.rule, item.check.field) for row in self.rows for item in row.findings]


def write_rows(path: Path, rows: Sequence[Mapping[str, str]], names: Sequence[str] = NAMES) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        writer.writerows([row.get(name, "") for name in names] for row in rows)
    return path


def judge_file(path: Path, folder: Path, dataset: Dataset = VISIT, stored: Stored | None = None) -> Judged:
    with Judge(dataset, VALUE_SETS, folder) as judge:
        judge.read(Arrival(0, path, "甲院", DAY, "s1"))
        judge.resolve(stored)
        return Judged(count(judge)[0], list(find(judge)))


def judge_rows(
    folder: Path, *rows: Mapping[str, str], dataset: Dataset = VISIT, stored: Stored | None = None
) -> Judged:
    """Judge ``rows`` as one file; what a row leaves out is taken from GOOD, and ``no`` is its number."""
    full = [{**GOOD, "no": f"V{number}", **row} for number, row in enumerate(rows, 1)]
    names = tuple(item.name for item in dataset.fields)
    return judge_file(write_rows(folder / "rows.csv", full, names), folder, dataset, stored)


def store(path: Path, **columns: list[object]) -> str:
    """A stored Parquet file as references and keys are looked up in it."""
    pq.write_table(pa.table(columns), path)
    return str(path)


def with_rules(*rules: Rule) -> Dataset:
    return replace(VISIT, rules=rules, references=())
