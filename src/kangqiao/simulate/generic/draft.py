"""Candidate columns of one dataset, field by field; fields can be drawn anew or written for some rows."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from kangqiao.simulate.days import day_number
from kangqiao.simulate.generic.basis import Basis
from kangqiao.simulate.generic.links import Links
from kangqiao.simulate.generic.moments import TimeLine
from kangqiao.simulate.generic.people import Someone, is_of_the_dead, related, relative_in
from kangqiao.simulate.generic.texts import Texts, fitted, number_text
from kangqiao.simulate.generic.vocabulary import Audience, audience_of, range_of, share_of, words_of
from kangqiao.simulate.population import CHILDREN, EVERYONE, MOTHERS, USUAL
from kangqiao.simulate.text import objects
from kangqiao.standards.model import Dataset, Field, ValueSet

Columns = dict[str, np.ndarray]
"""Texts by field name; empty is missing."""

_FILLED = 0.9
"""Share of rows that give an optional field."""
PATIENT = "patient"


class Draft:
    """Rows in the making. Row numbers are places in ``basis``."""

    def __init__(
        self, dataset: Dataset, value_sets: Mapping[str, ValueSet], basis: Basis, rng: np.random.Generator
    ) -> None:
        self.dataset = dataset
        self.basis = basis
        self.rng = rng
        self.columns: Columns = {}
        self.line = TimeLine(dataset, basis, rng)
        self.links = Links(dataset, value_sets)
        self.who = persons_in(dataset)
        self._people: dict[str, Someone] = {}
        self.texts = Texts(dataset, value_sets, basis, rng, self.someone)
        self.fixed = {*dataset.key, *basis.linked, *(name for r in dataset.references for name in r.fields)}

    @property
    def everything(self) -> np.ndarray:
        return np.arange(len(self.basis))

    # ── persons ──────────────────────────────────────────────────────────────────────────────

    def someone(self, whose: str = PATIENT) -> Someone:
        """The persons of all rows who are ``whose``; drawn when first asked for."""
        if whose not in self._people:
            people = self.basis.house.population
            index = self._patients() if whose == PATIENT else related(self.someone().index, whose)
            are_dead = whose == PATIENT and is_of_the_dead(self.dataset)
            self._people[whose] = Someone.of(people, index, are_dead=are_dead)
            if whose == PATIENT:
                self._to_audience(self.everything)
            elif whose == "newborn":
                self._people[whose].born = self.basis.day.copy()
        return self._people[whose]

    @cached_property
    def _audience(self) -> Audience | None:
        name = self.dataset.person.name
        return audience_of(self.dataset.by_name[name].title if name else "", self.dataset.title)

    def _patients(self) -> np.ndarray:
        if self.basis.person is not None:
            return self.basis.person.copy()
        house, audience = self.basis.house, self._audience
        places = audience.places if audience else USUAL if not house.specialty else _of_house(house.name)
        return house.population.draw(self.rng, len(self.basis), places, house.district)

    def _to_audience(self, rows: np.ndarray) -> None:
        """Make persons of the age and sex that the dataset is about."""
        audience = self._audience
        if audience is None:
            return
        one = self._people[PATIENT]
        age = self.basis.day[rows] - one.born[rows]
        wrong = rows[(age < audience.youngest) | (age > audience.oldest)]
        one.born[wrong] = self.basis.day[wrong] - self.rng.integers(audience.youngest, audience.oldest, len(wrong))
        if audience.sex:
            one.sex[rows] = audience.sex

    # ── drawing ──────────────────────────────────────────────────────────────────────────────

    def fill(self) -> None:
        """Draw all fields of all rows."""
        for field in self.dataset.fields:
            self.columns[field.name] = self._drawn(field, self.everything)
        self._tie(self.everything)

    def redraw_rows(self, rows: np.ndarray) -> None:
        """Draw everything but the persons anew in some rows."""
        for field in self.dataset.fields:
            self.columns[field.name][rows] = self._drawn(field, rows)
        self._tie(rows)

    def redraw(self, name: str, rows: np.ndarray) -> None:
        """Draw one field anew; it is never left empty."""
        if name in self.basis.linked or (name in self.who and self.who[name][1] in ("sex", "birth_date")):
            return
        field = self.dataset.by_name[name]
        self.texts.reroll(field, rows)
        self.columns[name][rows] = self._value(field, rows)

    def _drawn(self, field: Field, rows: np.ndarray) -> np.ndarray:
        if field.name in self.basis.linked:
            return self.basis.linked[field.name][rows]
        values = self._value(field, rows)
        if field.required or field.name in self.fixed or field.name == self.dataset.event_time:
            return values
        if field.name in self.who and field.name in self.dataset.person.fields().values():
            return values
        if self._seldom_given(field):
            return objects([""] * len(rows))
        if "址-" in field.title or "地-" in field.title:
            return values
        return np.where(self.rng.random(len(rows)) < _FILLED, values, "")

    def _seldom_given(self, field: Field) -> bool:
        if "新生儿" in field.title and field.name not in self.who and self._audience is None:
            return True
        if field.type in ("D", "DT"):
            return field.name not in self.who and self.line.is_rare(field)
        if field.is_text and not field.value_set and field.name not in self.who:
            words = words_of(field.title)
            return words.kind == "unknown" or (words.kind == "text" and not words.values)
        return False

    def _value(self, field: Field, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            return objects([])
        if field.name in self.who:
            whose, attribute = self.who[field.name]
            return fitted(field, self.someone(whose).text(attribute, rows, self.basis.house))
        if field.type in ("D", "DT"):
            return self.line.texts(field, rows)
        if field.type == "L":
            return np.where(self.rng.random(len(rows)) < share_of(field.title), "T", "F").astype(object)
        if field.type == "N":
            return self._number(field, rows)
        return self.texts.of(field, rows)

    def _number(self, field: Field, rows: np.ndarray) -> np.ndarray:
        if (ready := self.texts.number(field, rows)) is not None:
            return ready
        low, high = range_of(field.title)
        drawn = np.round(self.rng.uniform(low, high, len(rows)), 3 if high - low < 1 else 2)
        return objects(number_text(field, value) or "" for value in drawn.tolist())

    # ── what follows from other fields ───────────────────────────────────────────────────────

    def _tie(self, rows: np.ndarray) -> None:
        self.links.tie(self.columns, rows)
        self._ages(rows)

    def _ages(self, rows: np.ndarray) -> None:
        for name in self.dataset.by_name:
            if name == "age" and (self.dataset.person.birth_date or self.dataset.person.sex):
                born = self.someone().born[rows]
                years = ((self.basis.day[rows] - born) / 365.2425).astype(np.int64)
                self.write(name, rows, years.tolist())

    # ── writing ──────────────────────────────────────────────────────────────────────────────

    def write(self, name: str, rows: np.ndarray, values: list[Any]) -> None:
        """Write typed values (dates, numbers, texts) where the field can hold them; None leaves a row as it is."""
        field = self.dataset.by_name[name]
        if name in self.basis.linked:
            return
        if name in self.who and self.who[name][1] in ("birth_date", "sex", "id_no"):
            self._change_person(name, rows, values)
            return
        column = self.columns[name]
        for row, value in zip(rows.tolist(), values, strict=True):
            if value is not None and (text := self._text(field, row, value)) is not None:
                column[row] = text

    def _text(self, field: Field, row: int, value: Any) -> str | None:
        if isinstance(value, datetime | date):
            text = value.strftime("%Y%m%d" if field.type == "D" else "%Y%m%dT%H%M%S")
            is_event = field.name == self.dataset.event_time
            return None if is_event and text[:8] != self.columns[field.name][row][:8] else text
        if isinstance(value, bool):
            return "T" if value else "F"
        if field.type == "N":
            return number_text(field, float(value)) if not isinstance(value, timedelta) else None
        if field.value_set and value not in self.texts.value_set(field).codes:
            return None
        return str(value)[: field.parsed.maximum] or None

    def _change_person(self, name: str, rows: np.ndarray, values: list[Any]) -> None:
        whose, attribute = self.who[name]
        one = self.someone(whose)
        for row, value in zip(rows.tolist(), values, strict=True):
            if attribute == "birth_date" and isinstance(value, date):
                one.born[row] = day_number(value.date() if isinstance(value, datetime) else value)
            elif attribute == "sex" and value in ("1", "2"):
                one.sex[row] = int(value)
        for other, (owner, what) in self.who.items():
            if owner == whose and what in ("birth_date", "sex", "id_no"):
                given = rows[self.columns[other][rows] != ""]
                field = self.dataset.by_name[other]
                self.columns[other][given] = fitted(field, one.text(what, given, self.basis.house))

    def blank(self, name: str, rows: np.ndarray) -> bool:
        """Empty an optional field; says whether it may be empty."""
        field = self.dataset.by_name[name]
        if field.required or name in self.dataset.key or name == self.dataset.event_time:
            return False
        self.columns[name][rows] = ""
        return True


def persons_in(dataset: Dataset) -> dict[str, tuple[str, str]]:
    """Fields that describe a person: whose (``patient``, ``mother`` …), and which attribute."""
    found = {name: (PATIENT, role) for role, name in dataset.person.fields().items()}
    for field in dataset.fields:
        if field.name not in found and (attribute := _attribute(field)):
            found[field.name] = (relative_in(field.title) or PATIENT, attribute)
    return found


def _attribute(field: Field) -> str:
    """What the field says of a person, by its name and its title; empty where it says nothing of one."""
    if field.name.endswith("birth_date"):
        return "birth_date"
    if field.checksum == "resident_id":
        return "id_no"
    if field.title.endswith(("性别代码", "性别")) and field.value_set:
        return "sex"
    if re.search(r"身份证件类(别|型)", field.title) and field.value_set:
        return "id_type"
    words = words_of(field.title)
    if field.value_set or not field.is_text:
        return ""
    if words.kind == "relative" or words.kind == "patient":
        return words.values[0]
    return "record_no" if words.kind == "record" else ""


def _of_house(name: str) -> tuple[int, ...]:
    if "儿童" in name:
        return CHILDREN
    return (*MOTHERS, *CHILDREN) if "妇幼" in name else EVERYONE
