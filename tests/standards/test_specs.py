"""Reading of spec tables: what is right, and every refusal with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.standards.conftest import write_files

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.catalogue import load_catalogue
from kangqiao.standards.model import Dataset
from kangqiao.standards.problems import Problems
from kangqiao.standards.specs import (
    Spec,
    SpecRow,
    SpecVerdict,
    misfit,
    read_specs,
    rules_without_spec,
    survey_specs,
)

HEAD = "# visit\n\n## born_first\n\n"
TABLE = "| visited_at | birth_date | verdict |\n|---|---|---|\n"
PASS = "| 20240601T080000 | 20240601 | pass |\n"
FAIL = "| 20240601T080000 | 20240602 | fail |\n"
ABSENT = "| 20240601T080000 |  | n/a |\n"


@pytest.fixture
def datasets(small: Path) -> dict[str, Dataset]:
    return load_catalogue(small).datasets


def read(small: Path, datasets: dict[str, Dataset], text: str, name: str = "visit") -> dict[str, dict[str, Spec]]:
    write_files(small, {f"specs/{name}.md": text})
    return read_specs(small / "specs", datasets)


def test_a_table_is_read_with_its_note_and_lines(small: Path, datasets: dict[str, Dataset]) -> None:
    specs = read(small, datasets, HEAD + "A newborn is seen on its day.\n\n" + TABLE + PASS + FAIL + ABSENT)
    assert specs == {
        "visit": {
            "born_first": Spec(
                code="born_first",
                note="A newborn is seen on its day.",
                columns=("visited_at", "birth_date"),
                rows=(
                    SpecRow(("20240601T080000", "20240601"), SpecVerdict.PASS, 9),
                    SpecRow(("20240601T080000", "20240602"), SpecVerdict.FAIL, 10),
                    SpecRow(("20240601T080000", ""), SpecVerdict.NOT_APPLICABLE, 11),
                ),
                line=3,
            )
        }
    }
    assert rules_without_spec(specs, datasets) == []
    assert rules_without_spec({}, datasets) == ["visit.born_first"]


GOOD = HEAD + TABLE + PASS + FAIL

REFUSALS = {
    "another dataset's name": (GOOD.replace("# visit", "# charge", 1), "line 1", "must be '# visit'"),
    "nothing": ("", "line 1", "must be '# visit'"),
    "text before a rule": ("# visit\n\nWhy.\n", "line 3", "must be the heading of a rule: '## CODE'"),
    "deeper heading": (GOOD + "\n### more\n", "line 10", "only '## CODE' may be a heading"),
    "unknown rule": (GOOD.replace("born_first", "born_last"), "line 3", "visit has no rule 'born_last'"),
    "section twice": (GOOD + "\n" + GOOD[9:], "line 10", "rule 'born_first' has a section already, line 3"),
    "no table": (HEAD + "Nothing drawn.\n", "line 3", "rule 'born_first' has no table with rows"),
    "no rows": (HEAD + TABLE, "line 3", "rule 'born_first' has no table with rows"),
    "text after the table": (GOOD + "\nWhy.\n", "line 10", "text must stand before the table"),
    "no verdict": (GOOD.replace("verdict", "result"), "line 5", "the last column must be 'verdict', not 'result'"),
    "column missing": (
        GOOD.replace("| birth_date ", "").replace("|---|---|---|", "|---|---|"),
        "line 5",
        "rule 'born_first' names 'birth_date', which is no column",
    ),
    "column too many": (
        GOOD.replace("| birth_date ", "| birth_date | fee "),
        "line 5",
        "column 'fee' is not named by rule 'born_first'",
    ),
    "column twice": (
        GOOD.replace("| birth_date ", "| birth_date | birth_date "),
        "line 5",
        "column 'birth_date' stands twice",
    ),
    "no ruler": (GOOD.replace("|---|---|---|\n", ""), "line 6", "must be a ruler of 3 columns: |---|---|---|"),
    "short ruler": (
        GOOD.replace("|---|---|---|", "|---|---|"),
        "line 6",
        "must be a ruler of 3 columns: |---|---|---|",
    ),
    "open row": (GOOD.replace("fail |", "fail"), "line 8", "a row of a table must begin and end with '|'"),
    "cell missing": (GOOD + "| 20240601T080000 | pass |\n", "line 9", "has 2 cells, the head 3"),
    "unknown verdict": (
        GOOD + ABSENT.replace("n/a", "maybe"),
        "line 9",
        "unknown verdict 'maybe', one of pass, fail, n/a",
    ),
    "no such day": (GOOD.replace("20240602", "20240631"), "line 8", "birth_date '20240631' is not a date YYYYMMDD"),
    "date for a time": (
        GOOD + "| 20240601 | 20240601 | pass |\n",
        "line 9",
        "visited_at '20240601' is not a date and time YYYYMMDDThhmmss",
    ),
    "same row": (GOOD + PASS, "line 9", "is the same row as line 7"),
    "no pass": (HEAD + TABLE + FAIL + ABSENT, "line 3", "rule 'born_first' shows no row that is pass"),
    "no fail": (HEAD + TABLE + PASS + ABSENT, "line 3", "rule 'born_first' shows no row that is fail"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_with_file_line_and_reason(small: Path, datasets: dict[str, Dataset], case: str) -> None:
    text, line, reason = REFUSALS[case]
    with pytest.raises(DefinitionError) as caught:
        read(small, datasets, text)
    assert (caught.value.where, caught.value.reason) == (f"specs/visit.md: {line}", reason)


def test_a_file_of_no_dataset_is_refused(small: Path, datasets: dict[str, Dataset]) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(small, datasets, GOOD, "visits")
    assert (caught.value.where, caught.value.reason) == ("specs/visits.md", "there is no dataset 'visits'")


def test_a_file_that_is_not_utf_8_is_refused(small: Path, datasets: dict[str, Dataset]) -> None:
    (small / "specs").mkdir()
    (small / "specs" / "visit.md").write_bytes("# visit\n就诊".encode("gb18030"))
    with pytest.raises(DefinitionError) as caught:
        read_specs(small / "specs", datasets)
    assert (caught.value.where, caught.value.reason) == ("specs/visit.md", "is not UTF-8")


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        ("visit_no", "", ""),
        ("visit_no", "V" * 18, ""),
        ("visit_no", "V" * 19, "does not fit AN..18"),
        ("sex", "1", ""),
        ("sex", "x", "does not fit N1"),
        ("fee", "-12345.67", ""),
        ("fee", "123456.78", "does not fit N..8,2"),
        ("fee", "1.234", "does not fit N..8,2"),
        ("fee", "1e3", "does not fit N..8,2"),
        ("birth_date", "00010101", ""),
        ("birth_date", "00000101", "is not a date YYYYMMDD"),
        ("birth_date", "2024-06-01", "is not a date YYYYMMDD"),
        ("visited_at", "20240601T235959", ""),
        ("visited_at", "20240601T240000", "is not a date and time YYYYMMDDThhmmss"),
    ],
)
def test_cells_that_no_upload_could_hold(datasets: dict[str, Dataset], field: str, cell: str, reason: str) -> None:
    assert misfit(datasets["visit"].by_name[field], cell) == reason


def test_all_faults_of_all_files_are_listed(small: Path, datasets: dict[str, Dataset]) -> None:
    write_files(small, {"specs/visit.md": "# visit\n", "specs/nowhere.md": "# nowhere\n"})
    problems = Problems()
    survey_specs(small / "specs", datasets, problems)
    rules = [f"specs/visit.md: rule {rule.code!r} has no table" for rule in datasets["visit"].rules]
    others = [
        f"specs/{name}.md: rule {rule.code!r} has no table"
        for name, dataset in datasets.items()
        if name != "visit"
        for rule in dataset.rules
    ]
    assert rules
    assert sorted(map(str, problems)) == sorted([*rules, *others, "specs/nowhere.md: there is no dataset 'nowhere'"])
