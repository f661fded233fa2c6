"""Which rows become faulty, and what comes of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from kangqiao.simulate.chance import number_of
from kangqiao.simulate.faults.built_in import field_kinds
from kangqiao.simulate.faults.kinds import Kind
from kangqiao.simulate.faults.rules import other_kinds, rule_kinds
from kangqiao.standards.model import Dataset, Severity, ValueSet

RAGGED, DUPLICATE, EVENT_DAY = "ragged", "duplicate", "event_day"


class Share(NamedTuple):
    """Faulty rows of one dataset: added ones (rejected or duplicate) and warnings in good rows."""

    added: int
    warned: int


NOTHING = Share(0, 0)


class Fault(NamedTuple):
    """A planted fault: ``cells`` is the row as it is to be written, in the order of the columns sent."""

    rule: str
    cells: list[str]


def share_out(faulty: int, good: dict[str, int]) -> dict[str, Share]:
    """Spread ``faulty`` rows over the datasets, never more than a third of the good rows of one."""
    whole = sum(good.values())
    shares = {}
    for name, rows in sorted(good.items()):
        count = min(faulty * rows // whole, rows // 3) if whole else 0
        shares[name] = Share(count - count // 4, count // 4)
    return shares


def donors(rng: np.random.Generator, rows: int, share: Share) -> tuple[np.ndarray, np.ndarray]:
    """Rows to copy and break, and rows to put a warning into: none twice, each in order."""
    chosen = rng.choice(rows, share.added + share.warned, replace=False)
    return np.sort(chosen[: share.added]), np.sort(chosen[share.added :])


@dataclass
class Planter:
    """Plants faults in the rows of one dataset of one institution."""

    dataset: Dataset
    fields: list[str]
    """Names of the columns sent, in their order."""
    value_sets: dict[str, ValueSet]
    start: int = 0
    """Where in the list of kinds this institution begins, so that the city has them all."""
    planted: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        sent = set(self.fields)
        known = [*field_kinds(self.dataset, sent, self.value_sets), *rule_kinds(self.dataset, sent)]
        structural = [
            Kind(RAGGED, "", Severity.ERROR, lambda row: True),
            Kind(DUPLICATE, ",".join(self.dataset.key), Severity.ERROR, lambda row: True),
        ]
        added = [kind for kind in known if kind.is_rejecting] if self._free_key() else []
        day = Kind(EVENT_DAY, self.dataset.event_time, Severity.WARNING, lambda row: True)
        warned = [kind for kind in known if not kind.is_rejecting]
        self._added = _in_turns([*added, *structural] if added else structural[1:])
        self._warned = _in_turns([*warned, *other_kinds(self.dataset), day])
        self._turn = self.start + number_of(self.dataset.name) % 97

    def _free_key(self) -> str:
        """The part of the key that a copy can have of its own; none where the whole key refers elsewhere."""
        referring = {name for reference in self.dataset.references for name in reference.fields}
        return next((name for name in reversed(self.dataset.key) if name not in referring), "")

    def add(self, cells: list[str]) -> Fault:
        """A rejected or duplicate row made from a good one."""
        for kind in self._kinds(self._added):
            if kind.rule == DUPLICATE:
                return self._note(kind, cells)
            row = dict(zip(self.fields, cells, strict=True))
            row[self._free_key()] = self._fresh(row[self._free_key()])
            if kind.change(row):
                broken = list(row.values())
                return self._note(kind, broken[:-1] if kind.rule == RAGGED else broken)
        raise AssertionError("a row can always be sent twice")

    def warn(self, cells: list[str], has_next_day: bool) -> Fault | None:
        """A good row with a warning in it, None where none fits this row."""
        for kind in self._kinds(self._warned):
            if kind.rule == EVENT_DAY and not has_next_day:
                continue
            row = dict(zip(self.fields, cells, strict=True))
            if kind.change(row):
                return self._note(kind, list(row.values()))
        return None

    def _kinds(self, kinds: list[Kind]) -> list[Kind]:
        self._turn += 1
        place = self._turn % len(kinds)
        return kinds[place:] + kinds[:place]

    def _note(self, kind: Kind, cells: list[str]) -> Fault:
        self.planted[self.dataset.name, kind.rule, kind.field, str(kind.severity)] += 1
        return Fault(kind.rule, cells)

    def _fresh(self, key: str) -> str:
        """A key that no good row has."""
        form = self.dataset.by_name[self._free_key()].parsed
        if form.letters == "N":
            return key[:6] + "9" + key[7:]
        return "F" + (key[1:] if key[:1].isalpha() else key)


def _in_turns(kinds: list[Kind]) -> list[Kind]:
    """Kinds with every rule once before any comes a second time."""
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int, Kind]] = []
    for kind in kinds:
        ranked.append((seen[kind.rule], len(ranked), kind))
        seen[kind.rule] += 1
    return [kind for _, _, kind in sorted(ranked, key=lambda item: item[:2])]
