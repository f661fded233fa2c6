"""What is given before a generic row is made: institution, days, people, numbers to point at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from kangqiao.simulate.days import day_number
from kangqiao.simulate.figures import HOSPITAL
from kangqiao.simulate.house import House
from kangqiao.simulate.population import Population

_EXAMPLE_DAY = date(2024, 6, 3)
_EXAMPLE_PEOPLE = 24_000


@dataclass(frozen=True, eq=False)
class Basis:
    """One place for each row: ``day`` and ``second`` of its event, and what the caller has settled.

    ``person`` are indices into the population, None to draw them. ``linked`` are texts by field name, such as the
    numbers of the visits that the rows point at: they are written as they are.
    """

    house: House
    day: np.ndarray
    second: np.ndarray
    person: np.ndarray | None = None
    linked: Mapping[str, np.ndarray] = field(default_factory=dict)
    letter: str = "S"
    first: int = 0
    """Serial number of the first row."""

    def __len__(self) -> int:
        return len(self.day)

    def part(self, rows: np.ndarray) -> Basis:
        """Some of the rows; serial numbers begin at the same place."""
        person = None if self.person is None else self.person[rows]
        linked = {name: values[rows] for name, values in self.linked.items()}
        return Basis(self.house, self.day[rows], self.second[rows], person, linked, self.letter, self.first)


def example_basis(rows: int, seed: int) -> Basis:
    """``rows`` events of one working day in a hospital of the made-up city."""
    house = House("康桥示例医院", HOSPITAL, 900, Population(seed, _EXAMPLE_PEOPLE, _EXAMPLE_DAY))
    rng = np.random.default_rng([seed, rows])
    second = np.sort(rng.integers(8 * 3600, 16 * 3600, rows))
    return Basis(house, np.full(rows, day_number(_EXAMPLE_DAY)), second)
