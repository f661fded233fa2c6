"""The spine of an institution's month on one channel: who came when, who lay in when.

Everything is in positions: place 0 is the first day written. Texts are made later, a chunk of days at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from kangqiao.simulate.chance import stream
from kangqiao.simulate.days import spread
from kangqiao.simulate.house import DOCTORS, House
from kangqiao.simulate.medicine import Diagnoses

OPENING = 7 * 3600 + 30 * 60
CLOSING = 17 * 3600


class When(NamedTuple):
    """Positions of the first and last days and the seconds of these days."""

    position: np.ndarray
    second: np.ndarray
    last: np.ndarray
    last_second: np.ndarray


@dataclass(frozen=True, eq=False)
class Encounters:
    """Visits, in the order of their days, or stays: those that end in the month first."""

    when: When
    person: np.ndarray
    diagnosis: np.ndarray
    department: np.ndarray
    doctor: np.ndarray
    sent: bool
    """Whether the institution sends the visits (or admissions) themselves, so that others may refer to them."""

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one dataset in the order of their days: whose they are and which of their parent's."""

    position: np.ndarray
    parent: np.ndarray
    item: np.ndarray
    first: int = 0
    """Number of the first row in the month."""

    def __len__(self) -> int:
        return len(self.position)

    def part(self, low: int, high: int) -> Rows:
        return Rows(self.position[low:high], self.parent[low:high], self.item[low:high], self.first + low)

    @property
    def serial(self) -> np.ndarray:
        return np.arange(self.first, self.first + len(self))


@dataclass(frozen=True, eq=False)
class Month:
    """What happens in an institution on the days it writes, and how many rows of each dataset tell of it."""

    house: House
    channel: str
    days: np.ndarray
    """Day numbers."""
    weights: np.ndarray
    counts: dict[str, int]
    """Good rows of each dataset sent."""
    encounters: int
    """Visits, also those behind charges when the visits are not sent."""
    stays: int
    outpatient_cents: int = 0
    inpatient_cents: int = 0
    first: Mapping[str, int] = field(default_factory=dict)
    """Serial number of the first row of a dataset, where earlier rows have been sent; 0 for the others."""

    @property
    def letter(self) -> str:
        """What its numbers begin with, so that the two channels never share one."""
        return "S" if self.channel == "scheduled" else "R"

    def rng(self, *names: object) -> np.random.Generator:
        return stream(self.house.seed, self.house.name, self.channel, *names)

    @cached_property
    def visits(self) -> Encounters:
        rng = self.rng("visits")
        position = np.repeat(np.arange(len(self.days)), spread(self.encounters, self.weights))
        count = len(position)
        morning = rng.integers(OPENING, 12 * 3600, count)
        second = np.where(rng.random(count) < 0.62, morning, rng.integers(13 * 3600, CLOSING, count))
        second = second[np.lexsort((second, position))]
        when = When(position, second, position, second + rng.integers(300, 5400, count))
        return self._meet(rng, when, sent="outpatient_visit")

    @cached_property
    def admissions(self) -> Encounters:
        """Stays: those discharged in the month first, the others still in at its end."""
        rng = self.rng("stays")
        leaving = self.counts.get("inpatient_discharge", 0)
        left = np.repeat(np.arange(len(self.days)), spread(leaving, self.weights))
        length = (rng.gamma(2.0, 3.2, leaving).astype(np.int64) + 1) % (left + 1)
        came = np.repeat(np.arange(len(self.days)), spread(self.stays - leaving, self.weights))
        when = When(
            position=np.concatenate([left - length, came]),
            second=rng.integers(OPENING, 13 * 3600, self.stays),
            last=np.concatenate([left, np.full(len(came), len(self.days) - 1)]),
            last_second=rng.integers(14 * 3600, CLOSING, self.stays),
        )
        return self._meet(rng, when, sent="inpatient_admission")

    def _meet(self, rng: np.random.Generator, when: When, sent: str) -> Encounters:
        house, people, count = self.house, self.house.population, len(when.position)
        person = house.draw_patients(rng, count)
        diagnoses = Diagnoses(house.specialty)
        diagnosis = diagnoses.draw(rng, people.sex(person), people.age(person))
        for name, is_sick in (("hypertension", people.has_hypertension), ("diabetes", people.has_diabetes)):
            chosen = rng.random(count) < 0.45
            diagnosis = np.where(chosen & is_sick(person), diagnoses.chronic(name), diagnosis)
        department = diagnoses.department[diagnosis]
        doctor = department * DOCTORS + rng.integers(0, DOCTORS, count)
        return Encounters(when, person, diagnosis, department, doctor, self.counts.get(sent, 0) > 0)
