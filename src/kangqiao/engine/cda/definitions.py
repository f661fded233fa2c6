"""Document types as data: ``standards/data/cda`` read, one type at a time.

``document_types.tsv`` names the 53 types, their template and the datasets they map to (a ``*`` marks a dataset that
has many rows in one document); ``sections.tsv`` and ``entries.tsv`` say what stands in them; ``places/C0007.tsv``
says where each field of its datasets stands. A place is a path of steps:

=====================================================  ========================================================
``recordTarget/patientRole/id{2.16.156.10011.1.33}``   an element of the header; ``{…}`` is an OID, the name of a
                                                       signer's role, or a participant's type code
``componentOf/organization{2.16.156.10011.1.26}``      an organization by the root of its id, however deep
``section/29548-5/DE05.01.024.00{诊断代码}``            an observation: section, data element, display name
``…/effectiveTime/low``                                something below that observation
``…/@displayName``  ``…/=01``                          an attribute; a constant, where the path before it is there
``@number``  ``@id-number``                            the place of a row in the document, alone or after its id
=====================================================  ========================================================
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.catalogue import DATA as STANDARDS
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset, Field

DATA = STANDARDS / "cda"
SECTION = "section"
_PARTS = re.compile(r"(?:[^/{]|\{[^}]*\})+")

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: an element's name and what tells it from others of that name."""

    name: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What an entry is found by: section, data element (or ``procedure`` and the like), display name."""

    section: str
    name: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one field of a dataset stands."""

    dataset: str
    field: str
    anchor: Anchor | None
    """None in the header."""
    steps: tuple[Step, ...]
    is_row: bool
    """Whether each row of the document has its own."""
    is_written: bool
    """False where it is only read, when nothing better is given."""
    type: str
    unit: str
    code_system: str


@dataclass(frozen=True, slots=True)
class MappedDataset:
    """A dataset that documents of a type fill; ``repeats`` when one document brings many rows of it."""

    name: str
    repeats: bool


@dataclass(frozen=True, slots=True)
class SectionDefinition:
    """A section of a type, by LOINC code where it has one, else by its name."""

    code: str
    name: str

    @property
    def key(self) -> str:
        return self.code or self.name


