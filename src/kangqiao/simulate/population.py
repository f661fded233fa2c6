"""The people of the city, each made from the seed and an index; none of them is real.

Twelve indices in a row make a block of five households:

    0            one who lives alone (20-75)
    1 2          an older couple (48-78)
    3 4 5        a couple (26-46) and a child (0-18)
    6 7 8        a couple (30-56) and a child (0-18)
    9 10 11      a couple (46-66) and his mother or father (68-94)

A household shares one address, children and the old share the man's surname, and a child or an old parent
may be reached by the woman's or the man's phone. Identity numbers repeat for nobody: within a division each
place of the block has its own band of birthdays and its own sequence numbers.
"""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from kangqiao.simulate.chance import below, share
from kangqiao.simulate.days import day_number
from kangqiao.simulate.figures import data_rows
from kangqiao.simulate.text import day_numbers, objects

BLOCK = 12
CITY = 9_400_000
"""People of the whole city; a smaller run has the same share of them."""
_ANCHOR = date(2024, 6, 1)
_HOUSEHOLD = np.array([0, 1, 1, 3, 3, 3, 6, 6, 6, 9, 9, 9])
_YOUNGEST = np.array([20, 48, 48, 26, 26, 0, 30, 30, 0, 46, 46, 68])
_OLDEST = np.array([75, 78, 78, 46, 46, 18, 56, 56, 18, 66, 66, 94])
_SEX = np.array([0, 1, 2, 1, 2, 0, 1, 2, 0, 1, 2, 0])
_PHONE_OF = np.array([0, 1, 2, 3, 4, 4, 6, 7, 7, 9, 10, 9])
_SURNAME_OF = np.array([0, 1, 2, 3, 4, 3, 6, 7, 6, 9, 10, 9])
_SEQUENCES = 82
"""Sequence numbers that each place of a block has to itself (12 x 82 < 1000), half of them for each sex."""
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])

CHILDREN = (5, 8)
MOTHERS = (4, 7)
EVERYONE = tuple(range(BLOCK))
USUAL = (*EVERYONE, 0, 1, 2, 1, 2, 9, 10, 11, 11, 5)
"""Places of a block as often as they see a doctor: the old more than the young."""


