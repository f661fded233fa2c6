"""Definitions as plain data, for ``--json`` and for whoever prints them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import CHANNEL_TITLES, Dataset

Plain = dict[str, Any]

EVERY_TITLES = {"day": "按日", "month": "按月", "any": "随发生"}


def overview(catalogue: Catalogue) -> list[Plain]:
    """One mapping a dataset: name, title, category, standard, key, event time, counts, and who must send it."""
    return [
        {
            "name": dataset.name,
            "title": dataset.title,
            "category": str(dataset.category) if dataset.category else None,
            "standard": dataset.source.standard,
            "key": list(dataset.key),
            "event_time": dataset.event_time,
            "fields": len(dataset.fields),
            "rules": len(dataset.rules),
            "prescribed": prescribed(dataset, catalogue),
        }
        for dataset in catalogue.datasets.values()
    ]


def prescribed(dataset: Dataset, catalogue: Catalogue) -> list[Plain]:
    """Who must send ``dataset``, by which channel and how often."""
    return [
        {"kind": kind, "title": profile.title, "channel": str(item.channel), "every": item.every}
        for kind, profile in catalogue.by_kind.items()
        for item in profile.prescriptions
        if item.dataset == dataset.name
    ]


def prescribed_text(dataset: Dataset, catalogue: Catalogue) -> str:
    """The same as one line: ``医院（定时按日、实时）；区平台（定时按日）``."""
    parts = []
    for profile in catalogue.by_kind.values():
        ways = [
            CHANNEL_TITLES[item.channel] + (EVERY_TITLES[item.every] if item.channel == "scheduled" else "")
            for item in profile.prescriptions
            if item.dataset == dataset.name
        ]
        if ways:
            parts.append(f"{profile.title}（{'、'.join(ways)}）")
    return "；".join(parts)


def describe(dataset: Dataset, catalogue: Catalogue) -> Plain:
    """Everything of one dataset, with the codes of the value sets it uses."""
    return {
        **_without_empty(asdict(dataset)),
        "person": dataset.person.fields(),
        "prescribed": prescribed(dataset, catalogue),
        "value_sets": {name: asdict(catalogue.value_sets[name]) for name in value_sets_of(dataset)},
    }


def value_sets_of(dataset: Dataset) -> list[str]:
    """Names of the value sets that ``dataset`` uses, each once, in the order of the fields."""
    return list(dict.fromkeys(item.value_set for item in dataset.fields if item.value_set))


def _without_empty(node: Any) -> Any:
    """Leave out what a definition does not say, so that the output reads like the definition."""
    if isinstance(node, dict):
        return {key: _without_empty(value) for key, value in node.items() if value not in (None, "", False)}
    if isinstance(node, list | tuple):
        return [_without_empty(item) for item in node]
    return str(node) if isinstance(node, str) else node
