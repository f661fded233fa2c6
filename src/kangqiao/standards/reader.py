"""From files to definitions: reads ``datasets/`` and ``profiles/`` and refuses what is wrong.

Every refusal is a DefinitionError whose ``where`` is the file or a part of it: ``datasets/foo.yaml: fields.sex``.
What needs more than one file (references, their cycles) is checked in ``kangqiao.standards.checks``.

To add a dataset is to add a file ``datasets/NAME.yaml``; all values are texts, but ``required``::

    name: bed
    title: 床位
    source: {standard: local}                        # or a standard's number, its part and table
    key: [bed_no]
    event_time: reported_on
    person: {id_no: id_no, name: patient_name}       # role: field, of the roles that are there
    references:
      - {fields: [department_code], dataset: department, to: [department_code], severity: warning, message: …}
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
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.checks import check_dataset
from kangqiao.standards.documents import Document, Shape, check_shape, read_document
from kangqiao.standards.model import (
    LOCAL,
    Channel,
    Dataset,
    Dimension,
    Field,
    Identifies,
    Person,
    Prescription,
    Profile,
    Reference,
    Rule,
    Severity,
    Source,
    ValueSet,
)
from kangqiao.standards.notation import parse_format
from kangqiao.standards.value_sets import code_that_does_not_fit

KINDS_OF_INSTITUTION = ("hospital", "district")
CHECKSUMS = ("resident_id", "uscc")
YEARS = ("2011", "2014", "2023", LOCAL)

_DATASET = Shape(
    {
        **dict.fromkeys(("name", "title", "event_time"), "text"),
        "source": "map",
        "key": "texts",
        "fields": "maps",
    },
    {"person": "map", "references": "maps", "measures": "texts", "rules": "maps"},
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
_PERSON = Shape({}, dict.fromkeys(Person.__slots__, "text"))
_PROFILE = Shape({"name": "text", "title": "text", "kind": "text"}, {"scheduled": "map", "realtime": "texts"})
_SCHEDULE = Shape({}, {"day": "texts", "month": "texts"})

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIELD_ID = re.compile(r"HDS[A-Z]\d\d\.\d\d\.\d{3}")
_ELEMENT = re.compile(r"DE\d\d\.\d\d\.\d{3}\.\d\d")

Choice = TypeVar("Choice", bound=StrEnum)


def read_dataset(path: Path, where: str, value_sets: Mapping[str, ValueSet]) -> Dataset:
    """Read one dataset. ``value_sets`` are those a field may name. Raises DefinitionError."""
    document = read_document(path, where)
    check_shape(document, _DATASET, where)
    _check_name(document["name"], path, where)
    check_shape(document["source"], _SOURCE, f"{where}: source")
    check_shape(document.get("person", {}), _PERSON, f"{where}: person")
    dataset = Dataset(
        name=document["name"],
        title=document["title"],
        source=Source(**document["source"]),
        key=tuple(document["key"]),
        event_time=document["event_time"],
        fields=_read_fields(document["fields"], where, value_sets),
        person=Person(**document.get("person", {})),
        references=tuple(_read_reference(node, where) for node in document.get("references", [])),
        rules=tuple(_read_rule(node, where) for node in document.get("rules", [])),
        measures=tuple(document.get("measures", [])),
        digest=digest(document, value_sets),
    )
    check_dataset(dataset, where)
    return dataset


def digest(document: Document, value_sets: Mapping[str, ValueSet]) -> str:
    """SHA-256 of a dataset's document and of the codes of the value sets its fields name."""
    used = sorted({node["value_set"] for node in document["fields"] if "value_set" in node})
    codes = {name: list(value_sets[name].codes.items()) for name in used}
    content = {"definition": document, "value_sets": codes}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _check_spelling(name: str, where: str) -> None:
    if not _NAME.fullmatch(name):
        raise DefinitionError(where, f"{name!r} must be lower-case letters, digits and underscores")


def _check_name(name: str, path: Path, where: str) -> None:
    _check_spelling(name, where)
    if name != path.stem:
        raise DefinitionError(where, f"name {name!r} must be the file's name")


def _read_fields(nodes: list[Document], where: str, value_sets: Mapping[str, ValueSet]) -> tuple[Field, ...]:
    fields = []
    for number, node in enumerate(nodes):
        place = f"{where}: fields.{node.get('name', f'[{number}]')}"
        check_shape(node, _FIELD, place)
        fields.append(_read_field(node, place, value_sets))
    if not fields:
        raise DefinitionError(where, "has no fields")
    _refuse_twice((item.name for item in fields), "field name", where)
    _refuse_twice((item.title for item in fields), "title", where)
    _refuse_twice((item.id for item in fields if item.id != LOCAL), "field id", where)
    return tuple(fields)


