"""Search in the dictionary: Chinese, English, data element, field id, code. One function for the CLI and the pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import CATEGORY_TITLES, LOCAL, Dataset, Field, Rule, ValueSet


class Kind(StrEnum):
    """What was found."""

    DATASET = "dataset"
    FIELD = "field"
    RULE = "rule"
    VALUE_SET = "value_set"
    CODE = "code"


KIND_TITLES = {
    Kind.DATASET: "数据集",
    Kind.FIELD: "字段",
    Kind.RULE: "规则",
    Kind.VALUE_SET: "值域",
    Kind.CODE: "代码",
}

_ORDER = list(Kind)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. ``dataset`` is empty for a value set and a code, ``value_set`` for the others."""

    kind: Kind
    dataset: str
    value_set: str
    name: str
    """Name of the dataset, field or value set; code of the rule or of the value set's entry."""
    title: str
    """What it is called in Chinese; a rule's message."""
    why: str
    """Which of its texts matched, in Chinese: ``数据元 DE02.01.040.00``."""
    score: int
    """3 the text is what was searched, 2 it begins with it, 1 it contains it."""


_Texts = Iterable[tuple[str, str]]


def search(catalogue: Catalogue, text: str) -> list[Hit]:
    """Everything in which all words of ``text`` are found, the nearest first; nothing for an empty text.

    Words are separated by spaces; case and width of letters do not matter. The order is: how near, then datasets,
    fields, rules, value sets, codes, then names.
    """
    words = folded(text).split()
    if not words:
        return []
    hits = [hit for hit in _all(catalogue, words) if hit is not None]
    return sorted(hits, key=lambda hit: (-hit.score, _ORDER.index(hit.kind), hit.dataset, hit.value_set, hit.name))


def folded(text: str) -> str:
    """``text`` as it is compared: full-width letters as half-width ones, all small."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _all(catalogue: Catalogue, words: list[str]) -> Iterator[Hit | None]:
    for dataset in catalogue.datasets.values():
        hit = Hit(Kind.DATASET, dataset.name, "", dataset.name, dataset.title, "", 0)
        yield _matched(hit, words, _dataset_texts(dataset))
        for item in dataset.fields:
            hit = Hit(Kind.FIELD, dataset.name, "", item.name, item.title, "", 0)
            yield _matched(hit, words, _field_texts(item))
        for rule in dataset.rules:
            hit = Hit(Kind.RULE, dataset.name, "", rule.code, rule.message, "", 0)
            yield _matched(hit, words, _rule_texts(rule))
    for value_set in catalogue.value_sets.values():
        hit = Hit(Kind.VALUE_SET, "", value_set.name, value_set.name, value_set.title, "", 0)
        yield _matched(hit, words, _value_set_texts(value_set))
        for code, name in value_set.codes.items():
            yield _matched(
                Hit(Kind.CODE, "", value_set.name, code, name, "", 0), words, (("代码", code), ("名称", name))
            )


def _dataset_texts(dataset: Dataset) -> _Texts:
    yield "名称", dataset.name
    yield "标题", dataset.title
    if dataset.category:
        yield "类别", CATEGORY_TITLES[dataset.category]
    source = dataset.source
    yield "来源", " ".join(part for part in (source.standard, source.part, source.table) if part)


def _field_texts(item: Field) -> _Texts:
    yield "字段名", item.name
    yield "标题", item.title
    if item.id != LOCAL:
        yield "数据项标识", item.id
    if item.element != LOCAL:
        yield "数据元", item.element
    if item.value_set:
        yield "值域", item.value_set
    if item.note:
        yield "备注", item.note


def _rule_texts(rule: Rule) -> _Texts:
    yield "规则", rule.code
    yield "说明", rule.message
    if rule.source:
        yield "依据", rule.source


def _value_set_texts(value_set: ValueSet) -> _Texts:
    yield "名称", value_set.name
    yield "标题", value_set.title
    yield "标准", value_set.standard


def _matched(hit: Hit, words: list[str], texts: _Texts) -> Hit | None:
    """``hit`` with why and how near, when each word is in one of its texts; None otherwise.

    The text named as the reason is the one nearest to the first word.
    """
    compared = [(label, said, folded(said)) for label, said in texts]
    best = _nearest(words[0], compared)
    if best is None or any(not any(word in said for _, _, said in compared) for word in words[1:]):
        return None
    score, label, said = best
    return replace(hit, why=f"{label} {said}", score=score if len(words) == 1 else 1)


def _nearest(word: str, compared: list[tuple[str, str, str]]) -> tuple[int, str, str] | None:
    best: tuple[int, str, str] | None = None
    for label, said, plain in compared:
        if word in plain:
            score = 3 if plain == word else 2 if plain.startswith(word) else 1
            if best is None or score > best[0]:
                best = score, label, said
    return best
