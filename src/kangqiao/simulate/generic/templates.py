"""An institution's rows of a dataset that nobody has written a sheet for: few, clean, about its own visits and stays.

To draw and mend a row costs more than to write it. So each process makes a pool of clean rows of a dataset once for a
month, some for each day; an institution takes those of its days and dresses them: its code and name, the numbers of
its visits and stays, the patients of these. Rows that break a rule in their new dress try others of the pool.
"""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from kangqiao.simulate.chance import stream
from kangqiao.simulate.figures import HOSPITAL
from kangqiao.simulate.generic.basis import Basis
from kangqiao.simulate.generic.bench import Bench
from kangqiao.simulate.generic.draft import PATIENT, Columns, persons_in
from kangqiao.simulate.generic.keys import make_distinct
from kangqiao.simulate.generic.people import Someone, is_of_the_dead
from kangqiao.simulate.generic.rows import rows_of
from kangqiao.simulate.generic.texts import code_of_institution, fitted, number_text
from kangqiao.simulate.house import House
from kangqiao.simulate.population import Population
from kangqiao.simulate.text import objects
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset, Field, Reference

PER_DAY = 8
"""Rows of the pool for each day."""
_TRIES = 6
_CHOICES = 12
"""Visits or stays among which a row looks for a patient of its sex and age."""
_NUMBER = 900
"""The made-up institution of the pool."""


@dataclass(frozen=True, eq=False)
class Known:
    """Rows of another dataset that this institution sends: texts by field, and whom they are about, if anybody."""

    columns: Columns
    person: np.ndarray | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


@dataclass(frozen=True, eq=False)
class Wanted:
    """Rows to be made: ``position`` of the day of each among ``days`` (day numbers), in order.

    ``month`` are the days that the pool is made for, ``days`` among them.
    """

    dataset: Dataset
    house: House
    days: tuple[int, ...]
    position: np.ndarray
    known: Mapping[str, Known]
    month: tuple[int, ...]


@cache
def _pool(name: str, population: Population, days: tuple[int, ...]) -> Columns:
    """Clean rows of a dataset, PER_DAY for each day; an institution with a number of its own stands in for all."""
    house = House("康桥样本医院", HOSPITAL, _NUMBER, population)
    day = np.repeat(np.array(days), PER_DAY)
    second = stream(population.seed, name, "pool").integers(8 * 3600, 16 * 3600, len(day))
    return rows_of(catalogue().dataset(name), catalogue(), Basis(house, day, second), population.seed)


def dressed(wanted: Wanted) -> tuple[Columns, np.ndarray]:
    """Clean rows for an institution, and which of the wanted ones they are: all of them, but where a row of a key
    of visits or stays finds none left, or no pooled row fits the patients."""
    return _Dressing(wanted).done()


