"""Spec tables (规则示例): what each rule says of drawn rows. They are run as tests and shown on the rule's page.

``specs/DATASET.md`` has a section a rule; the columns are the fields that the rule names, the last is the verdict::

    # lab_report

    ## sample_receive_order

    | sampled_at | received_at | verdict |
    |---|---|---|
    | 20240601T080000 | 20240601T080000 | pass |
    | 20240601T090000 | 20240601T080000 | fail |
    | 20240601T080000 |  | n/a |

Cells are texts as they are uploaded; an empty cell is a value that is not given; ``\\|`` is a bar. A line of text
between heading and table is a note. What is wrong is refused with file and line: ``specs/lab_report.md: line 7``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.expressions import fields_of
from kangqiao.standards.model import Dataset, Field, Rule
from kangqiao.standards.problems import Problems

VERDICT = "verdict"
"""The name of a table's last column."""


class SpecVerdict(StrEnum):
    """What a rule says of a row."""

    PASS = "pass"  # 合格
    FAIL = "fail"  # 不合格
    NOT_APPLICABLE = "n/a"  # 不适用：规则所涉及的值没有填写，或规则不针对这样的行


VERDICT_TITLES = {SpecVerdict.PASS: "合格", SpecVerdict.FAIL: "不合格", SpecVerdict.NOT_APPLICABLE: "不适用"}


@dataclass(frozen=True, slots=True)
class SpecRow:
    """One drawn row: a cell a column, as uploaded. ``line`` is that of the file."""

    cells: tuple[str, ...]
    verdict: SpecVerdict
    line: int


