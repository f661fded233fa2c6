"""From a document to the rows of its datasets: each row a field's name → its raw text; nothing is judged here.

What the document says outright under our own name (a supplement) comes first, then the field's places in order. A
dataset that repeats has one row for each cluster (organizer) of its entries, or, where entries stand one after
another without clusters, a new row whenever an entry comes that the row has already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kangqiao.engine.cda.definitions import DISPLAY_NAME, Anchor, DocumentType, MappedDataset, Place
from kangqiao.engine.cda.findings import Findings
from kangqiao.engine.cda.outline import NARRATIVE, Entry, Outline
from kangqiao.engine.cda.parsing import Element
from kangqiao.engine.cda.paths import read_path, tag
from kangqiao.engine.cda.values import read_name, read_value
from kangqiao.standards.model import Field

Row = dict[str, str]
Rows = dict[str, list[Row]]
_VALUE = tag("value")


@dataclass
class _Group:
    """The entries of one row of the repeating dataset."""

    cluster: int
    entries: dict[Anchor, Entry]


def map_rows(root: Element, found: Outline, kind: DocumentType, findings: Findings) -> Rows:
    """Dataset → its rows in the document; a dataset of which nothing is said has none."""
    mapper = _Mapper(root, found, kind, findings)
    return {item.name: rows for item in kind.datasets if (rows := mapper.rows(item))}


class _Mapper:
    def __init__(self, root: Element, found: Outline, kind: DocumentType, findings: Findings) -> None:
        self._root = root
        self._outline = found
        self._kind = kind
        self._findings = findings
        self._supplements: dict[int, dict[str, str | None]] = defaultdict(dict)
        for item in found.supplements:
            self._supplements[item.cluster].setdefault(item.key, item.value)
        self._common: dict[Place, str | None] = {}
        number = root.find(tag("id"))
        self._id = "" if number is None else (number.get("extension") or "").strip()

    def rows(self, mapped: MappedDataset) -> list[Row]:
        if not mapped.repeats:
            row = self._row(mapped.name, _Group(0, {}), 0)
            return [row] if row and self._is_about(mapped, row) else []
        return [self._row(mapped.name, group, place) for place, group in enumerate(self._groups(mapped.name), 1)]

    def _is_about(self, mapped: MappedDataset, row: Row) -> bool:
        """Of several datasets of a document, the first always has a row; others only with a value of their own."""
        if mapped is self._kind.datasets[0]:
            return True
        shared = {place.field for place in self._kind.places if place.dataset == mapped.name and not place.anchor}
        key = f"{mapped.name}."
        return any(name not in shared for name in row) or any(name.startswith(key) for name in self._supplements[0])

    def _groups(self, dataset: str) -> list[_Group]:
        groups: list[_Group] = []
        clusters = {
            number: _Group(number, {})
            for number, values in sorted(self._supplements.items())
            if number and any(name.startswith(f"{dataset}.") for name in values)
        }
        present: _Group | None = None
        for entry in self._outline.entries:
            if entry.anchor not in self._kind.row_anchors or entry.anchor is None:
                continue
            if entry.cluster:
                group = clusters.setdefault(entry.cluster, _Group(entry.cluster, {}))
                group.entries.setdefault(entry.anchor, entry)
                continue
            if present is None or entry.anchor in present.entries:
                present = _Group(0, {})
                groups.append(present)
            present.entries[entry.anchor] = entry
        return _with_common(list(map(clusters.__getitem__, sorted(clusters))), groups)

    def _row(self, dataset: str, group: _Group, number: int) -> Row:
        row: Row = {}
        places = self._kind.places_of[dataset]
        said = self._supplements[group.cluster]
        for field in self._kind.dataset(dataset).fields:
            key = f"{dataset}.{field.name}"
            text = said[key] if key in said else self._first(places.get(field.name, ()), field, group, number)
            if text:
                row[field.name] = text
        return row

    def _first(self, places: list[Place] | tuple[()], field: Field, group: _Group, number: int) -> str | None:
        for place in places:
            if text := self._read(place, field, group, number):
                return text
        return None

    def _read(self, place: Place, field: Field, group: _Group, number: int) -> str | None:
        if place.anchor is None:
            first = next(iter(place.steps)).name
            if first.startswith("@"):
                return str(number) if first == "@number" else f"{self._id}-{number}"
        elif place.is_row:
            entry = group.entries.get(place.anchor)
            return self._entry_text(entry, place, field) if entry else None
        if place not in self._common:
            self._common[place] = self._common_text(place, field)
        return self._common[place]

    def _common_text(self, place: Place, field: Field) -> str | None:
        """What is said once for the whole document: read once, however many rows it has."""
        if place.anchor is None:
            return read_path(self._root, place.steps, field)
        return self._only_text(self._outline.by_anchor.get(place.anchor, ()), place, field)

    def _only_text(self, entries: Sequence[Entry], place: Place, field: Field) -> str | None:
        texts = [text for entry in entries if (text := self._entry_text(entry, place, field))]
        different = dict.fromkeys(texts)
        if len(different) > 1 and place.is_written:
            line = entries[1].element.sourceline or 0
            self._findings.add("cda.value_repeated", field.title, len(different), path=field.name, line=line)
        return texts[0] if texts else None

    def _entry_text(self, entry: Entry, place: Place, field: Field) -> str | None:
        if place.steps and place.steps != DISPLAY_NAME:
            return read_path(entry.element, place.steps, field)
        if entry.name == NARRATIVE:
            return "".join(map(str, entry.element.itertext())).strip() or None
        value = entry.element.find(_VALUE)
        if value is None:
            return None
        if place.steps:
            return read_name(value)
        return read_value(value, field, is_named=entry.anchor in self._kind.named)


def _with_common(clusters: list[_Group], loose: list[_Group]) -> list[_Group]:
    """Rows by clusters where there are any: an entry outside them, the method say, is then common to all."""
    if not clusters:
        return loose
    common = {anchor: entry for group in reversed(loose) for anchor, entry in group.entries.items()}
    return [_Group(group.cluster, common | group.entries) for group in clusters]
