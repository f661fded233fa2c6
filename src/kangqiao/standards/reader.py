"""From files to definitions: reads ``datasets/`` and refuses what is wrong.

Every refusal is a DefinitionError whose ``where`` is the file or a part of it: ``datasets/foo.yaml: fields.sex``.
All that is wrong in a file is told, as far as one fault does not hide another. What needs more than
one file (references, their cycles) is checked in ``kangqiao.standards.checks``.

To add a dataset is to add a file ``datasets/NAME.yaml``; all values are texts, but ``required``::

    name: bed
    title: 床位
    category: resource
    source: {standard: local}                        # or a standard's number, its part and table
    key: [bed_no]
    event_time: reported_on
    person: {id_no: id_no, name: patient_name}       # role: field, of the roles that are there
    references:
      - {fields: [department_code], dataset: department, to: [department_code], severity: warning, message: …}
    successions:                                     # no error, but a warning; order: not_after or not_before
      - {code: bed_after_death, field: reported_on, order: not_after, dataset: death_record, moment: died_at,
         message: …}                                 # and source
    measures: [daily_rate]
    fields:
      - {name: bed_no, title: 病床号, id: local, element: DE01.00.026.00, year: '2023', type: S1,
         format: AN..10, required: true}             # and value_set, identifies, checksum, note
    rules:
      - {code: rate_range, severity: warning, dimension: usability, field: daily_rate,
         expr: "daily_rate <= 5000", message: …, source: …}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.checks import Listing, check_dataset
from kangqiao.standards.documents import Document, Shape, check_shape, read_document
from kangqiao.standards.keywords import SQL_KEYWORDS
from kangqiao.standards.model import (
    LOCAL,
    Category,
    Dataset,
    Dimension,
    Field,
    Identifies,
    Order,
    Person,
    Reference,
    Rule,
    Severity,
    Source,
    Succession,
    ValueSet,
)
from kangqiao.standards.notation import TYPES, parse_format
from kangqiao.standards.problems import Problems
from kangqiao.standards.value_sets import code_that_does_not_fit

CHECKSUMS = ("resident_id", "uscc")
YEARS = ("2011", "2014", "2023", LOCAL)

_DATASET = Shape(
    {
        **dict.fromkeys(("name", "title", "category", "event_time"), "text"),
        "source": "map",
        "key": "texts",
        "fields": "maps",
    },
    {
        "person": "map",
        "references": "maps",
        "successions": "maps",
        "measures": "texts",
        "rules": "maps",
    },
)
_SOURCE = Shape({"standard": "text"}, {"part": "text", "table": "text"})
_FIELD = Shape(
    dict.fromkeys(("name", "title", "id", "element", "year", "type", "format"), "text"),
    {"required": "flag", "value_set": "text", "identifies": "text", "checksum": "text", "note": "text"},
)
_RULE = Shape(
    dict.fromkeys(("code", "severity", "dimension", "expr", "message"), "text"),
    {"field": "text", "source": "text"},
)
_REFERENCE = Shape({"fields": "texts", "to": "texts", **dict.fromkeys(("dataset", "severity", "message"), "text")})
_SUCCESSION = Shape(
    dict.fromkeys(("code", "field", "order", "dataset", "moment", "message"), "text"), {"source": "text"}
)
_PERSON = Shape({}, dict.fromkeys(Person.__slots__, "text"))

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIELD_ID = re.compile(r"HDS[A-Z]\d\d\.\d\d\.\d{3}")
_ELEMENT = re.compile(r"DE\d\d\.\d\d\.\d{3}\.\d\d")

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Definition:
    """A dataset's document before it is judged, and what the city has done to it."""

    document: Document
    where: str
    name: str
    """The file's name, which the dataset must bear."""
    owner: str = ""
    rule_places: Mapping[str, str] = field(default_factory=dict)
    """Rules of the city: code → file and part where each stands."""
    switched_off: tuple[str, ...] = ()


def read_definition(path: Path, where: str) -> Definition:
    """Read the document of one dataset. Raises DefinitionError."""
    return Definition(read_document(path, where), where, path.stem)


