"""``docs/glossary.md``: well-formed, no term twice, every dataset on its shelf, every title right."""

from __future__ import annotations

from pathlib import Path

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CATEGORY_TITLES, DIMENSION_TITLES

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


def shelves() -> dict[str, list[tuple[str, str]]]:
    """Heading of a shelf → names and titles of the datasets on it, as the glossary has them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for part in GLOSSARY.read_text(encoding="utf-8").split("\n### ")[1:]:
        heading, *lines = part.splitlines()
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
        found[heading] = [(row[0], row[1]) for row in cells[1:]]
    return found


def test_datasets_stand_on_their_shelves_with_their_titles() -> None:
    expected = {
        f"{category} {title}": [(item.name, item.title) for item in known if item.category is category]
        for known in [catalogue().datasets.values()]
        for category, title in CATEGORY_TITLES.items()
    }
    assert shelves() == expected


def test_dimensions_stand_with_their_titles() -> None:
    titles = {row[0]: row[1] for row in terms()}
    assert {str(item): titles.get(str(item)) for item in DIMENSION_TITLES} == DIMENSION_TITLES
