"""All checks of a dataset, numbered: the number is the check's bit in a row's words of violations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from kangqiao.engine.formats.records import RAGGED, TOO_LONG, UNCLOSED
from kangqiao.standards.model import Dataset, Dimension, Field, Reference, Rule, Severity, Succession

WORD = 64
"""Checks in one word."""


class Builtin(StrEnum):
    """Rules that follow from a field's definition, or from the dataset's key and references."""

    REQUIRED = "required"
    TYPE = "type"
    FORMAT = "format"
    LENGTH = "length"
    VALUE_SET = "value_set"
    CHECKSUM = "checksum"
    EVENT_DAY = "event_day"
    RAGGED = RAGGED
    UNCLOSED_QUOTE = UNCLOSED
    TOO_LONG = TOO_LONG
    REFERENCE = "reference"
    DUPLICATE = "duplicate"


STRUCTURAL = (Builtin.RAGGED, Builtin.UNCLOSED_QUOTE, Builtin.TOO_LONG)


Origin = Field | Rule | Reference | Succession | None
"""What a check is made from; nothing but the file's form and the dataset's key where it is None."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ``rule`` and ``field`` are what reports show; ``source`` is what it was made from."""

    number: int
    rule: str
    field: str
    dimension: Dimension
    severity: Severity
    source: Origin = None

    @property
    def word(self) -> int:
        return self.number // WORD

    @property
    def bit(self) -> int:
        return self.number % WORD

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class _Draft:
    rule: str
    field: str
    dimension: Dimension
    severity: Severity = Severity.ERROR
    source: Origin = None


@lru_cache(maxsize=512)
def checks_of(dataset: Dataset) -> tuple[Check, ...]:
    """All checks of ``dataset``: a row's own, references, successions, the key, the file's structure."""
    drafts = [
        *(draft for field in dataset.fields for draft in _field_drafts(field)),
        _Draft(Builtin.EVENT_DAY, dataset.event_time, Dimension.CONTINUITY, Severity.WARNING),
        *(_Draft(rule.code, rule.field, rule.dimension, rule.severity, rule) for rule in dataset.rules),
        *(_reference_draft(reference) for reference in dataset.references),
        *(_Draft(item.code, item.field, Dimension.LINKAGE, item.severity, item) for item in dataset.successions),
        _Draft(Builtin.DUPLICATE, ",".join(dataset.key), Dimension.CONFORMITY),
        *(_Draft(rule, "", Dimension.CONFORMITY) for rule in STRUCTURAL),
    ]
    return tuple(
        Check(number, str(draft.rule), draft.field, draft.dimension, draft.severity, draft.source)
        for number, draft in enumerate(drafts)
    )


def words_of(dataset: Dataset) -> int:
    """How many words a row's violations take."""
    return (len(checks_of(dataset)) - 1) // WORD + 1


def _field_drafts(field: Field) -> list[_Draft]:
    rules: list[tuple[Builtin, Dimension]] = []
    if field.required:
        rules.append((Builtin.REQUIRED, Dimension.COMPLETENESS))
    if not field.is_text:
        rules.append((Builtin.TYPE, Dimension.CONFORMITY))
    if field.value_set:
        rules.append((Builtin.VALUE_SET, Dimension.CONFORMITY))
    elif field.is_text:
        rules.append((Builtin.LENGTH, Dimension.CONFORMITY))
    if field.type == "N" or (field.is_text and field.parsed.letters == "N" and not field.value_set):
        rules.append((Builtin.FORMAT, Dimension.CONFORMITY))
    if field.checksum:
        rules.append((Builtin.CHECKSUM, Dimension.CONFORMITY))
    return [_Draft(rule, field.name, dimension, source=field) for rule, dimension in rules]


def _reference_draft(reference: Reference) -> _Draft:
    field = ",".join(reference.fields)
    return _Draft(Builtin.REFERENCE, field, Dimension.LINKAGE, reference.severity, reference)
