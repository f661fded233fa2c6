"""Violations in words: what the rule asks, of which field, in which dimension of quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kangqiao.engine.validation.checks import Builtin
from kangqiao.standards.model import DIMENSION_TITLES, Dataset, Dimension

BUILTIN_WORDS = {
    Builtin.REQUIRED: "必填项没有填",
    Builtin.TYPE: "数据类型不对",
    Builtin.FORMAT: "格式不对",
    Builtin.LENGTH: "长度不对",
    Builtin.VALUE_SET: "代码不在值域中",
    Builtin.CHECKSUM: "校验位不对",
    Builtin.EVENT_DAY: "业务日期与数据日期不一致",
    Builtin.RAGGED: "列数与表头不一致",
    Builtin.UNCLOSED_QUOTE: "双引号没有成对",
    Builtin.TOO_LONG: "一行过长",
    Builtin.REFERENCE: "引用的记录不存在",
    Builtin.DUPLICATE: "主键重复",
}


class ViolationLike(Protocol):
    rule: str
    field: str
    dimension: str
    severity: str
    rows: int
    denominator: int


@dataclass(frozen=True, slots=True)
class ShownViolation:
    """One line of a receipt's table of problems. ``handling`` is what became of the rows."""

    rule: str
    words: str
    field: str
    dimension: str
    handling: str
    rows: int
    denominator: int


def shown_violation(item: ViolationLike, dataset: Dataset | None) -> ShownViolation:
    """``item`` in words; names stay as they are where the catalogue no longer knows them."""
    return ShownViolation(
        rule=item.rule,
        words=rule_words(item.rule, item.field, dataset),
        field=field_titles(item.field, dataset),
        dimension=DIMENSION_TITLES.get(Dimension(item.dimension), item.dimension),
        handling=_handling(item),
        rows=item.rows,
        denominator=item.denominator,
    )


def rule_words(rule: str, field: str, dataset: Dataset | None) -> str:
    """The rule's message, the reference's message, or the words of a rule that every dataset has."""
    if dataset:
        for own in dataset.rules:
            if own.code == rule:
                return own.message
        for succession in dataset.successions:
            if succession.code == rule:
                return succession.message
        for reference in dataset.references:
            if rule == Builtin.REFERENCE and ",".join(reference.fields) == field:
                return reference.message
    return {str(builtin): words for builtin, words in BUILTIN_WORDS.items()}.get(rule, rule)


def field_titles(names: str, dataset: Dataset | None) -> str:
    """``visit_no,item_no`` → the fields' titles."""
    if not dataset or not names:
        return names
    fields = [dataset.by_name.get(name) for name in names.split(",")]
    return "、".join(field.title if field else name for field, name in zip(fields, names.split(","), strict=True))


def _handling(item: ViolationLike) -> str:
    if item.rule == Builtin.DUPLICATE:
        return "duplicate"
    return "rejected" if item.severity == "error" else "noted"