def read_dataset(definition: Definition, value_sets: Mapping[str, ValueSet], problems: Problems) -> Dataset | None:
    """Judge one dataset's document. ``value_sets`` are those a field may name; what is wrong goes to ``problems``."""
    before = len(problems)
    document, where = definition.document, definition.where
    with problems.caught():
        _check_shapes(definition)
        dataset = _assemble(definition, value_sets, problems)
        names = frozenset(node["name"] for node in document["fields"] if isinstance(node.get("name"), str))
        check_dataset(dataset, Listing(where, names, definition.rule_places), problems)
        if len(problems) == before:
            return dataset
    return None


def _check_shapes(definition: Definition) -> None:
    document, where = definition.document, definition.where
    check_shape(document, _DATASET, where)
    _check_spelling(document["name"], where, key="name")
    if document["name"] != definition.name:
        raise DefinitionError(where, f"name {document['name']!r} must be the file's name", key="name")
    check_shape(document["source"], _SOURCE, f"{where}: source")
    check_shape(document.get("person", {}), _PERSON, f"{where}: person")
    if not document["fields"]:
        raise DefinitionError(where, "has no fields", key="fields")


def _assemble(definition: Definition, value_sets: Mapping[str, ValueSet], problems: Problems) -> Dataset:
    document, where = definition.document, definition.where
    category = None
    with problems.caught():
        category = _choose(Category, document["category"], "category", where)
    return Dataset(
        name=document["name"],
        title=document["title"],
        source=Source(**document["source"]),
        key=tuple(document["key"]),
        event_time=document["event_time"],
        fields=_read_fields(document["fields"], where, value_sets, problems),
        person=Person(**document.get("person", {})),
        references=_read_references(document.get("references", []), where, problems),
        successions=_read_successions(document.get("successions", []), where, problems),
        rules=_read_rules(definition, problems),
        measures=tuple(document.get("measures", [])),
        category=category,
        owner=definition.owner,
        switched_off=definition.switched_off,
        digest=digest(document, value_sets),
    )


def digest(document: Document, value_sets: Mapping[str, ValueSet]) -> str:
    """SHA-256 of a dataset's document and of the codes of the value sets its fields name."""
    used = sorted({node["value_set"] for node in document["fields"] if isinstance(node.get("value_set"), str)})
    codes = {name: list(value_sets[name].codes.items()) for name in used if name in value_sets}
    content = {"definition": document, "value_sets": codes}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _check_spelling(name: str, where: str, key: str = "") -> None:
    if not _NAME.fullmatch(name):
        raise DefinitionError(where, f"{name!r} must be lower-case letters, digits and underscores", key=key)


def _read_fields(
    nodes: list[Document], where: str, value_sets: Mapping[str, ValueSet], problems: Problems
) -> tuple[Field, ...]:
    fields = []
    for number, node in enumerate(nodes):
        place = f"{where}: fields.{node.get('name', f'[{number}]')}"
        with problems.caught():
            check_shape(node, _FIELD, place)
            fields.append(_read_field(node, place, value_sets))
    _refuse_twice(nodes, "name", "field name", where, problems)
    _refuse_twice(nodes, "title", "title", where, problems)
    _refuse_twice(nodes, "id", "field id", where, problems)
    return tuple(fields)


def _refuse_twice(nodes: list[Document], key: str, what: str, where: str, problems: Problems) -> None:
    """Refuse every second entry with the same text under ``key``; ``local`` may stand in many."""
    seen: set[str] = set()
    for number, node in enumerate(nodes):
        value = node.get(key)
        if value in seen:
            problems.append(DefinitionError(where, f"{what} {value!r} is used twice", at=("fields", number, key)))
        elif isinstance(value, str) and value != LOCAL:
            seen.add(value)


def _read_field(node: Document, where: str, value_sets: Mapping[str, ValueSet]) -> Field:
    _check_spelling(node["name"], where, key="name")
    if node["name"] in SQL_KEYWORDS:
        raise DefinitionError(where, f"{node['name']!r} is a word of SQL and cannot name a field", key="name")
    _check_origin(node, where)
    said = node.get("identifies")
    identifies = None if said is None else _choose(Identifies, said, "identifies", where)
    item = Field(**{**node, "identifies": identifies})
    try:
        parse_format(item.type, item.format)
    except ValueError as error:
        key = "type" if item.type not in TYPES else "format"
        raise DefinitionError(where, str(error), key=key) from error
    _check_text_only(item, where)
    _check_value_set(item, where, value_sets)
    return item