def _refuse_twice(values: Iterable[str], what: str, where: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise DefinitionError(where, f"{what} {value!r} is used twice")
        seen.add(value)


def _read_field(node: Document, where: str, value_sets: Mapping[str, ValueSet]) -> Field:
    _check_spelling(node["name"], where)
    _check_origin(node, where)
    said = node.get("identifies")
    identifies = None if said is None else _choose(Identifies, said, "identifies", where)
    item = Field(**{**node, "identifies": identifies})
    try:
        parse_format(item.type, item.format)
    except ValueError as error:
        raise DefinitionError(where, str(error)) from error
    _check_text_only(item, where)
    _check_value_set(item, where, value_sets)
    return item


def _check_origin(node: Document, where: str) -> None:
    """Field id, data element and catalogue year are those of a standard, or local."""
    if node["id"] != LOCAL and not _FIELD_ID.fullmatch(node["id"]):
        raise DefinitionError(where, f"id {node['id']!r} must be like HDSD00.03.025, or local")
    if node["element"] != LOCAL and not _ELEMENT.fullmatch(node["element"]):
        raise DefinitionError(where, f"element {node['element']!r} must be like DE02.01.039.00, or local")
    if node["year"] not in YEARS:
        raise DefinitionError(where, f"unknown year {node['year']!r}, one of {', '.join(YEARS)}")
    if (node["element"] == LOCAL) != (node["year"] == LOCAL):
        raise DefinitionError(where, "element and year must both be local, or neither")


def _check_text_only(item: Field, where: str) -> None:
    if item.checksum is not None and item.checksum not in CHECKSUMS:
        raise DefinitionError(where, f"unknown checksum {item.checksum!r}, one of {', '.join(CHECKSUMS)}")
    for key in ("value_set", "identifies", "checksum"):
        if getattr(item, key) is not None and not item.is_text:
            raise DefinitionError(where, f"key {key!r} is for text, but the type is {item.type}")


def _check_value_set(item: Field, where: str, value_sets: Mapping[str, ValueSet]) -> None:
    if item.value_set is None:
        if item.type == "S2":
            raise DefinitionError(where, "type S2 needs a value_set")
        return
    if item.value_set not in value_sets:
        raise DefinitionError(where, f"unknown value set {item.value_set!r}")
    if item.type == "S1":
        raise DefinitionError(where, "type S1 is free text and has no value_set")
    code = code_that_does_not_fit(value_sets[item.value_set], item.parsed)
    if code is not None:
        reason = f"code {code!r} of value set {item.value_set} does not fit format {item.format}"
        raise DefinitionError(where, reason)


def _choose(choices: type[Choice], value: str, key: str, where: str) -> Choice:
    try:
        return choices(value)
    except ValueError as error:
        raise DefinitionError(where, f"unknown {key} {value!r}, one of {', '.join(choices)}") from error


def _read_rule(node: Document, where: str) -> Rule:
    place = f"{where}: rules.{node.get('code', '?')}"
    check_shape(node, _RULE, place)
    _check_spelling(node["code"], place)
    severity = _choose(Severity, node["severity"], "severity", place)
    dimension = _choose(Dimension, node["dimension"], "dimension", place)
    return Rule(**{**node, "severity": severity, "dimension": dimension})


def _read_reference(node: Document, where: str) -> Reference:
    place = f"{where}: references.{node.get('dataset', '?')}"
    check_shape(node, _REFERENCE, place)
    severity = _choose(Severity, node["severity"], "severity", place)
    return Reference(tuple(node["fields"]), node["dataset"], tuple(node["to"]), severity, node["message"])


def read_profile(path: Path, where: str, datasets: Mapping[str, Dataset]) -> Profile:
    """Read what is prescribed to a kind of institution. Raises DefinitionError."""
    document = read_document(path, where)
    check_shape(document, _PROFILE, where)
    _check_name(document["name"], path, where)
    if document["kind"] not in KINDS_OF_INSTITUTION:
        kinds = ", ".join(KINDS_OF_INSTITUTION)
        raise DefinitionError(where, f"unknown kind {document['kind']!r}, one of {kinds}")
    check_shape(document.get("scheduled", {}), _SCHEDULE, f"{where}: scheduled")
    prescriptions = tuple(_prescriptions(document))
    _check_prescriptions(prescriptions, where, datasets)
    return Profile(document["name"], document["title"], document["kind"], prescriptions)


def _prescriptions(document: Document) -> Iterable[Prescription]:
    for every, names in document.get("scheduled", {}).items():
        for name in names:
            yield Prescription(name, Channel.SCHEDULED, every)
    for name in document.get("realtime", []):
        yield Prescription(name, Channel.REALTIME)


def _check_prescriptions(items: tuple[Prescription, ...], where: str, datasets: Mapping[str, Dataset]) -> None:
    for channel in Channel:
        names = [item.dataset for item in items if item.channel is channel]
        _refuse_twice(names, "dataset", f"{where}: {channel}")
        for name in names:
            if name not in datasets:
                raise DefinitionError(f"{where}: {channel}", f"unknown dataset {name!r}")
