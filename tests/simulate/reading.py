"""Read a simulated city's files without our own engine: the csv module and the styles' encodings."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

from kangqiao.standards.catalogue import catalogue


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a file by English field name; a ragged row lacks its last fields."""
    data = path.read_bytes()
    if path.name.endswith(".gz"):
        data = gzip.decompress(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    head = text.splitlines()[0]
    delimiter = next(mark for mark in ("\t", "|", ",") if mark in head)
    lookup = catalogue().dataset(path.parent.name).lookup
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    names = [lookup[name].name for name in rows[0]]
    return [dict(zip(names, row, strict=False)) for row in rows[1:]]


def files_of(city: Path, institution: str, channel: str) -> Iterator[Path]:
    """Files of one institution and channel, in order."""
    return iter(sorted((city / institution / channel).glob("*/*")))


def rows_of(city: Path, institution: str, dataset: str) -> list[dict[str, str]]:
    """Scheduled rows of a dataset, all days."""
    return [row for path in sorted((city / institution / "scheduled" / dataset).glob("*")) for row in read_rows(path)]


def everything(city: Path) -> dict[str, bytes]:
    """All files of a city with their bytes."""
    return {str(path.relative_to(city)): path.read_bytes() for path in sorted(city.rglob("*")) if path.is_file()}