def _check_origin(node: Document, where: str) -> None:
    """Field id, data element and catalogue year are those of a standard, or local."""
    if node["id"] != LOCAL and not _FIELD_ID.fullmatch(node["id"]):
        raise DefinitionError(where, f"id {node['id']!r} must be like HDSD00.03.025, or local", key="id")
    if node["element"] != LOCAL and not _ELEMENT.fullmatch(node["element"]):
        raise DefinitionError(
            where, f"element {node['element']!r} must be like DE02.01.039.00, or local", key="element"
        )
    if node["year"] not in YEARS:
        raise DefinitionError(where, f"unknown year {node['year']!r}, one of {', '.join(YEARS)}", key="year")
    if (node["element"] == LOCAL) != (node["year"] == LOCAL):
        raise DefinitionError(where, "element and year must both be local, or neither", key="year")


def _check_text_only(item: Field, where: str) -> None:
    if item.checksum is not None and item.checksum not in CHECKSUMS:
        reason = f"unknown checksum {item.checksum!r}, one of {', '.join(CHECKSUMS)}"
        raise DefinitionError(where, reason, key="checksum")
    for key in ("value_set", "identifies", "checksum"):
        if getattr(item, key) is not None and not item.is_text:
            raise DefinitionError(where, f"key {key!r} is for text, but the type is {item.type}", key=key)


def _check_value_set(item: Field, where: str, value_sets: Mapping[str, ValueSet]) -> None:
    if item.value_set is None:
        if item.type == "S2":
            raise DefinitionError(where, "type S2 needs a value_set", key="type")
        return
    if item.value_set not in value_sets:
        raise DefinitionError(where, f"unknown value set {item.value_set!r}", key="value_set")
    if item.type == "S1":
        raise DefinitionError(where, "type S1 is free text and has no value_set", key="value_set")
    code = code_that_does_not_fit(value_sets[item.value_set], item.parsed)
    if code is not None:
        reason = f"code {code!r} of value set {item.value_set} does not fit format {item.format}"
        raise DefinitionError(where, reason, key="value_set")


def _choose(choices: type[Choice], value: str, key: str, where: str) -> Choice:
    try:
        return choices(value)
    except ValueError as error:
        raise DefinitionError(where, f"unknown {key} {value!r}, one of {', '.join(choices)}", key=key) from error


def _read_rules(definition: Definition, problems: Problems) -> tuple[Rule, ...]:
    rules = []
    for number, node in enumerate(definition.document.get("rules", [])):
        code = node.get("code", f"[{number}]")
        place = definition.rule_places.get(code)
        with problems.caught():
            rules.append(read_rule(node, place or f"{definition.where}: rules.{code}", LOCAL if place else ""))
    return tuple(rules)


def read_rule(node: Document, place: str, owner: str = "") -> Rule:
    """One rule from its mapping at ``place``; its expression is judged with the dataset. Raises DefinitionError."""
    check_shape(node, _RULE, place)
    _check_spelling(node["code"], place, key="code")
    severity = _choose(Severity, node["severity"], "severity", place)
    dimension = _choose(Dimension, node["dimension"], "dimension", place)
    return Rule(**{**node, "severity": severity, "dimension": dimension, "owner": owner})


def _read_references(nodes: list[Document], where: str, problems: Problems) -> tuple[Reference, ...]:
    references = []
    for node in nodes:
        place = f"{where}: references.{node.get('dataset', '?')}"
        with problems.caught():
            check_shape(node, _REFERENCE, place)
            severity = _choose(Severity, node["severity"], "severity", place)
            references.append(
                Reference(tuple(node["fields"]), node["dataset"], tuple(node["to"]), severity, node["message"])
            )
    return tuple(references)


def _read_successions(nodes: list[Document], where: str, problems: Problems) -> tuple[Succession, ...]:
    successions = []
    for number, node in enumerate(nodes):
        place = f"{where}: successions.{node.get('code', f'[{number}]')}"
        with problems.caught():
            check_shape(node, _SUCCESSION, place)
            _check_spelling(node["code"], place, key="code")
            order = _choose(Order, node["order"], "order", place)
            successions.append(Succession(**{**node, "order": order}))
    return tuple(successions)