@dataclass(frozen=True)
class Population:
    """People ``0 .. size-1`` of a city made from ``seed``, as they stand on ``today``."""

    seed: int
    size: int
    today: date

    @cached_property
    def blocks(self) -> int:
        return max(50, self.size // BLOCK)

    @cached_property
    def _divisions(self) -> list[dict[str, str]]:
        return data_rows("divisions.csv")

    @cached_property
    def _borders(self) -> np.ndarray:
        """The first block after each division."""
        weights = np.cumsum([float(row["weight"]) for row in self._divisions])
        last = np.floor(weights / weights[-1] * self.blocks).astype(np.int64)
        return np.maximum(np.arange(1, len(weights) + 1), last)

    @cached_property
    def anchor(self) -> int:
        """The day number that ages are counted from; a later month meets the same people."""
        return day_number(min(_ANCHOR, self.today))

    def draw(self, rng: np.random.Generator, count: int, places: tuple[int, ...], district: str = "") -> np.ndarray:
        """``count`` people at random from some places of a block, mostly of ``district`` when given."""
        block = rng.integers(0, self.blocks, count)
        if district:
            low, high = self._blocks_of(district)
            block = np.where(rng.random(count) < 0.9, rng.integers(low, high, count), block)
        return block * BLOCK + np.array(places)[rng.integers(0, len(places), count)]

    def residents(self, district: str) -> np.ndarray:
        """Everyone who lives in ``district``; the whole city when it is empty."""
        if not district:
            return np.arange(self.blocks * BLOCK)
        low, high = self._blocks_of(district)
        return np.arange(low * BLOCK, high * BLOCK)

    def _blocks_of(self, district: str) -> tuple[int, int]:
        rows = [n for n, row in enumerate(self._divisions) if row["district"] == district]
        return (int(self._borders[rows[0] - 1]) if rows[0] else 0), int(self._borders[rows[-1]])

    def division(self, people: np.ndarray) -> np.ndarray:
        """Row of divisions.csv where each lives."""
        return np.minimum(np.searchsorted(self._borders, people // BLOCK, side="right"), len(self._borders) - 1)

    def sex(self, people: np.ndarray) -> np.ndarray:
        """1 male, 2 female."""
        fixed = _SEX[people % BLOCK]
        return np.where(fixed == 0, 1 + below(people, self.seed, "sex", 2), fixed)

    def _slot(self, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Day of the place's band of birthdays, and which of its sequence numbers."""
        place = people % BLOCK
        band = (_OLDEST[place] - _YOUNGEST[place]) * 365
        mixed = (people // BLOCK) * 104_729 + self.seed % 1000 * 31 + place * 997
        return mixed % band, (people // BLOCK // band) % (_SEQUENCES // 2)

    def born(self, people: np.ndarray) -> np.ndarray:
        """Day number of birth."""
        place = people % BLOCK
        return self.anchor - 1 - np.floor(_YOUNGEST[place] * 365.25).astype(np.int64) - self._slot(people)[0]

    def age(self, people: np.ndarray) -> np.ndarray:
        """Completed years, near enough for medicine."""
        return ((self.anchor - self.born(people)) / 365.25).astype(np.int64)

    def id_numbers(self, people: np.ndarray) -> np.ndarray:
        """Resident identity numbers (GB 11643): division, birth date, sequence with the parity of the sex, check."""
        sequence = (people % BLOCK) * _SEQUENCES + self._slot(people)[1] * 2
        sequence += np.where(self.sex(people) == 1, 1, 2)
        dates = day_numbers(self.born(people))
        return _with_check((self.division_codes(people) * 10**8 + dates) * 1000 + sequence)

    def spare_numbers(self, people: np.ndarray, born: np.ndarray, sex: np.ndarray) -> np.ndarray:
        """Well-formed numbers of another birthday or sex, with sequences that nobody of the city has."""
        sequence = BLOCK * _SEQUENCES + below(people, self.seed, "spare", 7) * 2 + np.where(sex == 1, 1, 2)
        return _with_check((self.division_codes(people) * 10**8 + day_numbers(born)) * 1000 + sequence)

    def division_codes(self, people: np.ndarray) -> np.ndarray:
        """Code (GB/T 2260) of the district where each lives."""
        return np.array([int(row["code"]) for row in self._divisions])[self.division(people)]

    def has_card(self, people: np.ndarray) -> np.ndarray:
        """Whether a person shows an identity card at the counter; one in thirty never does."""
        return share(people, self.seed, "card") > 1 / 30

    def names(self, people: np.ndarray) -> np.ndarray:
        """Full names."""
        values = {row["kind"]: row["values"].split() for row in data_rows("names.csv")}
        head = people - people % BLOCK + _SURNAME_OF[people % BLOCK]
        surnames = objects(values["surname"])
        rank = (share(head, self.seed, "surname") ** 2.2 * len(surnames)).astype(np.int64)
        men, women = self._given(people, values["male"]), self._given(people, values["female"])
        return surnames[rank] + np.where(self.sex(people) == 1, men, women)

    def _given(self, people: np.ndarray, characters: list[str]) -> np.ndarray:
        letters = objects(["", *characters])
        first = 1 + below(people, self.seed, "given", len(characters))
        second = np.maximum(0, below(people, self.seed, "second", len(characters) + 20) - 19)
        return letters[first] + letters[second]

    def phones(self, people: np.ndarray) -> np.ndarray:
        """Mobile numbers; children and the very old are reached through the family."""
        owner = people - people % BLOCK + _PHONE_OF[people % BLOCK]
        prefixes = objects(["130", "133", "136", "138", "139", "150", "151", "158", "177", "180", "186", "189"])
        tail = ((owner * 7_368_787 + self.seed * 101) % 10**8).tolist()
        return prefixes[below(owner, self.seed, "phone", len(prefixes))] + objects([f"{n:08d}" for n in tail])

    def addresses(self, people: np.ndarray) -> np.ndarray:
        """Addresses, one for a household."""
        home = people - people % BLOCK + _HOUSEHOLD[people % BLOCK]
        rows = self.division(people)
        streets = objects(
            [
                "江苏省南京市" + row["name"] + row["streets"].split()[n % len(row["streets"].split())]
                for row in self._divisions
                for n in range(6)
            ]
        )
        number = below(home, self.seed, "number", 400) + 1
        room = (below(home, self.seed, "floor", 18) + 1) * 100 + below(home, self.seed, "door", 4) + 1
        doors = [f"{n}号{1 + r % 7}幢{r}室" for n, r in zip(number.tolist(), room.tolist(), strict=True)]
        return streets[rows * 6 + below(home, self.seed, "street", 6)] + objects(doors)

    def has_hypertension(self, people: np.ndarray) -> np.ndarray:
        """Under treatment for high blood pressure."""
        age = self.age(people)
        risk = np.select([age >= 60, age >= 45, age >= 30], [0.5, 0.22, 0.06], 0.0)
        return share(people, self.seed, "hypertension") < risk

    def has_diabetes(self, people: np.ndarray) -> np.ndarray:
        """Under treatment for type 2 diabetes."""
        age = self.age(people)
        risk = np.select([age >= 60, age >= 45, age >= 30], [0.2, 0.1, 0.02], 0.0)
        return share(people, self.seed, "diabetes") < risk


def _with_check(numbers: np.ndarray) -> np.ndarray:
    """17-digit numbers with their check character (ISO 7064 MOD 11-2), as an array of str."""
    digits = np.empty((len(numbers), 18), dtype=np.uint8)
    rest = numbers.copy()
    for place in range(16, -1, -1):
        rest, digit = np.divmod(rest, 10)
        digits[:, place] = digit
    digits[:, 17] = _CHECK[(digits[:, :17].astype(np.int64) @ _WEIGHTS) % 11]
    digits[:, :17] += ord("0")
    return digits.view("S18").ravel().astype("U18").astype(object)
