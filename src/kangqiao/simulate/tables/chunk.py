"""A chunk of rows being written: what every table needs to know about them, made once and only if asked for."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kangqiao.simulate.book import Book
from kangqiao.simulate.chance import share
from kangqiao.simulate.house import House
from kangqiao.simulate.medicine import table
from kangqiao.simulate.month import Month, Rows
from kangqiao.simulate.population import Population
from kangqiao.simulate.text import day_numbers, day_texts, int_texts, numbered, objects, time_texts

Columns = dict[str, "np.ndarray | str"]
"""Texts by field name; one text stands for a whole column, a missing column is empty."""

EVENING = 20 * 3600


@dataclass(frozen=True, eq=False)
class Chunk:
    """Rows ``rows`` of ``dataset``. ``parents`` are visits or stays (see Book)."""

    book: Book
    dataset: str
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def month(self) -> Month:
        return self.book.month

    @property
    def house(self) -> House:
        return self.book.month.house

    @property
    def people(self) -> Population:
        return self.house.population

    @cached_property
    def rng(self) -> np.random.Generator:
        return self.month.rng("columns", self.dataset, self.rows.first)

    @cached_property
    def day(self) -> np.ndarray:
        """Day number of each row: the file it belongs to."""
        return self.month.days[self.rows.position]

    @cached_property
    def inside(self) -> np.ndarray:
        """Rows of a stay."""
        return self.rows.parent < 0

    def of_encounter(self, name: str) -> np.ndarray:
        """A value of the visit or stay that each row belongs to."""
        visits, stays, parent = self.month.visits, self.month.admissions, self.rows.parent
        if not self.inside.any():
            return getattr(visits, name)[parent]
        ours = getattr(stays, name)[np.where(self.inside, -1 - parent, 0)]
        if self.inside.all():
            return ours
        return np.where(self.inside, ours, getattr(visits, name)[np.where(self.inside, 0, parent)])

    @cached_property
    def second(self) -> np.ndarray:
        """Second of the day: soon after the visit began, or any time of the stay's day that it was in."""
        stays, visits, parent = self.month.admissions.when, self.month.visits.when, self.rows.parent
        if not self.inside.any():
            return visits.second[parent]
        stay = np.where(self.inside, -1 - parent, 0)
        first, last = stays.position[stay] == self.rows.position, stays.last[stay] == self.rows.position
        low = np.where(first, stays.second[stay] + 600, 7 * 3600)
        high = np.where(last, stays.last_second[stay] - 60, EVENING)
        chance = share(stay * 100_003 + self.rows.item, self.house.seed, f"second {self.dataset}")
        within = low + (chance * (high - low)).astype(np.int64)
        if self.inside.all():
            return within
        return np.where(self.inside, within, visits.second[np.where(self.inside, 0, parent)])

    @cached_property
    def person(self) -> np.ndarray:
        return self.of_encounter("person")

    @cached_property
    def diagnosis(self) -> np.ndarray:
        return self.of_encounter("diagnosis")

    @cached_property
    def department(self) -> np.ndarray:
        return self.of_encounter("department")

    @cached_property
    def doctor(self) -> np.ndarray:
        return self.of_encounter("doctor")

    def pick(self, *values: str) -> np.ndarray:
        """One of the values for each row, all as likely."""
        return objects(values)[self.rng.integers(0, len(values), len(self))]

    def seldom(self, share: float) -> np.ndarray:
        """True for about ``share`` of the rows."""
        return self.rng.random(len(self)) < share

    def whole(self, low: int, high: int) -> np.ndarray:
        """A whole number from ``low`` to ``high`` for each row."""
        return self.rng.integers(low, high + 1, len(self))

    def at(self, later: int | np.ndarray = 0) -> np.ndarray:
        """DT15 of ``later`` seconds after each row's second."""
        return time_texts(self.day, self.second + later)

    def on(self, later: int | np.ndarray = 0) -> np.ndarray:
        """D8 of ``later`` days after each row's day."""
        return day_texts(self.day + later)

    def diagnosis_text(self, name: str) -> np.ndarray:
        return table("diagnoses").text(name)[self.diagnosis]

    def doctor_names(self, shift: int = 0) -> np.ndarray:
        """The doctor of each row, or a colleague of the same department."""
        place = self.doctor - self.doctor % 6 + (self.doctor + shift) % 6
        return self.house.doctor_names[place]

    def doctor_codes(self) -> np.ndarray:
        return self.house.doctor_codes[self.doctor]

    def departments(self) -> Columns:
        return {
            "department_code": self.house.department_codes[self.department],
            "department_name": self.house.department_names[self.department],
        }

    def visit_no(self) -> np.ndarray:
        """Number of the visit, empty for stays and where visits are not sent."""
        visits, parent = self.month.visits, np.where(self.inside, 0, self.rows.parent)
        if not visits.sent or self.inside.all():
            return objects([""] * len(self))
        days = self.month.days[visits.when.position[parent]]
        return np.where(self.inside, "", self.numbers("M", days, parent, 7))

    def admission_no(self) -> np.ndarray:
        """Number of the stay, empty for visits and where admissions are not sent."""
        stays, stay = self.month.admissions, np.where(self.inside, -1 - self.rows.parent, 0)
        if not stays.sent or not self.inside.any():
            return objects([""] * len(self))
        days = self.month.days[stays.when.position[stay]]
        return np.where(self.inside, self.numbers("Z", days, stay, 7), "")

    def numbers(self, letter: str, days: np.ndarray, serial: np.ndarray, width: int) -> np.ndarray:
        """Numbers like SM240603 0000001: channel and kind, day, serial."""
        return numbered(self.month.letter + letter + objects(t[2:] for t in day_texts(days)), serial, width)

    def parent_numbers(self, letter: str, dataset: str, width: int) -> np.ndarray:
        """Numbers of rows of another dataset that these rows lie under."""
        above = self.book.rows(dataset)
        return self.numbers(letter, self.month.days[above.position[self.rows.parent]], self.rows.parent, width)

    def above(self, dataset: str) -> Chunk:
        """The report or charge that each row lies under, as a chunk of rows of its dataset."""
        rows, parent = self.book.rows(dataset), self.rows.parent
        return Chunk(self.book, dataset, Rows(rows.position[parent], rows.parent[parent], rows.item[parent]))

    def own_numbers(self, letter: str, width: int) -> np.ndarray:
        return self.numbers(letter, self.day, self.rows.serial, width)

    def items(self) -> np.ndarray:
        return int_texts(self.rows.item)

    @cached_property
    def folk(self) -> Folk:
        return Folk(self.house, self.person)

    def age(self, day: np.ndarray | None = None) -> np.ndarray:
        """Completed years on the row's day (or on ``day``)."""
        return (day_numbers(self.day if day is None else day) - day_numbers(self.folk.born)) // 10_000


