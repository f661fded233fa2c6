"""Spools: the good records of many files, one spool a layout, each record led by its file number and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kangqiao.engine.formats.header import Layout


@dataclass(frozen=True, slots=True)
class Spool:
    """A file of records of one layout, waiting to be judged. Whoever reads it removes it."""

    layout: Layout
    path: Path


class Spools:
    """Open spools of one dataset in ``folder``. What the present file wrote since :meth:`begin` can be undone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[tuple[str, tuple[str | None, ...]], tuple[Spool, BinaryIO]] = {}
        self._mark: tuple[BinaryIO, int] | None = None
        self._serial = 0
        self.size = 0
        """Bytes waiting in all spools."""

    def begin(self) -> None:
        """A new file begins."""
        self._mark = None

    def write(self, layout: Layout, records: list[bytes]) -> None:
        """Append records of the present file."""
        handle = self._handle(layout)
        if self._mark is None:
            self._mark = (handle, handle.tell())
        if records:
            self.size += handle.write(b"\n".join(records) + b"\n")

    def undo(self) -> None:
        """Forget what the present file wrote and has not been drained."""
        if self._mark:
            handle, position = self._mark
            self.size -= handle.tell() - position
            handle.seek(position)
            handle.truncate()
            self._mark = None

    def drain(self) -> list[Spool]:
        """Close all spools and hand those over that hold anything."""
        spools = []
        for spool, handle in self._open.values():
            is_empty = handle.tell() == 0
            handle.close()
            if is_empty:
                spool.path.unlink()
            else:
                spools.append(spool)
        self._open.clear()
        self._mark = None
        self.size = 0
        return spools

    def _handle(self, layout: Layout) -> BinaryIO:
        key = (layout.delimiter, layout.fields)
        if key not in self._open:
            self._serial += 1
            path = self._folder / f"spool-{self._serial}.csv"
            self._open[key] = (Spool(layout, path), path.open("wb"))
        return self._open[key][1]


def spool_record(number: int, line: int, row: Mapping[str, str], names: Sequence[str]) -> bytes:
    """A row in the order of ``names`` as a record of a spool with commas; a value that is missing is empty."""
    values = ('"' + text.replace('"', '""') + '"' if (text := row.get(name)) else "" for name in names)
    return f"{number},{line},{','.join(values)}".encode()
