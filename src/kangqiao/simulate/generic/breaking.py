"""Faults in rows of any dataset: a field's definition broken as everywhere, a rule by asking for its opposite.

Every faulty row is judged before it is written: it breaks what it was meant to break and nothing else, or it is not
used. What cannot be broken alone is not planted; then a row is sent twice instead. Not planted here at all: rows on
another day than their file, rows of too few columns, references that lead nowhere.
"""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections import Counter

import numpy as np

from kangqiao.simulate.chance import number_of, stream
from kangqiao.simulate.faults.built_in import field_kinds
from kangqiao.simulate.faults.kinds import Kind
from kangqiao.simulate.faults.planting import DUPLICATE, Share, donors
from kangqiao.simulate.generic.basis import Basis
from kangqiao.simulate.generic.bench import Bench
from kangqiao.simulate.generic.draft import Columns, Draft
from kangqiao.simulate.generic.mending import Mender
from kangqiao.simulate.house import House
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset, Rule, Severity

_TRIES = 6


class Breaker:
    """Breaks copies of clean rows (errors) and clean rows themselves (warnings) of one institution's table."""

    def __init__(
        self, dataset: Dataset, columns: Columns, sent: list[str], house: House, day: np.ndarray, start: int
    ) -> None:
        self._dataset = dataset
        self._columns = columns
        self._sent = sent
        self._rng = stream(house.seed, house.name, dataset.name, "breaking")
        self._house = house
        self._day = day
        self._turn = start + number_of(dataset.name) % 97
        self.planted: Counter[tuple[str, str, str, str]] = Counter()
        self.rejected = 0
        self.duplicate = 0

    def broken(self, share: Share) -> tuple[Columns, list[tuple[int, list[str]]]]:
        """The columns sent with warnings in them, and the rows added: after which row, and their cells."""
        added, warned = donors(self._rng, len(self._day), share)
        table = {name: self._columns[name].copy() for name in self._sent}
        bench = Bench(self._dataset)
        for row, cells in self._plant(bench, warned, Severity.WARNING):
            for name, cell in zip(self._sent, cells, strict=True):
                table[name][row] = cell
        extra = self._plant(bench, added, Severity.ERROR)
        self.rejected = len(extra)
        told = {row for row, _ in extra}
        for row in (row for row in added.tolist() if row not in told):
            extra.append((row, [str(table[name][row]) for name in self._sent]))
            self._note(DUPLICATE, ",".join(self._dataset.key), Severity.ERROR)
            self.duplicate += 1
        return table, extra

    def _plant(self, bench: Bench, rows: np.ndarray, severity: Severity) -> list[tuple[int, list[str]]]:
        """Faulty versions of ``rows``, those that could be made."""
        kinds = self._kinds(severity)
        found: list[tuple[int, list[str]]] = []
        left = rows
        for _ in range(_TRIES if kinds else 0):
            if not len(left):
                break
            self._turn += 1
            chosen = [kinds[(self._turn + n) % len(kinds)] for n in range(len(left))]
            made = self._made(bench, left, chosen)
            for row, (kind, cells) in made.items():
                rule, field = (kind.code, kind.field) if isinstance(kind, Rule) else (kind.rule, kind.field)
                self._note(rule, field, severity)
                found.append((row, cells))
            left = np.array([row for row in left.tolist() if row not in made], dtype=np.int64)
            self._turn += len(rows)
        return found

    def _kinds(self, severity: Severity) -> list[Kind | Rule]:
        fields = field_kinds(self._dataset, set(self._sent), catalogue().value_sets)
        built_in: list[Kind | Rule] = [kind for kind in fields if kind.severity is severity]
        rules = [rule for rule in self._dataset.rules if rule.severity is severity and rule.field in ("", *self._sent)]
        mixed: list[Kind | Rule] = []
        for place in range(max(len(built_in), len(rules))):
            mixed += [*rules[place : place + 1], *built_in[place : place + 1]]
        return mixed

    def _made(
        self, bench: Bench, rows: np.ndarray, kinds: list[Kind | Rule]
    ) -> dict[int, tuple[Kind | Rule, list[str]]]:
        """Rows that break exactly what they should."""
        draft = self._draft(rows)
        mender = Mender(draft, bench, self._rng)
        changed = np.zeros(len(rows), dtype=bool)
        for place, kind in enumerate(kinds):
            if isinstance(kind, Rule):
                mender.violate(kind, np.array([place]))
                changed[place] = True
            else:
                changed[place] = self._change(draft, kind, place)
        found = bench.violated(draft.columns, draft.everything, self._dataset.rules)
        good: dict[int, tuple[Kind | Rule, list[str]]] = {}
        for place, (row, kind) in enumerate(zip(rows.tolist(), kinds, strict=True)):
            meant = [rule is kind for rule in self._dataset.rules]
            is_kept = self._keeps_its_place(draft, place, row)
            if changed[place] and found[place].tolist() == meant and is_kept:
                good[row] = kind, [str(draft.columns[name][place]) for name in self._sent]
        return good

    def _draft(self, rows: np.ndarray) -> Draft:
        basis = Basis(self._house, self._day[rows], np.full(len(rows), 43_200))
        draft = Draft(self._dataset, catalogue().value_sets, basis, self._rng)
        draft.columns = {name: values[rows].copy() for name, values in self._columns.items()}
        return draft

    def _change(self, draft: Draft, kind: Kind, place: int) -> bool:
        row = {name: str(draft.columns[name][place]) for name in self._sent}
        if not kind.change(row):
            return False
        for name, text in row.items():
            draft.columns[name][place] = text
        return True

    def _keeps_its_place(self, draft: Draft, place: int, row: int) -> bool:
        """Key, day, references and what is not sent are as before; what is required is there unless it was meant."""
        fixed = {*self._dataset.key, *(name for one in self._dataset.references for name in one.fields)}
        fixed |= set(self._columns) - set(self._sent)
        same = all(draft.columns[name][place] == self._columns[name][row] for name in fixed)
        event = self._dataset.event_time
        return same and draft.columns[event][place][:8] == self._columns[event][row][:8]

    def _note(self, rule: str, field: str, severity: Severity) -> None:
        self.planted[self._dataset.name, rule, field, str(severity)] += 1
