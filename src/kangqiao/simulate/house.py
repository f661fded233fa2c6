"""One institution as it is inside: its code, departments, doctors, and whom it sees."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from kangqiao.simulate.chance import stream
from kangqiao.simulate.figures import DISTRICT, data_rows, published
from kangqiao.simulate.population import CHILDREN, MOTHERS, USUAL, Population
from kangqiao.simulate.text import objects

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
DOCTORS = 6
"""Doctors of a department."""
_SPECIALTY = {
    "儿童": ("pediatrics", "respiratory", "ent", "dermatology", "gastroenterology"),
    "妇幼": ("gynecology", "obstetrics", "pediatrics"),
    "口腔": ("stomatology",),
    "眼科": ("ophthalmology",),
    "肿瘤": ("oncology", "surgery", "hematology"),
    "皮肤": ("dermatology",),
    "脑科": ("psychiatry", "neurology"),
    "胸科": ("respiratory", "oncology", "infectious"),
}


@dataclass(frozen=True)
class House:
    """An institution: ``number`` is its place in the collection tables, from 1."""

    name: str
    kind: str
    number: int
    population: Population

    @property
    def seed(self) -> int:
        return self.population.seed

    @cached_property
    def code(self) -> str:
        """A well-formed unified social credit code (GB 32100) that no one was given."""
        return institution_code(self.number)

    @cached_property
    def departments(self) -> list[dict[str, str]]:
        return data_rows("departments.csv")

    @cached_property
    def department_codes(self) -> np.ndarray:
        return objects(f"{self.number:02d}{n:03d}" for n in range(1, len(self.departments) + 1))

    @cached_property
    def department_names(self) -> np.ndarray:
        return objects(row["name"] for row in self.departments)

    @cached_property
    def staff_people(self) -> np.ndarray:
        """People who work here: a man or a woman of the couples with children, one each block."""
        rng = stream(self.seed, self.name, "staff")
        count = len(self.departments) * DOCTORS
        low = self.number * 7919
        blocks = (low + np.arange(count)) % self.population.blocks
        return blocks * 12 + rng.choice([6, 7], count)

    @cached_property
    def doctor_names(self) -> np.ndarray:
        """Names by department times DOCTORS plus place; no two neighbours in a department are alike."""
        names = self.population.names(self.staff_people).tolist()
        for place in range(1, len(names)):
            if names[place] == names[place - 1]:
                names[place] += "华"
        return objects(names)

    @cached_property
    def doctor_codes(self) -> np.ndarray:
        return objects(f"D{self.number:02d}{n:04d}" for n in range(1, len(self.staff_people) + 1))

    @cached_property
    def specialty(self) -> tuple[str, ...]:
        """Departments it is known for; empty for a general hospital."""
        return next((names for word, names in _SPECIALTY.items() if word in self.name), ())

    @property
    def district(self) -> str:
        return self.name if self.kind == DISTRICT else ""

    def draw_patients(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """People who come: children to a children's hospital, and to a district mostly its own."""
        places = USUAL
        if "儿童" in self.name:
            places = CHILDREN
        elif "妇幼" in self.name:
            places = (*MOTHERS, *MOTHERS, *CHILDREN)
        return self.population.draw(rng, count, places, self.district)


@cache
def institution_code(number: int) -> str:
    """The made-up credit code of the institution at ``number`` in the tables (0 and beyond: others)."""
    body = f"12320100{_organization(f'KQ{number:06d}')}"
    total = sum(_USCC.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return body + _USCC[(31 - total % 31) % 31]


def _organization(body: str) -> str:
    """An organization code with its check character (GB 11714)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(char, 36) * weight for char, weight in zip(body, weights, strict=True))
    return body + "0123456789X0"[11 - total % 11]


@cache
def institution_names() -> tuple[str, ...]:
    """All names of the tables, in order."""
    return tuple(item.institution for item in published())