@dataclass(frozen=True, eq=False)
class DocumentType:
    """One of the document types C0001-C0053."""

    code: str
    template: str
    title: str
    datasets: tuple[MappedDataset, ...]

    @cached_property
    def sections(self) -> dict[str, SectionDefinition]:
        """Sections by key, in order."""
        found = (SectionDefinition(row["section_code"], row["section_name"]) for row in _of("sections", self.code))
        return {item.key: item for item in found}

    @cached_property
    def elements(self) -> frozenset[str]:
        """Data elements that stand in documents of this type."""
        return frozenset(row["element"] for row in _of("entries", self.code))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where the fields stand, in the order of writing. Raises DefinitionError."""
        path = DATA / "places" / f"{self.code}.tsv"
        lines = enumerate(_read(path), 2)
        return tuple(self._place(row, f"cda/places/{path.name}: line {number}") for number, row in lines)

    @cached_property
    def places_of(self) -> dict[str, dict[str, list[Place]]]:
        """Dataset → field → places, the first to be taken first; fields without a place have none."""
        found: dict[str, dict[str, list[Place]]] = {item.name: {} for item in self.datasets}
        for place in self.places:
            found[place.dataset].setdefault(place.field, []).append(place)
        return found

    @cached_property
    def anchors(self) -> tuple[Anchor, ...]:
        """The entries that fields stand in, each once, in order."""
        return tuple(dict.fromkeys(place.anchor for place in self.places if place.anchor))

    @cached_property
    def row_anchors(self) -> frozenset[Anchor]:
        """The entries that each row of the repeating dataset has for itself."""
        return frozenset(place.anchor for place in self.places if place.anchor and place.is_row)

    @cached_property
    def fields(self) -> dict[Anchor, tuple[Place, Field]]:
        """Entry → the field that its value is."""
        return {
            place.anchor: (place, self.dataset(place.dataset).by_name[place.field])
            for place in reversed(self.places)
            if place.anchor and not place.steps
        }

    @cached_property
    def named(self) -> frozenset[Anchor]:
        """Entries whose display name is a field of its own beside the code."""
        return frozenset(place.anchor for place in self.places if place.anchor and place.steps == DISPLAY_NAME)

    def dataset(self, name: str) -> Dataset:
        return self._datasets[name]

    @cached_property
    def _datasets(self) -> dict[str, Dataset]:
        return {item.name: catalogue().datasets[item.name] for item in self.datasets}

    @cached_property
    def is_mapped(self) -> bool:
        """Whether the catalogue has all its datasets."""
        return all(item.name in catalogue().datasets for item in self.datasets)

    @property
    def repeating(self) -> str:
        """The dataset with many rows a document; empty when there is none."""
        return next((item.name for item in self.datasets if item.repeats), "")

    def _place(self, row: Row, where: str) -> Place:
        place = read_place(row, where)
        if place.dataset not in [item.name for item in self.datasets]:
            raise DefinitionError(where, f"{self.code} is not mapped to dataset {place.dataset!r}")
        if place.field not in self.dataset(place.dataset).by_name:
            raise DefinitionError(where, f"dataset {place.dataset!r} has no field {place.field!r}")
        if place.anchor and place.anchor.section not in self.sections:
            raise DefinitionError(where, f"{self.code} has no section {place.anchor.section!r}")
        return place


DISPLAY_NAME = (Step("@displayName"),)


@cache
def document_types() -> dict[str, DocumentType]:
    """All types by code."""
    types = {}
    for row in _read(DATA / "document_types.tsv"):
        mapped = tuple(MappedDataset(name.rstrip("*"), name.endswith("*")) for name in row["datasets"].split())
        types[row["doc_code"]] = DocumentType(row["doc_code"], row["template"], row["title"], mapped)
    return types


@cache
def codes_of(value_set: str) -> dict[str, str]:
    """Codes and names of a value set."""
    return catalogue().value_sets[value_set].codes


def read_place(row: Row, where: str) -> Place:
    """One line of ``places``. Raises DefinitionError at ``where`` when its path cannot be read."""
    if row["scope"] not in ("", "row", "document") or row["use"] not in ("both", "read"):
        raise DefinitionError(where, f"{row['field']}: unknown scope or use")
    anchor, steps = _path(row["path"], where)
    return Place(
        row["dataset"],
        row["field"],
        anchor,
        steps,
        row["scope"] == "row",
        row["use"] == "both",
        row["type"],
        row["unit"],
        row["code_system"],
    )


def _path(text: str, where: str) -> tuple[Anchor | None, tuple[Step, ...]]:
    steps = tuple(_step(part, where) for part in _PARTS.findall(text))
    if steps[0].name != SECTION:
        return None, steps
    if len(steps) < 3:
        raise DefinitionError(where, f"path {text!r} names no entry")
    return Anchor(steps[1].name, steps[2].name, steps[2].mark), steps[3:]


def _step(text: str, where: str) -> Step:
    name, brace, mark = text.partition("{")
    if not name or (brace and not mark.endswith("}")):
        raise DefinitionError(where, f"step {text!r} of a path cannot be read")
    return Step(name, mark.removesuffix("}"))


def _of(table: str, code: str) -> list[Row]:
    return _by_type(table).get(code, [])


@cache
def _by_type(table: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in _read(DATA / f"{table}.tsv"):
        found.setdefault(row["doc_code"], []).append(row)
    return found


def _read(path: Path) -> Iterator[Row]:
    if not path.exists():
        raise DefinitionError(f"cda/{path.name}", "no such file")
    with path.open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