@dataclass(frozen=True, slots=True)
class Spec:
    """The table of one rule. ``columns`` are names of fields, without the verdict's."""

    code: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[SpecRow, ...]
    line: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file; ``where`` is its place in words."""

    text: str
    number: int
    file: str

    @property
    def where(self) -> str:
        return f"{self.file}: line {self.number}"


def read_specs(folder: Path, datasets: Mapping[str, Dataset]) -> dict[str, dict[str, Spec]]:
    """Specs of ``folder`` (``data/specs``) by dataset and rule. Raises DefinitionError at the first that is wrong.

    Rules that have no spec are not refused: see :func:`rules_without_spec`.
    """
    specs = {}
    for path in sorted(folder.glob("*.md")):
        where = f"{folder.name}/{path.name}"
        if path.stem not in datasets:
            raise DefinitionError(where, f"there is no dataset {path.stem!r}")
        specs[path.stem] = read_dataset_specs(path, where, datasets[path.stem])
    return specs


def survey_specs(folder: Path, datasets: Mapping[str, Dataset], problems: Problems) -> None:
    """Put the first fault of every file of ``folder``, and every rule without a table, to ``problems``."""
    for name, dataset in datasets.items():
        where = f"{folder.name}/{name}.md"
        with problems.caught():
            path = folder / f"{name}.md"
            specs = read_dataset_specs(path, where, dataset) if path.exists() else {}
            for rule in dataset.rules:
                if rule.code not in specs:
                    problems.append(DefinitionError(where, f"rule {rule.code!r} has no table"))
    for path in sorted(folder.glob("*.md")):
        if path.stem not in datasets:
            problems.append(DefinitionError(f"{folder.name}/{path.name}", f"there is no dataset {path.stem!r}"))


def rules_without_spec(specs: Mapping[str, Mapping[str, Spec]], datasets: Mapping[str, Dataset]) -> list[str]:
    """``dataset.rule`` of every rule that has no spec, in the order of the catalogue."""
    return [
        f"{dataset.name}.{rule.code}"
        for dataset in datasets.values()
        for rule in dataset.rules
        if rule.code not in specs.get(dataset.name, {})
    ]


def read_dataset_specs(path: Path, where: str, dataset: Dataset) -> dict[str, Spec]:
    """Specs of one dataset by rule, in the order of the file. Raises DefinitionError at ``where`` and a line."""
    lines = _lines(path, where)
    if not lines or lines[0].text != f"# {dataset.name}":
        raise DefinitionError(f"{where}: line 1", f"must be '# {dataset.name}'")
    rules = {rule.code: rule for rule in dataset.rules}
    specs: dict[str, Spec] = {}
    for section in _sections(lines[1:]):
        heading = section[0]
        code = heading.text.removeprefix("## ")
        if code not in rules:
            raise DefinitionError(heading.where, f"{dataset.name} has no rule {code!r}")
        if code in specs:
            raise DefinitionError(heading.where, f"rule {code!r} has a section already, line {specs[code].line}")
        specs[code] = _read_section(section, rules[code], dataset)
    return specs


def _lines(path: Path, where: str) -> list[_Line]:
    """The lines that are not blank, numbered from 1."""
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DefinitionError(where, "is not UTF-8") from error
    numbered = (_Line(text.strip(), number, where) for number, text in enumerate(texts, start=1))
    return [line for line in numbered if line.text]


def _sections(lines: list[_Line]) -> Iterator[list[_Line]]:
    section: list[_Line] = []
    for line in lines:
        if line.text.startswith("## "):
            if section:
                yield section
            section = [line]
        elif not section:
            raise DefinitionError(line.where, "must be the heading of a rule: '## CODE'")
        elif line.text.startswith("#"):
            raise DefinitionError(line.where, "only '## CODE' may be a heading")
        else:
            section.append(line)
    if section:
        yield section


def _read_section(section: list[_Line], rule: Rule, dataset: Dataset) -> Spec:
    heading, *body = section
    notes = [line.text for line in body if not line.text.startswith("|")]
    table = body[len(notes) :]
    for line in table:
        if not line.text.startswith("|"):
            raise DefinitionError(line.where, "text must stand before the table")
    if len(table) < 3:
        raise DefinitionError(heading.where, f"rule {rule.code!r} has no table with rows")
    columns = _read_head(table[0], rule)
    _check_ruler(table[1], len(columns) + 1)
    fields = [dataset.by_name[name] for name in columns]
    rows = tuple(_read_row(line, fields) for line in table[2:])
    _check_verdicts(rows, heading, rule)
    return Spec(rule.code, " ".join(notes), columns, rows, heading.number)


def _cells(line: _Line) -> list[str]:
    if not line.text.endswith("|") or len(line.text) < 2:
        raise DefinitionError(line.where, "a row of a table must begin and end with '|'")
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.text[1:-1])]


def _read_head(line: _Line, rule: Rule) -> tuple[str, ...]:
    *columns, last = _cells(line)
    if last != VERDICT:
        raise DefinitionError(line.where, f"the last column must be {VERDICT!r}, not {last!r}")
    named = fields_of(rule.expr)
    if missing := [name for name in named if name not in columns]:
        raise DefinitionError(line.where, f"rule {rule.code!r} names {missing[0]!r}, which is no column")
    for index, name in enumerate(columns):
        if name not in named:
            raise DefinitionError(line.where, f"column {name!r} is not named by rule {rule.code!r}")
        if name in columns[:index]:
            raise DefinitionError(line.where, f"column {name!r} stands twice")
    return tuple(columns)


def _check_ruler(line: _Line, width: int) -> None:
    cells = _cells(line)
    if len(cells) != width or not all(re.fullmatch(":?-+:?", cell) for cell in cells):
        raise DefinitionError(line.where, f"must be a ruler of {width} columns: {'|---' * width}|")


def _read_row(line: _Line, fields: list[Field]) -> SpecRow:
    *cells, last = _cells(line)
    if len(cells) != len(fields):
        raise DefinitionError(line.where, f"has {len(cells) + 1} cells, the head {len(fields) + 1}")
    for cell, field in zip(cells, fields, strict=True):
        if reason := misfit(field, cell):
            raise DefinitionError(line.where, f"{field.name} {cell!r} {reason}")
    try:
        return SpecRow(tuple(cells), SpecVerdict(last), line.number)
    except ValueError as error:
        raise DefinitionError(line.where, f"unknown verdict {last!r}, one of {', '.join(SpecVerdict)}") from error


def _check_verdicts(rows: tuple[SpecRow, ...], heading: _Line, rule: Rule) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row.cells in seen:
            raise DefinitionError(f"{heading.file}: line {row.line}", f"is the same row as line {seen[row.cells]}")
        seen[row.cells] = row.line
    for verdict in (SpecVerdict.PASS, SpecVerdict.FAIL):
        if all(row.verdict is not verdict for row in rows):
            raise DefinitionError(heading.where, f"rule {rule.code!r} shows no row that is {verdict}")


def misfit(field: Field, cell: str) -> str:
    """Why ``cell`` cannot be a value of ``field`` by type and format; empty when it can, or is empty itself."""
    if not cell:
        return ""
    match field.type:
        case "D":
            return "" if _is_time(cell, "[0-9]{8}", "%Y%m%d") else "is not a date YYYYMMDD"
        case "DT":
            is_time = _is_time(cell, "[0-9]{8}T[0-9]{6}", "%Y%m%dT%H%M%S")
            return "" if is_time else "is not a date and time YYYYMMDDThhmmss"
        case "L":
            return "" if cell in ("T", "F") else "is neither T nor F"
        case "N":
            return "" if _is_number(field, cell) else f"does not fit {field.format}"
    form = field.parsed
    fits = form.minimum <= len(cell) <= form.maximum and (form.letters != "N" or re.fullmatch("[0-9]*", cell))
    return "" if fits else f"does not fit {field.format}"


def _is_time(cell: str, pattern: str, form: str) -> bool:
    if not re.fullmatch(pattern, cell):
        return False
    try:
        datetime.strptime(cell, form)  # noqa: DTZ007 - times of uploads are Beijing's and carry no zone
    except ValueError:
        return False
    return True


def _is_number(field: Field, cell: str) -> bool:
    form = field.parsed
    if form.decimals:
        pattern = rf"-?[0-9]{{1,{form.integer_digits}}}(\.[0-9]{{1,{form.decimals}}})?"
    else:
        pattern = f"-?[0-9]{{{form.minimum},{form.maximum}}}"
    return re.fullmatch(pattern, cell) is not None
