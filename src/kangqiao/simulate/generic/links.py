"""Fields of one row that belong together: a flag and its description, a code and its name, a height and an index."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kangqiao.simulate.generic.texts import fitted, number_text
from kangqiao.simulate.generic.vocabulary import plain
from kangqiao.simulate.text import objects
from kangqiao.standards.model import Dataset, Field, ValueSet

_ABNORMAL = "轻度异常，建议复查"


class Links:
    """What can be seen from the titles and names of a dataset's fields."""

    def __init__(self, dataset: Dataset, value_sets: Mapping[str, ValueSet]) -> None:
        self._dataset = dataset
        self._value_sets = value_sets
        self.described = list(_described(dataset))
        self.labelled = list(_labelled(dataset))

    def tie(self, columns: dict[str, np.ndarray], rows: np.ndarray) -> None:
        """Make linked fields agree in some rows."""
        for flag, text in self.described:
            given = objects([fitted_text(text, _ABNORMAL) if "异常" in text.title else ""] * len(rows))
            given = np.where(given == "", columns[text.name][rows], given)
            columns[text.name][rows] = np.where(columns[flag.name][rows] == "T", given, "")
        for code, name in self.labelled:
            codes = self._value_sets[code.value_set or ""].codes
            labels = objects(codes.get(value, "") for value in columns[code.name][rows].tolist())
            labels = fitted(name, labels)
            columns[name.name][rows] = np.where(labels == "", columns[name.name][rows], labels)
        self._body(columns, rows)

    def _body(self, columns: dict[str, np.ndarray], rows: np.ndarray) -> None:
        """体质指数 from height (cm) and weight (kg)."""
        if not {"bmi", "height", "weight"} <= self._dataset.by_name.keys():
            return
        field = self._dataset.by_name["bmi"]
        for row in rows.tolist():
            height, weight = columns["height"][row], columns["weight"][row]
            if height and weight and columns["bmi"][row]:
                columns["bmi"][row] = number_text(field, float(weight) * 10_000 / float(height) ** 2) or ""


def fitted_text(field: Field, text: str) -> str:
    return text[: field.parsed.maximum]


def _described(dataset: Dataset) -> list[tuple[Field, Field]]:
    """Flags with the optional text that is only given where the flag is T."""
    pairs = []
    for flag in dataset.fields:
        base = plain(flag.title).removesuffix("标志").removesuffix("标识").removesuffix("标志")
        if flag.type != "L" or len(base) < 2 or base == flag.title:
            continue
        for text in dataset.fields:
            is_text = text.is_text and not text.required and not text.value_set and text.name not in dataset.key
            if is_text and plain(text.title).startswith(base):
                pairs.append((flag, text))
    return pairs


def _labelled(dataset: Dataset) -> list[tuple[Field, Field]]:
    """Codes of a value set with the text field that holds their name."""
    pairs = []
    for name in dataset.fields:
        if not name.is_text or name.value_set or not name.title.endswith("名称") or name.name in dataset.key:
            continue
        base = name.title.removesuffix("名称")
        for code in dataset.fields:
            if code.value_set and code.title in (base + "代码", base + "编码", base + "名称代码", base):
                pairs.append((code, name))
    return pairs
