"""The persons a row speaks of. Each is someone of the population, now and then made older or younger to fit."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kangqiao.simulate.house import House
from kangqiao.simulate.population import Population
from kangqiao.simulate.text import day_texts, int_texts, numbered, objects
from kangqiao.standards.model import Dataset, Order

_RELATIVES = {
    "母亲": "mother",
    "父亲": "father",
    "丈夫": "husband",
    "配偶": "spouse",
    "新生儿": "newborn",
    "监护人": "guardian",
    "联系人": "contact",
    "家长": "parent",
    "家人": "family",
    "法定代理人": "agent",
    "代理人": "agent",
    "陈述者": "informant",
}
_SECOND_FAMILY = (6, 7, 8)


@dataclass(eq=False)
class Someone:
    """One person a row: ``index`` into the population; ``born`` day number and ``sex`` may differ from theirs.

    The dead have identity numbers that nobody in the city has: none of them may be seen alive afterwards.
    """

    population: Population
    index: np.ndarray
    born: np.ndarray
    sex: np.ndarray
    are_dead: bool = False

    @classmethod
    def of(cls, population: Population, index: np.ndarray, *, are_dead: bool = False) -> Someone:
        return cls(population, index, population.born(index).copy(), population.sex(index).copy(), are_dead)

    def id_numbers(self, rows: np.ndarray) -> np.ndarray:
        """Identity numbers: their own, or one of a band that nobody has where birth or sex was changed."""
        index, born, sex = self.index[rows], self.born[rows], self.sex[rows]
        changed = (born != self.population.born(index)) | (sex != self.population.sex(index)) | self.are_dead
        others = self.population.spare_numbers(index, born, sex)
        return np.where(changed, others, self.population.id_numbers(index))

    def text(self, attribute: str, rows: np.ndarray, house: House) -> np.ndarray:
        """One of ``name``, ``id_no``, ``id_type``, ``sex``, ``birth_date``, ``phone``, ``address``, numbers."""
        index, people = self.index[rows], self.population
        match attribute:
            case "name":
                return people.names(index)
            case "id_no":
                return self.id_numbers(rows)
            case "id_type":
                return objects(["01"] * len(index))
            case "sex":
                return int_texts(self.sex[rows])
            case "birth_date":
                return day_texts(self.born[rows])
            case "phone":
                return people.phones(index)
            case "address":
                return people.addresses(index)
            case "record_no":
                return numbered(objects(map(str, people.division_codes(index).tolist())), index, 11)
        return numbered("P", index + house.number * 10_000_000, 9)


def is_of_the_dead(dataset: Dataset) -> bool:
    """Whether the dataset's persons may not be seen after its rows: it says so by its successions."""
    return any(item.order is Order.NOT_BEFORE for item in dataset.successions)


def relative_in(title: str) -> str:
    """Whose the field is: ``mother``, ``contact`` …; empty for the patient's own."""
    return next((name for word, name in _RELATIVES.items() if word in title), "")


def related(patient: np.ndarray, relative: str) -> np.ndarray:
    """Indices of the relatives: of the same block, of the couple whose child the patient is or might be."""
    block, place = patient // 12 * 12, patient % 12
    second = np.isin(place, _SECOND_FAMILY)
    mother, father = np.where(second, 7, 4), np.where(second, 6, 3)
    match relative:
        case "mother" | "guardian" | "parent" | "agent":
            return block + np.where(mother == place, father, mother)
        case "father" | "husband":
            return block + np.where(father == place, mother, father)
        case "newborn":
            return block + np.where(second, 8, 5)
    return block + (place + 1) % 12
