"""How an institution writes its files: encoding, header, delimiter, line ends, compression, order of columns."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from kangqiao.simulate.chance import stream
from kangqiao.standards.model import LOCAL, Dataset, Field

_LEVEL = 3


@dataclass(frozen=True)
class Style:
    """The habits of the institution at ``number`` in the tables; they never change."""

    number: int

    @cached_property
    def encoding(self) -> str:
        if self.number % 4 == 2:
            return "gb18030"
        return "utf-8-sig" if self.number % 5 == 1 else "utf-8"

    @cached_property
    def header(self) -> str:
        """``name`` (English), ``title`` (Chinese) or ``id`` (field id where there is one, else the title)."""
        return ("name", "title", "id", "name", "title")[self.number % 5]

    @cached_property
    def delimiter(self) -> str:
        return {3: "\t", 6: "|"}.get(self.number % 8, ",")

    @cached_property
    def line_end(self) -> str:
        return "\r\n" if self.number % 3 == 1 else "\n"

    @cached_property
    def suffix(self) -> str:
        return ".csv.gz" if self.number % 6 == 4 else ".csv"

    @cached_property
    def is_quoting(self) -> bool:
        """Every value in quotes."""
        return self.number % 7 == 5

    @property
    def is_sparse(self) -> bool:
        """Leaves out the columns that it never fills."""
        return self.number % 9 != 0

    def fields(self, dataset: Dataset, filled: set[str]) -> list[Field]:
        """The columns of its files, in its own order."""
        fields = [f for f in dataset.fields if f.required or f.name in filled or not self.is_sparse]
        if self.number % 4 != 3:
            return fields
        order = stream(self.number, dataset.name, "columns").permutation(len(fields))
        return [fields[place] for place in order.tolist()]

    def head(self, dataset: Dataset, fields: list[Field]) -> str:
        """The head line."""
        return self.line([self._called(dataset, item) for item in fields])

    def _called(self, dataset: Dataset, item: Field) -> str:
        text = {"name": item.name, "title": item.title, "id": item.title if item.id == LOCAL else item.id}[self.header]
        known = dataset.lookup.get(text)
        is_plain = self.delimiter not in text and '"' not in text
        return text if known is not None and known.name == item.name and is_plain else item.name

    def lines(self, columns: list[list[str]]) -> list[str]:
        """Rows as lines; values hold no delimiter and no quote."""
        if self.is_quoting:
            return [f'"{line}"' for line in map(f'"{self.delimiter}"'.join, zip(*columns, strict=True))]
        return list(map(self.delimiter.join, zip(*columns, strict=True)))

    def line(self, values: list[str]) -> str:
        return self.lines([[value] for value in values])[0]

    def write(self, path: Path, lines: list[str]) -> None:
        """Write a file, its head line among ``lines``; ``path`` has no suffix yet."""
        end = self.line_end
        data = (end.join(lines) + end).encode(self.encoding)
        if self.suffix.endswith(".gz"):
            data = gzip.compress(data, _LEVEL, mtime=0)
        path.with_name(path.name + self.suffix).write_bytes(data)


def texts(values: np.ndarray | str, count: int) -> list[str]:
    """A column as a list of texts."""
    return [values] * count if isinstance(values, str) else values.tolist()