class _Dressing:
    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._dataset = wanted.dataset
        self._rng = stream(wanted.house.seed, wanted.house.name, wanted.dataset.name, "dressed")
        self._pool = _pool(wanted.dataset.name, wanted.house.population, wanted.month)
        self._who = {name: what for name, (whose, what) in persons_in(self._dataset).items() if whose == PATIENT}
        self._linked: set[str] = set()

    def done(self) -> tuple[Columns, np.ndarray]:
        wanted = self._wanted
        rows = np.arange(len(wanted.position))
        columns: Columns = {name: objects([""] * len(rows)) for name in self._pool}
        left = rows
        bench = Bench(self._dataset)
        for turn in range(_TRIES):
            self._dress(columns, left, turn)
            left = left[bench.violated(columns, left, self._dataset.rules).any(axis=1)]
            if not len(left):
                break
        kept = np.setdiff1d(rows, np.union1d(left, self._without_parent(columns)))
        columns = {name: values[kept] for name, values in columns.items()}
        linked = {name: columns[name] for name in self._linked}
        day = np.array(wanted.days)[wanted.position[kept]]
        make_distinct(self._dataset, Basis(wanted.house, day, day, linked=linked), columns)
        return columns, kept

    def _without_parent(self, columns: Columns) -> np.ndarray:
        """Rows whose whole key belongs to rows before them, which cannot be told apart."""
        if not set(self._dataset.key) <= self._linked:
            return np.array([], dtype=np.int64)
        seen: set[tuple[str, ...]] = set()
        late = []
        for row, key in enumerate(zip(*(columns[name].tolist() for name in self._dataset.key), strict=True)):
            if key in seen:
                late.append(row)
            seen.add(key)
        return np.array(late, dtype=np.int64)

    def _dress(self, columns: Columns, rows: np.ndarray, turn: int) -> None:
        """Take pooled rows for ``rows`` and put the institution's own things into them."""
        house = self._wanted.house
        place = (house.number * 5 + np.arange(len(self._wanted.position)) + turn)[rows] % PER_DAY
        day = np.array(self._wanted.days)[self._wanted.position[rows]]
        source = np.searchsorted(np.array(self._wanted.month), day) * PER_DAY + place
        for name, values in self._pool.items():
            columns[name][rows] = values[source]
        for field in self._dataset.fields:
            if field.is_text and not field.value_set:
                self._rename(field, columns, rows)
        person = self._link(columns, rows)
        if person is not None and turn < _TRIES - 1:
            self._put_patient(columns, rows, person)

    def _rename(self, field: Field, columns: Columns, rows: np.ndarray) -> None:
        house, values = self._wanted.house, columns[field.name][rows]
        is_code = field.checksum == "uscc" or field.name.endswith("institution_code")
        if is_code:
            values = np.where(
                values == code_of_institution(field, _NUMBER), code_of_institution(field, house.number), values
            )
        else:
            values = np.where(values == "康桥样本医院", fitted(field, objects([house.name]))[0], values)
        columns[field.name][rows] = values

    # ── visits, stays and what else the rows point at ────────────────────────────────────────

    def _link(self, columns: Columns, rows: np.ndarray) -> np.ndarray | None:
        """Point at rows that the institution sends; the patients of these rows, -1 where there are none."""
        person: np.ndarray | None = None
        references = self._dataset.references
        chosen = self._rng.integers(0, 2, len(rows))
        both = sum(self._has_people(reference) and not self._is_required(reference) for reference in references) > 1
        turn = 0
        for reference in references:
            known = self._wanted.known.get(reference.dataset)
            here = np.ones(len(rows), dtype=bool)
            if known is not None and both and self._has_people(reference) and not self._is_required(reference):
                here, turn = chosen == turn % 2, turn + 1
            if known is None or not len(known):
                here[:] = False
            self._linked |= set(reference.fields)
            for name in reference.fields:
                columns[name][rows[~here]] = ""
            if known is None or not here.any():
                continue
            picked = self._pick(known, columns, rows[here], reference)
            for name, to in zip(reference.fields, reference.to, strict=True):
                columns[name][rows[here]] = known.columns[to][picked]
            if known.person is not None:
                person = np.full(len(rows), -1) if person is None else person
                person[here] = np.where(person[here] < 0, known.person[picked], person[here])
        return person

    def _has_people(self, reference: Reference) -> bool:
        known = self._wanted.known.get(reference.dataset)
        return known is not None and known.person is not None

    def _is_required(self, reference: Reference) -> bool:
        return all(self._dataset.by_name[name].required for name in reference.fields)

    def _pick(self, known: Known, columns: Columns, rows: np.ndarray, reference: Reference) -> np.ndarray:
        """Rows to point at: each once where they are the key, else some with a patient like the pooled one."""
        if set(self._dataset.key) <= set(reference.fields):
            order = stream(self._wanted.house.seed, self._wanted.house.name, self._dataset.name).permutation(len(known))
            return order[rows % len(known)]
        choices = self._rng.integers(0, len(known), (len(rows), _CHOICES))
        sex, born = self._dataset.person.sex, self._dataset.person.birth_date
        if known.person is None or not (sex or born):
            return choices[:, 0]
        people = self._wanted.house.population
        cost = np.zeros(choices.shape)
        if sex:
            cost += 100.0 * (
                people.sex(known.person[choices].ravel()).reshape(choices.shape).astype(str) != columns[sex][rows, None]
            )
        if born:
            given = columns[born][rows]
            years = np.array([int(text[:4] or 1980) for text in given.tolist()])
            theirs = people.born(known.person[choices].ravel()).reshape(choices.shape) // 365.25 + 1900
            cost += np.abs(theirs - years[:, None])
        return choices[np.arange(len(rows)), cost.argmin(axis=1)]

    def _put_patient(self, columns: Columns, rows: np.ndarray, person: np.ndarray) -> None:
        """Write who the patients are, where something was known of the pooled ones."""
        ours = rows[person >= 0]
        people = self._wanted.house.population
        one = Someone.of(people, person[person >= 0], are_dead=is_of_the_dead(self._dataset))
        every = np.arange(len(ours))
        for name, attribute in self._who.items():
            if name in self._linked:
                continue
            field = self._dataset.by_name[name]
            values = fitted(field, one.text(attribute, every, self._wanted.house))
            columns[name][ours] = np.where(columns[name][ours] == "", "", values)
        if "age" in self._dataset.by_name:
            self._put_age(columns, ours, one)

    def _put_age(self, columns: Columns, rows: np.ndarray, one: Someone) -> None:
        field = self._dataset.by_name["age"]
        day = np.array(self._wanted.days)[self._wanted.position[rows]]
        years = ((day - one.born) / 365.2425).astype(np.int64).tolist()
        texts = objects(number_text(field, n) or "" if field.type == "N" else str(n) for n in years)
        columns["age"][rows] = np.where(columns["age"][rows] == "", "", texts)
