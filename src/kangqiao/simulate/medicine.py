"""Tables of medicine as arrays: diagnoses, drugs, laboratory panels, examinations, operations."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from kangqiao.simulate.figures import data_rows
from kangqiao.simulate.text import objects


@dataclass(frozen=True)
class Table:
    """Rows of a data file, a column at a time."""

    rows: tuple[dict[str, str], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def text(self, name: str) -> np.ndarray:
        return self._text(name)

    @cache  # noqa: B019  tables live as long as the process
    def _text(self, name: str) -> np.ndarray:
        return objects(row[name] for row in self.rows)

    @cache  # noqa: B019
    def number(self, name: str) -> np.ndarray:
        return np.array([float(row[name]) for row in self.rows])

    def whole(self, name: str) -> np.ndarray:
        return self.number(name).astype(np.int64)

    def __hash__(self) -> int:
        return id(self.rows)


@cache
def table(name: str) -> Table:
    """A data file of simulate/data/ (``drugs`` for drugs.csv)."""
    return Table(tuple(data_rows(f"{name}.csv")))


@dataclass(frozen=True)
class Diagnoses:
    """Who gets which diagnosis: by sex, age, chronic disease and the house's specialty."""

    specialty: tuple[str, ...]

    @cached_property
    def department(self) -> np.ndarray:
        """Place of each diagnosis's department in departments.csv."""
        places = {row["department"]: n for n, row in enumerate(table("departments").rows)}
        return np.array([places[name] for name in table("diagnoses").text("department")])

    @cached_property
    def _weights(self) -> np.ndarray:
        known = np.isin(table("diagnoses").text("department").astype(str), self.specialty)
        return table("diagnoses").number("weight") * np.where(known, 12.0, 1.0)

    @cache  # noqa: B019
    def _choice(self, sex: int, age: int) -> np.ndarray:
        """Cumulative shares of all diagnoses for one sex and age."""
        rows = table("diagnoses")
        fits = (rows.whole("youngest") <= age) & (age <= rows.whole("oldest"))
        fits &= (rows.whole("sex") == 0) | (rows.whole("sex") == sex)
        weights = np.where(fits & (rows.text("chronic") == ""), self._weights, 0.0)
        return np.cumsum(weights) / weights.sum()

    def __hash__(self) -> int:
        return hash(self.specialty)

    def draw(self, rng: np.random.Generator, sex: np.ndarray, age: np.ndarray) -> np.ndarray:
        """A diagnosis (row number) for each person, chronic diseases left out."""
        chance = rng.random(len(sex))
        drawn = np.zeros(len(sex), dtype=np.int64)
        group = sex * 1000 + age
        for key in np.unique(group).tolist():
            chosen = group == key
            drawn[chosen] = np.searchsorted(self._choice(key // 1000, key % 1000), chance[chosen], side="right")
        return np.minimum(drawn, len(table("diagnoses")) - 1)

    def chronic(self, name: str) -> int:
        """Row number of the chronic disease ``name``."""
        return table("diagnoses").text("chronic").tolist().index(name)


@cache
def drugs_of(group: str) -> np.ndarray:
    """Row numbers of the drugs of a group; a diagnosis without drugs of its own gets vitamins."""
    found = np.flatnonzero(table("drugs").text("group") == group)
    return found if len(found) else drugs_of("vitamin")


@cache
def drug_choices() -> tuple[np.ndarray, np.ndarray]:
    """Drugs by diagnosis as a table (diagnosis x 12, drugs repeated) for quick lookup, and their numbers."""
    groups = table("diagnoses").text("drugs").tolist()
    return np.array([np.resize(drugs_of(group), 12) for group in groups]), np.array([len(drugs_of(g)) for g in groups])


@cache
def panels() -> tuple[np.ndarray, np.ndarray]:
    """First row and number of rows of each laboratory panel in lab_items.csv."""
    names = table("lab_items").text("panel").tolist()
    starts = [n for n, name in enumerate(names) if n == 0 or names[n - 1] != name]
    return np.array(starts), np.diff([*starts, len(names)])
