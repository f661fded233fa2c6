"""What the dictionary's pages show, put together once for the web and for the written pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from kangqiao.standards.catalogue import DATA, Catalogue, platform_catalogue
from kangqiao.standards.description import prescribed_text
from kangqiao.standards.expressions import fields_of
from kangqiao.standards.model import (
    CATEGORY_TITLES,
    DIMENSION_TITLES,
    LOCAL,
    Dataset,
    Field,
    Reference,
    Rule,
    Severity,
    Succession,
    ValueSet,
)
from kangqiao.standards.specs import VERDICT_TITLES, Spec, read_dataset_specs
from kangqiao.standards.wording import (
    CHECKSUM_TITLES,
    IDENTIFIES_TITLES,
    ORDER_TITLES,
    SEVERITY_TITLES,
    TYPE_TITLES,
    basis_words,
    cell_words,
    format_words,
    mending_words,
    origin_words,
    person_words,
    row_words,
    rule_words,
    source_words,
    titles_of,
)


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """A dataset in the table of contents."""

    name: str
    title: str
    source: str
    fields: int
    rules: int
    required_by: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The datasets of one category."""

    category: str
    title: str
    datasets: tuple[DatasetLine, ...]


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of a dataset, in words."""

    number: int
    name: str
    title: str
    id: str
    """Empty for the platform's own field."""
    origin: str
    type: str
    type_title: str
    format: str
    format_words: str
    is_required: bool
    is_key: bool
    value_set: str
    value_set_title: str
    identifies: str
    checksum: str
    note: str


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """A reference, seen from the dataset that refers."""

    fields: str
    dataset: str
    title: str
    to: str
    severity: str
    is_error: bool
    message: str


@dataclass(frozen=True, slots=True)
class SuccessionLine:
    """A succession: a day of this dataset against those of the same person in another."""

    code: str
    field: str
    order: str
    dataset: str
    title: str
    moment: str
    message: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in a dataset's table of rules."""

    code: str
    message: str
    severity: str
    is_error: bool
    dimension: str
    field: str
    field_title: str
    is_citys: bool


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """Everything of a dataset."""

    name: str
    title: str
    category: str
    category_title: str
    row: str
    source: str
    key: str
    event_time: str
    person: str
    required_by: str
    is_citys: bool
    fields: tuple[FieldLine, ...]
    references: tuple[ReferenceLine, ...]
    referred_by: tuple[tuple[str, str], ...]
    """Name and title of the datasets that refer to this one."""
    successions: tuple[SuccessionLine, ...]
    rules: tuple[RuleLine, ...]
    switched_off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A cell of a drawn row; ``words`` is the name of its code."""

    text: str
    words: str


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row of a rule's table and its verdict: ``pass``, ``fail`` or ``n/a``, and in words."""

    cells: tuple[DrawnCell, ...]
    verdict: str
    verdict_title: str


@dataclass(frozen=True, slots=True)
class RulePage:
    """Everything of a rule."""

    line: RuleLine
    dataset: str
    dataset_title: str
    words: str
    expr: str
    columns: tuple[tuple[str, str], ...]
    """Name and title of the fields that the rule names."""
    basis: str
    mending: str
    note: str
    rows: tuple[DrawnRow, ...]
    """Empty for a rule of the city's own, or one that the city has changed."""
    before: str
    after: str
    """Codes of the rules before and after this one; empty at the ends."""


@dataclass(frozen=True, slots=True)
class ValueSetLine:
    """A value set in the list."""

    name: str
    title: str
    standard: str
    version: str
    owner: str
    codes: int
    fields: int
    """How many fields of how many datasets take their codes from it."""


@dataclass(frozen=True, slots=True)
class Use:
    """A field that takes its codes from a value set."""

    dataset: str
    dataset_title: str
    field: str
    field_title: str


def shelves(catalogue: Catalogue) -> list[Shelf]:
    """The table of contents: categories in their order, datasets by name; those without a category last."""
    lines: dict[str, list[DatasetLine]] = {name: [] for name in (*map(str, CATEGORY_TITLES), "")}
    for dataset in catalogue.datasets.values():
        lines[str(dataset.category or "")].append(_dataset_line(dataset, catalogue))
    titles = {str(category): title for category, title in CATEGORY_TITLES.items()} | {"": "其他"}
    return [Shelf(name, titles[name], tuple(items)) for name, items in lines.items() if items]


def _dataset_line(dataset: Dataset, catalogue: Catalogue) -> DatasetLine:
    return DatasetLine(
        name=dataset.name,
        title=dataset.title,
        source="平台自定" if dataset.source.standard == LOCAL else dataset.source.standard,
        fields=len(dataset.fields),
        rules=len(dataset.rules),
        required_by=prescribed_text(dataset, catalogue),
    )


def dataset_page(dataset: Dataset, catalogue: Catalogue) -> DatasetPage:
    """Everything of ``dataset``."""
    return DatasetPage(
        name=dataset.name,
        title=dataset.title,
        category=str(dataset.category or ""),
        category_title=CATEGORY_TITLES[dataset.category] if dataset.category else "其他",
        row=row_words(dataset),
        source=source_words(dataset.source),
        key=titles_of(dataset, dataset.key),
        event_time=dataset.by_name[dataset.event_time].title,
        person=person_words(dataset),
        required_by=prescribed_text(dataset, catalogue),
        is_citys=bool(dataset.owner),
        fields=tuple(_field_line(number, item, dataset, catalogue) for number, item in enumerate(dataset.fields, 1)),
        references=tuple(_reference_line(item, dataset, catalogue) for item in dataset.references),
        referred_by=tuple(
            (other.name, other.title)
            for other in catalogue.datasets.values()
            if any(item.dataset == dataset.name for item in other.references)
        ),
        successions=tuple(_succession_line(item, dataset, catalogue) for item in dataset.successions),
        rules=tuple(_rule_line(rule, dataset) for rule in dataset.rules),
        switched_off=dataset.switched_off,
    )


