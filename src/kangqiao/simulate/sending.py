"""What one institution sends on one channel, file by file."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kangqiao.base.errors import DefinitionError
from kangqiao.simulate.book import Book
from kangqiao.simulate.days import day_of
from kangqiao.simulate.faults.planting import DUPLICATE, EVENT_DAY, NOTHING, Planter, Share, donors
from kangqiao.simulate.style import Style, texts
from kangqiao.simulate.tables.chunk import Chunk
from kangqiao.simulate.tables.sheets import SHEETS
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset

CHUNK = 60_000
"""Rows made at a time; a single day may be more."""


@dataclass
class Sent:
    """What has been written."""

    files: int = 0
    stored: int = 0
    rejected: int = 0
    duplicate: int = 0
    planted: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def __iadd__(self, other: Sent) -> Sent:
        self.files += other.files
        self.stored += other.stored
        self.rejected += other.rejected
        self.duplicate += other.duplicate
        self.planted += other.planted
        return self


@dataclass
class Sender:
    """Writes one dataset of one institution into ``folder``."""

    book: Book
    dataset: Dataset
    style: Style
    folder: Path
    share: Share = NOTHING
    sent: Sent = field(default_factory=Sent)
    _head: str = ""
    _columns: list[str] = field(default_factory=list)
    _planter: Planter | None = None
    _waiting: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def write(self) -> Sent:
        """Write all files of the dataset, a chunk of whole days at a time."""
        rows = self.book.rows(self.dataset.name)
        if not len(rows):
            return self.sent
        self.folder.mkdir(parents=True, exist_ok=True)
        rng = self.book.month.rng("faults", self.dataset.name)
        added, warned = donors(rng, len(rows), self.share)
        for low, high in _chunks(rows.position):
            chunk = Chunk(self.book, self.dataset.name, rows.part(low, high))
            self._write_chunk(chunk, _within(added, low, high), _within(warned, low, high))
        self._flush(len(self.book.month.days))
        self.sent.stored = len(rows)
        if self._planter:
            self.sent.planted = self._planter.planted
        return self.sent

    def _write_chunk(self, chunk: Chunk, added: list[int], warned: list[int]) -> None:
        made = SHEETS[self.dataset.name](chunk)
        self._open(set(made))
        columns = [texts(made.get(name, ""), len(chunk)) for name in self._columns]
        lines: list[str | None] = [*self.style.lines(columns)]
        later: dict[int, list[str]] = defaultdict(list)
        for place in warned:
            self._warn(lines, columns, place, int(chunk.rows.position[place]))
        for place in added:
            later[int(chunk.rows.position[place])].append(self._add(columns, place))
        self._hand_over(chunk.rows.position, lines, later)

    def _open(self, made: set[str]) -> None:
        """Settle the columns when the first chunk tells which are filled."""
        if self._head:
            return
        if unknown := made - set(self.dataset.by_name):
            raise DefinitionError(self.dataset.name, f"the simulator fills fields it does not have: {sorted(unknown)}")
        fields = self.style.fields(self.dataset, made)
        self._columns = [item.name for item in fields]
        self._head = self.style.head(self.dataset, fields)
        if any(self.share):
            self._planter = Planter(self.dataset, self._columns, catalogue().value_sets, self.style.number * 5)

    def _warn(self, lines: list[str | None], columns: list[list[str]], place: int, position: int) -> None:
        assert self._planter is not None
        is_spread = int(self.book.rows(self.dataset.name).position[-1]) > 0
        fault = self._planter.warn(
            [column[place] for column in columns], is_spread and position + 1 < len(self.book.month.days)
        )
        if fault and fault.rule == EVENT_DAY:
            self._waiting[position + 1].append(self.style.line(fault.cells))
            lines[place] = None
        elif fault:
            lines[place] = self.style.line(fault.cells)

    def _add(self, columns: list[list[str]], place: int) -> str:
        assert self._planter is not None
        fault = self._planter.add([column[place] for column in columns])
        if fault.rule == DUPLICATE:
            self.sent.duplicate += 1
        else:
            self.sent.rejected += 1
        return self.style.line(fault.cells)

    def _hand_over(self, position: np.ndarray, lines: list[str | None], later: dict[int, list[str]]) -> None:
        """Write the chunk's days, and days before them that only wait for rows sent late."""
        days, starts = np.unique(position, return_index=True)
        for day, low, high in zip(days.tolist(), starts.tolist(), [*starts[1:].tolist(), len(lines)], strict=True):
            self._flush(day)
            ours = [line for line in lines[low:high] if line is not None]
            self._write_file(day, [*ours, *self._waiting.pop(day, []), *later[day]])

    def _flush(self, before: int) -> None:
        for day in sorted(day for day in self._waiting if day < before):
            self._write_file(day, self._waiting.pop(day))

    def _write_file(self, position: int, lines: list[str]) -> None:
        if lines:
            day = day_of(self.book.month.days[position])
            self.style.write(self.folder / day.isoformat(), [self._head, *lines])
            self.sent.files += 1


def _chunks(position: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of rows of about CHUNK that never cut a day."""
    starts = [*np.flatnonzero(np.diff(position, prepend=-1)).tolist(), len(position)]
    low = 0
    for day, start in enumerate(starts[1:], 1):
        following = starts[day + 1] if day + 1 < len(starts) else None
        if following is None or following - low > CHUNK:
            yield low, start
            low = start


def _within(rows: np.ndarray, low: int, high: int) -> list[int]:
    return (rows[np.searchsorted(rows, low) : np.searchsorted(rows, high)] - low).tolist()


def planted_rows(counts: Counter[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    """Planted faults as plan.json tells them."""
    names = ("dataset", "rule", "field", "severity")
    return [
        {"channel": "scheduled", **dict(zip(names, key, strict=True)), "rows": counts[key]} for key in sorted(counts)
    ]
