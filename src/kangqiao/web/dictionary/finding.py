"""Finding a definition by its name, or what is nearly called so."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import Dataset, Rule, ValueSet
from kangqiao.standards.search import KIND_TITLES, Hit, Kind, search

SHOWN = 20
"""Hits of a kind that are shown at first …"""
SHOWN_OF_KIND = 500
"""… and when one kind is asked for."""


@dataclass(frozen=True, slots=True)
class Link:
    """A name to go to."""

    text: str
    address: str


class Missing(Http404):
    """A name that does not exist; ``near`` are names like it."""

    def __init__(self, what: str, name: str, near: list[Link]) -> None:
        super().__init__(f"{what} {name}")
        self.what = what
        self.name = name
        self.near = near


@dataclass(frozen=True, slots=True)
class FoundHit:
    """A hit, where it is explained, and the title of the dataset or value set it belongs to."""

    hit: Hit
    address: str
    place: str


@dataclass(frozen=True, slots=True)
class HitGroup:
    """Hits of one kind, as many as are shown; ``total`` counts all of them."""

    kind: str
    title: str
    total: int
    hits: list[FoundHit]


def find_dataset(catalogue: Catalogue, name: str) -> Dataset:
    """The dataset called ``name``. Raises Missing."""
    if name in catalogue.datasets:
        return catalogue.datasets[name]
    titles = {item.name: item.title for item in catalogue.datasets.values()}
    near = [Link(f"{titles[like]} {like}", reverse("dictionary-dataset", args=[like])) for like in _near(name, titles)]
    raise Missing("数据集", name, near)


def find_rule(dataset: Dataset, code: str) -> Rule:
    """The rule ``code`` of ``dataset``. Raises Missing."""
    rules = {rule.code: rule for rule in dataset.rules}
    if code in rules:
        return rules[code]
    messages = {rule.code: rule.message for rule in dataset.rules}
    near = [
        Link(f"{messages[like]} {like}", reverse("dictionary-rule", args=[dataset.name, like]))
        for like in _near(code, messages)
    ]
    raise Missing(f"{dataset.title}的规则", code, near)


def find_value_set(catalogue: Catalogue, name: str) -> ValueSet:
    """The value set called ``name``. Raises Missing."""
    if name in catalogue.value_sets:
        return catalogue.value_sets[name]
    titles = {item.name: item.title for item in catalogue.value_sets.values()}
    near = [
        Link(f"{titles[like]} {like}", reverse("dictionary-value-set", args=[like])) for like in _near(name, titles)
    ]
    raise Missing("值域", name, near)


def _near(name: str, titles: Mapping[str, str]) -> list[str]:
    """Names like ``name``, and names whose title holds it; five at most."""
    alike = difflib.get_close_matches(name, titles, n=5, cutoff=0.5)
    titled = [known for known, title in titles.items() if name in title]
    return list(dict.fromkeys([*titled, *alike]))[:5]


def hit_groups(catalogue: Catalogue, text: str, kind: str) -> list[HitGroup]:
    """What ``text`` finds, a group a kind, the kind with the nearest hit first; ``kind`` asks for one alone."""
    groups: dict[Kind, list[Hit]] = {}
    for hit in search(catalogue, text):
        groups.setdefault(hit.kind, []).append(hit)
    limit = SHOWN_OF_KIND if kind else SHOWN
    return [
        HitGroup(str(found), KIND_TITLES[found], len(hits), [_found(hit, catalogue) for hit in hits[:limit]])
        for found, hits in groups.items()
        if kind in ("", found)
    ]


def _found(hit: Hit, catalogue: Catalogue) -> FoundHit:
    place = catalogue.datasets[hit.dataset].title if hit.dataset else catalogue.value_sets[hit.value_set].title
    return FoundHit(hit, address_of(hit), place)


def address_of(hit: Hit) -> str:
    """Where a hit is explained."""
    match hit.kind:
        case Kind.DATASET:
            return reverse("dictionary-dataset", args=[hit.dataset])
        case Kind.FIELD:
            return reverse("dictionary-dataset", args=[hit.dataset]) + f"#field-{hit.name}"
        case Kind.RULE:
            return reverse("dictionary-rule", args=[hit.dataset, hit.name])
        case Kind.VALUE_SET:
            return reverse("dictionary-value-set", args=[hit.value_set])
    return reverse("dictionary-value-set", args=[hit.value_set]) + "?" + urlencode({"q": hit.name})
