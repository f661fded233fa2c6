"""Faults against what a field's definition says: required, type, format, length, value set, checksum."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kangqiao.simulate.faults.kinds import Change, Kind, Row, put
from kangqiao.standards.model import Dataset, Field, Severity, ValueSet

_LONGEST = 200
"""Texts longer than this are not made too long: the file would grow for nothing."""
_HARMLESS = ("id_birth_date", "id_sex", "born_before_event", "age_range")
"""Rules that fall silent when a value is missing, whatever COALESCE they use."""


def field_kinds(dataset: Dataset, sent: set[str], value_sets: dict[str, ValueSet]) -> Iterator[Kind]:
    """All faults of single fields that break no other rule of ``dataset``."""
    kept = {*dataset.key, dataset.event_time, *(name for ref in dataset.references for name in ref.fields)}
    for field in dataset.fields:
        if field.name not in sent or field.name in kept:
            continue
        if _may_be_missing(dataset, field.name):
            yield from _missing(field)
        if not _rules_on(dataset, field.name):
            yield from _misshapen(field, value_sets)
        if field.checksum == "resident_id":
            yield Kind("checksum", field.name, Severity.ERROR, _wrong_check(field.name))
        elif field.checksum and not _rules_on(dataset, field.name):
            yield Kind("checksum", field.name, Severity.ERROR, _wrong_last(field.name))


def _rules_on(dataset: Dataset, name: str) -> list[str]:
    return [rule.code for rule in dataset.rules if re.search(rf"\b{name}\b", rule.expr)]


def _may_be_missing(dataset: Dataset, name: str) -> bool:
    """Whether no rule has an opinion on the field being empty."""
    return not any(
        re.search(rf"\b{name}\b", rule.expr) and re.search(r"\bCOALESCE\b|\bIS\b", rule.expr)
        for rule in dataset.rules
        if rule.code not in _HARMLESS
    )


def _missing(field: Field) -> Iterator[Kind]:
    if field.required:
        yield Kind("required", field.name, Severity.ERROR, put(**{field.name: ""}))
    unreadable = {"D": "20240231", "DT": "20240231T101112", "N": "12a", "L": "Y"}.get(field.type)
    if unreadable:
        yield Kind("type", field.name, Severity.ERROR, put(**{field.name: unreadable}))


def _misshapen(field: Field, value_sets: dict[str, ValueSet]) -> Iterator[Kind]:
    form = field.parsed
    if field.value_set:
        if wrong := _code_outside(field, value_sets[field.value_set]):
            yield Kind("value_set", field.name, Severity.ERROR, put(**{field.name: wrong}))
        return
    if field.type == "N":
        yield Kind("format", field.name, Severity.ERROR, put(**{field.name: "9" * (form.integer_digits + 1)}))
        yield Kind("format", field.name, Severity.ERROR, put(**{field.name: "1." + "1" * (form.decimals + 1)}))
    elif field.is_text and not field.checksum:
        yield from _wrong_text(field)


def _wrong_text(field: Field) -> Iterator[Kind]:
    form = field.parsed
    letter = "9" if form.letters == "N" else "长"
    if form.maximum <= _LONGEST:
        yield Kind("length", field.name, Severity.ERROR, put(**{field.name: letter * (form.maximum + 1)}))
    if form.minimum > 1:
        yield Kind("length", field.name, Severity.ERROR, put(**{field.name: letter * (form.minimum - 1)}))
    if form.letters == "N":
        yield Kind("format", field.name, Severity.ERROR, put(**{field.name: "1" * (form.minimum - 1) + "x"}))


def _code_outside(field: Field, values: ValueSet) -> str:
    """A code of the right length that the value set does not have."""
    width = max(map(len, values.codes))
    return next((code for code in ("9" * width, "0" * width, "8" * width, "7" * width) if code not in values.codes), "")


def _wrong_check(name: str) -> Change:
    def change(row: Row) -> bool:
        number = row.get(name, "")
        if len(number) != 18 or row.get("id_type", "01") != "01":
            return False
        row[name] = number[:-1] + ("0" if number[-1] != "0" else "1")
        return True

    return change


def _wrong_last(name: str) -> Change:
    def change(row: Row) -> bool:
        code = row.get(name, "")
        row[name] = code[:-1] + ("0" if code[-1:] != "0" else "1")
        return bool(code)

    return change
