"""Which tables of the standards there are, and which of our datasets carry them: ``sources.tsv``, a line a table.

``fields`` are the field identifiers of the source's table, mended where the source's are wrong (``remark``), in
runs: ``HDSD00.01.001-006,017``. A table without fields could not be used; ``remark`` says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.model import LOCAL, Dataset

_HEAD = ["standard", "table", "fields", "datasets", "remark"]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One table of a standard: its field identifiers, and the datasets that carry them."""

    standard: str
    table: str
    fields: tuple[str, ...]
    datasets: tuple[str, ...]
    remark: str = ""

    def uncarried(self, datasets: Mapping[str, Dataset]) -> tuple[str, ...]:
        """Identifiers that none of the datasets of this table has."""
        carried = {item.id for name in self.datasets for item in datasets[name].fields}
        return tuple(identifier for identifier in self.fields if identifier not in carried)


def read_sources(path: Path) -> tuple[SourceTable, ...]:
    """Read the list of source tables. Raises DefinitionError with the line that is wrong."""
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    if head.split("\t") != _HEAD:
        raise DefinitionError(path.name, f"must begin with {', '.join(_HEAD)}", line=1)
    return tuple(_source(line, path.name, number) for number, line in enumerate(lines, start=2))


def _source(line: str, where: str, number: int) -> SourceTable:
    cells = line.split("\t")
    if len(cells) != len(_HEAD):
        raise DefinitionError(where, f"must be {len(_HEAD)} cells with tabs between them", line=number)
    standard, table, runs, datasets, remark = cells
    try:
        fields = tuple(_spelt_out(runs.split()))
    except ValueError as error:
        raise DefinitionError(where, f"fields {runs!r} must be like HDSD00.01.001-006,017", line=number) from error
    return SourceTable(standard, table, fields, tuple(filter(None, datasets.split(","))), remark)


def _spelt_out(runs: Iterable[str]) -> Iterator[str]:
    for run in runs:
        family, _, numbers = run.rpartition(".")
        for part in numbers.split(","):
            first, _, last = part.partition("-")
            yield from (f"{family}.{number:03d}" for number in range(int(first), int(last or first) + 1))


def not_of_a_source(datasets: Iterable[Dataset], sources: Iterable[SourceTable]) -> list[str]:
    """``dataset.field`` of every field whose identifier none of its dataset's source tables has."""
    known: dict[str, set[str]] = {}
    for source in sources:
        for name in source.datasets:
            known.setdefault(name, set()).update(source.fields)
    return [
        f"{dataset.name}.{item.name}"
        for dataset in datasets
        for item in dataset.fields
        if item.id != LOCAL and item.id not in known.get(dataset.name, set())
    ]
