"""``docs/glossary.md``: well-formed, no term twice, every dataset and dimension under its own title."""

from __future__ import annotations

from pathlib import Path

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import DIMENSION_TITLES

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


def terms() -> list[tuple[str, ...]]:
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines if line.startswith("| ")]
    return [row for row in rows if row[1] != "中文"]


def test_each_row_has_term_title_and_meaning() -> None:
    assert [row for row in terms() if len(row) != 3 or not all(row)] == []


def test_no_term_twice() -> None:
    names = [row[0] for row in terms()]
    assert sorted(names) == sorted(set(names))


def test_datasets_stand_with_their_titles() -> None:
    titles = {row[0]: row[1] for row in terms()}
    expected = {item.name: item.title for item in catalogue().datasets.values()}
    assert {name: titles.get(name) for name in expected} == expected


def test_dimensions_stand_with_their_titles() -> None:
    titles = {row[0]: row[1] for row in terms()}
    assert {str(item): titles.get(str(item)) for item in DIMENSION_TITLES} == DIMENSION_TITLES