def _field_line(number: int, item: Field, dataset: Dataset, catalogue: Catalogue) -> FieldLine:
    return FieldLine(
        number=number,
        name=item.name,
        title=item.title,
        id="" if item.id == LOCAL else item.id,
        origin=origin_words(item),
        type=item.type,
        type_title=TYPE_TITLES[item.type],
        format=item.format,
        format_words=format_words(item),
        is_required=item.required,
        is_key=item.name in dataset.key,
        value_set=item.value_set or "",
        value_set_title=catalogue.value_sets[item.value_set].title if item.value_set else "",
        identifies=IDENTIFIES_TITLES[item.identifies] if item.identifies else "",
        checksum=CHECKSUM_TITLES[item.checksum] if item.checksum else "",
        note=item.note,
    )


def _reference_line(item: Reference, dataset: Dataset, catalogue: Catalogue) -> ReferenceLine:
    target = catalogue.datasets[item.dataset]
    return ReferenceLine(
        fields=titles_of(dataset, item.fields),
        dataset=target.name,
        title=target.title,
        to=titles_of(target, item.to),
        severity=SEVERITY_TITLES[item.severity],
        is_error=item.severity is Severity.ERROR,
        message=item.message,
    )


def _succession_line(item: Succession, dataset: Dataset, catalogue: Catalogue) -> SuccessionLine:
    other = catalogue.datasets[item.dataset]
    return SuccessionLine(
        code=item.code,
        field=dataset.by_name[item.field].title,
        order=ORDER_TITLES[item.order],
        dataset=other.name,
        title=other.title,
        moment=other.by_name[item.moment].title,
        message=item.message,
    )


def _rule_line(rule: Rule, dataset: Dataset) -> RuleLine:
    return RuleLine(
        code=rule.code,
        message=rule.message,
        severity=SEVERITY_TITLES[rule.severity],
        is_error=rule.severity is Severity.ERROR,
        dimension=DIMENSION_TITLES[rule.dimension],
        field=rule.field,
        field_title=dataset.by_name[rule.field].title if rule.field else "整行",
        is_citys=bool(rule.owner),
    )


def rule_page(dataset: Dataset, rule: Rule, catalogue: Catalogue) -> RulePage:
    """Everything of one rule of ``dataset``, with its drawn rows."""
    spec = spec_of(dataset, rule)
    columns = spec.columns if spec else fields_of(rule.expr)
    codes = [item.code for item in dataset.rules]
    place = codes.index(rule.code)
    return RulePage(
        line=_rule_line(rule, dataset),
        dataset=dataset.name,
        dataset_title=dataset.title,
        words=rule_words(rule),
        expr=rule.expr,
        columns=tuple((name, dataset.by_name[name].title) for name in columns),
        basis=basis_words(rule),
        mending=mending_words(rule, dataset, columns),
        note=spec.note if spec else "",
        rows=_drawn_rows(spec, dataset, catalogue) if spec else (),
        before=codes[place - 1] if place else "",
        after=codes[place + 1] if place + 1 < len(codes) else "",
    )


def _drawn_rows(spec: Spec, dataset: Dataset, catalogue: Catalogue) -> tuple[DrawnRow, ...]:
    fields = [dataset.by_name[name] for name in spec.columns]
    return tuple(
        DrawnRow(
            tuple(
                DrawnCell(cell, cell_words(item, cell, catalogue)) for item, cell in zip(fields, row.cells, strict=True)
            ),
            str(row.verdict),
            VERDICT_TITLES[row.verdict],
        )
        for row in spec.rows
    )


def spec_of(dataset: Dataset, rule: Rule) -> Spec | None:
    """The drawn table of a rule; None for a rule that the city added or changed, or that has none."""
    ours = platform_catalogue().datasets.get(dataset.name)
    if ours is None or all(item.code != rule.code or item.expr != rule.expr for item in ours.rules):
        return None
    return _specs(dataset.name).get(rule.code)


@cache
def _specs(name: str) -> Mapping[str, Spec]:
    path = DATA / "specs" / f"{name}.md"
    if not path.exists():
        return {}
    return read_dataset_specs(path, f"specs/{path.name}", platform_catalogue().datasets[name])


def value_set_lines(catalogue: Catalogue) -> list[ValueSetLine]:
    """All value sets by name."""
    uses = uses_of_all(catalogue)
    return [
        ValueSetLine(
            item.name,
            item.title,
            item.standard,
            item.version,
            item.owner,
            len(item.codes),
            len(uses.get(item.name, ())),
        )
        for item in catalogue.value_sets.values()
    ]


def uses_of_all(catalogue: Catalogue) -> dict[str, list[Use]]:
    """Value set → the fields that take their codes from it."""
    uses: dict[str, list[Use]] = {}
    for dataset in catalogue.datasets.values():
        for item in dataset.fields:
            if item.value_set:
                use = Use(dataset.name, dataset.title, item.name, item.title)
                uses.setdefault(item.value_set, []).append(use)
    return uses


def codes_matching(value_set: ValueSet, text: str) -> list[tuple[str, str]]:
    """Codes whose code or name contains ``text``; all when it is empty."""
    wanted = text.strip().casefold()
    return [
        (code, name) for code, name in value_set.codes.items() if wanted in code.casefold() or wanted in name.casefold()
    ]
