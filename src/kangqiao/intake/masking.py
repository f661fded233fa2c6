"""Rejected rows as a page may show them: what identifies a person is masked (脱敏)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kangqiao.base.text import mask, mask_numbers
from kangqiao.standards.model import Dataset

LONGEST = 80
"""Characters of a cell that a page shows; the download has them all."""


class FindingLike(Protocol):
    """Why a row was rejected, as it was stored."""

    @property
    def rule(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def value(self) -> str | None: ...
    @property
    def message(self) -> str: ...


class RowLike(Protocol):
    """A rejected row as it was stored."""

    @property
    def line(self) -> int: ...
    @property
    def cells(self) -> Sequence[str | None] | None: ...
    @property
    def findings(self) -> Sequence[FindingLike]: ...


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """Why a row was rejected, in words; ``field`` is the field's title if the words lack it."""

    rule: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A rejected row without anything that identifies a person. ``cells`` is None when it could not be split."""

    line: int
    cells: list[str] | None
    findings: list[ShownFinding]


def shown_row(row: RowLike, header: Sequence[str], dataset: Dataset | None) -> ShownRow:
    """Mask ``row``, whose cells stand under ``header`` as the sender wrote it."""
    cells = None if row.cells is None else _shown_cells(row.cells, header, dataset)
    return ShownRow(row.line, cells, [_shown_finding(item, dataset) for item in row.findings])


def _shown_cells(cells: Sequence[str | None], header: Sequence[str], dataset: Dataset | None) -> list[str]:
    heads = [*header, *[""] * (len(cells) - len(header))]
    return [_shown_value(cell, head, dataset) for head, cell in zip(heads, cells, strict=False)]


def _shown_value(value: str | None, head: str, dataset: Dataset | None) -> str:
    text = value or ""
    # A row that has slipped by one column carries numbers of persons under harmless heads.
    shown = mask_numbers(text) if _is_harmless(head, dataset) else mask(text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _is_harmless(head: str, dataset: Dataset | None) -> bool:
    """Whether the column is known and identifies nobody; a column nobody has defined may hold anything."""
    field = dataset.lookup.get(head.strip()) if dataset else None
    if field is None or dataset is None or field.identifies is not None:
        return False
    person = dataset.person.fields()
    return field.name not in [person.get(role) for role in ("id_no", "name", "phone", "address")]


def _shown_finding(finding: FindingLike, dataset: Dataset | None) -> ShownFinding:
    field = dataset.by_name.get(finding.field) if dataset else None
    title = field.title if field and field.title not in finding.message else ""
    message = finding.message
    if finding.value and not _is_harmless(finding.field, dataset):
        message = message.replace(finding.value, mask(finding.value))
    return ShownFinding(finding.rule, title, mask_numbers(message))