@dataclass(frozen=True, eq=False)
class Folk:
    """The people of a chunk, each made once however many rows are about them."""

    house: House
    person: np.ndarray

    @cached_property
    def _unique(self) -> tuple[np.ndarray, np.ndarray]:
        return np.unique(self.person, return_inverse=True)

    def _spread(self, values: np.ndarray) -> np.ndarray:
        return values[self._unique[1]]

    @cached_property
    def sex(self) -> np.ndarray:
        return self._spread(self.house.population.sex(self._unique[0]))

    @cached_property
    def born(self) -> np.ndarray:
        return self._spread(self.house.population.born(self._unique[0]))

    def name(self) -> np.ndarray:
        return self._spread(self.house.population.names(self._unique[0]))

    def relative(self, place: int) -> np.ndarray:
        """Name of someone of the same block, for contacts and parents."""
        return self._spread(self.house.population.names(self._unique[0] // 12 * 12 + place))

    def phone(self) -> np.ndarray:
        return self._spread(self.house.population.phones(self._unique[0]))

    def address(self) -> np.ndarray:
        return self._spread(self.house.population.addresses(self._unique[0]))

    def record_no(self) -> np.ndarray:
        """Health record number (城乡居民健康档案编号): division code and a serial, 17 digits."""
        codes = self.house.population.division_codes(self._unique[0])
        return self._spread(numbered(objects(map(str, codes.tolist())), self._unique[0], 11))

    def identity(self) -> Columns:
        """Who they are; one in thirty came without an identity card."""
        people = self.house.population
        known = self._spread(people.has_card(self._unique[0]))
        return {
            "id_type": np.where(known, "01", ""),
            "id_no": np.where(known, self._spread(people.id_numbers(self._unique[0])), ""),
            "patient_name": self.name(),
            "sex": int_texts(self.sex),
            "birth_date": day_texts(self.born),
        }

    def patient(self) -> Columns:
        """Who they are, with the institution's code and its own number for them."""
        local = numbered("P", self._unique[0] + self.house.number * 10_000_000, 9)
        return {**self.identity(), "patient_no": self._spread(local), "institution_code": self.house.code}
