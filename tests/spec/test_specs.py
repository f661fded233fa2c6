"""Every spec table, row by row, through the SQL that judges uploads."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kangqiao.engine.validation.checks import Builtin, Check, checks_of
from kangqiao.engine.validation.judge import Arrival, Judge
from kangqiao.standards.catalogue import DATA, catalogue
from kangqiao.standards.model import Dataset, Field, Rule
from kangqiao.standards.specs import Spec, SpecRow, read_dataset_specs, read_specs, rules_without_spec

FOLDER = DATA / "specs"
DAY = date(2024, 6, 1)
OF_A_CELL = (Builtin.TYPE, Builtin.FORMAT, Builtin.LENGTH, Builtin.VALUE_SET, Builtin.CHECKSUM)

Drawn = tuple[Spec, SpecRow]
Said = tuple[int, str, str, str]
"""Line of the spec file, rule, field of the check (empty for the rule itself), what is said."""


def test_every_rule_has_a_spec() -> None:
    datasets = catalogue().datasets
    assert rules_without_spec(read_specs(FOLDER, datasets), datasets) == []


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.md")))
def test_rules_say_what_their_specs_show(name: str, tmp_path: Path) -> None:
    dataset = catalogue().dataset(name)
    specs = read_dataset_specs(FOLDER / f"{name}.md", f"specs/{name}.md", dataset)
    drawn = [(spec, row) for spec in specs.values() for row in spec.rows]
    assert list(said_of(dataset, drawn, tmp_path)) == [shown(spec, row) for spec, row in drawn]


def shown(spec: Spec, row: SpecRow) -> Said:
    return row.line, spec.code, "", str(row.verdict)


def said_of(dataset: Dataset, drawn: list[Drawn], folder: Path) -> Iterator[Said]:
    """What the engine says: the verdict of each row's rule, and each cell that no upload could hold."""
    rules = {item.source.code: item for item in checks_of(dataset) if isinstance(item.source, Rule)}
    builtin = [item for item in checks_of(dataset) if item.rule in OF_A_CELL and isinstance(item.source, Field)]
    judged = judge(dataset, drawn, folder)
    for (spec, row), (violated, absent) in zip(drawn, judged, strict=True):
        yield row.line, spec.code, "", verdict(rules[spec.code], violated, absent)
        for item in builtin:
            if has(violated, item):
                yield row.line, spec.code, item.field, item.rule


def judge(dataset: Dataset, drawn: list[Drawn], folder: Path) -> list[tuple[list[int], list[int]]]:
    """Words of violations and of absences of each drawn row, judged as one uploaded file."""
    with Judge(dataset, catalogue().value_sets, folder) as judge:
        judge.read(Arrival(0, write_file(dataset, drawn, folder / f"{dataset.name}.csv"), "甲院", DAY, "s1"))
        judge.resolve()
        words = range(checks_of(dataset)[-1].word + 1)
        lists = [", ".join(f"{letter}{word}" for word in words) for letter in ("_w", "_n")]
        query = f"SELECT [{lists[0]}], [{lists[1]}] FROM judged ORDER BY _line"
        return judge.connection.execute(query).fetchall()


def write_file(dataset: Dataset, drawn: list[Drawn], path: Path) -> Path:
    names = [field.name for field in dataset.fields]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, names, restval="", lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(dict(zip(spec.columns, row.cells, strict=True)) for spec, row in drawn)
    return path


def verdict(item: Check, violated: list[int], absent: list[int]) -> str:
    if has(violated, item):
        return "fail"
    return "n/a" if has(absent, item) else "pass"


def has(words: list[int], item: Check) -> bool:
    return bool(words[item.word] >> item.bit & 1)
