"""What a field's title says of it: the data files of simulate/data/generic/, first match wins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from kangqiao.simulate.figures import data_rows


@dataclass(frozen=True, slots=True)
class Words:
    """How a text is written: ``kind`` (text, staff, diagnosis, serial …) and its values or column."""

    kind: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a date lies: ``stage`` names the unit and the anchor, ``low`` and ``high`` the span."""

    stage: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a dataset is about: places of a block of the population, ages in days, sex (0 either)."""

    places: tuple[int, ...]
    youngest: int
    oldest: int
    sex: int


def plain(title: str) -> str:
    """A title with ASCII brackets, as the patterns are written."""
    return title.replace("（", "(").replace("）", ")")


@cache
def _patterns(name: str) -> list[tuple[re.Pattern[str], dict[str, str]]]:
    return [(re.compile(row["title"]), row) for row in data_rows(f"generic/{name}.csv")]


@cache
def _found(name: str, title: str) -> dict[str, str] | None:
    text = plain(title)
    return next((row for pattern, row in _patterns(name) if pattern.search(text)), None)


def words_of(title: str) -> Words:
    """How the text of a field is written; ``unknown`` where no pattern fits."""
    row = _found("texts", title)
    if row is None:
        return Words("unknown")
    return Words(row["kind"], tuple(row["values"].split("|")) if row["values"] else ())


def range_of(title: str) -> tuple[float, float]:
    """Usual low and high of a number."""
    row = _found("numbers", title)
    return (float(row["low"]), float(row["high"])) if row else (1.0, 9.0)


def moment_of(title: str) -> Moment | None:
    """Where a date lies; None where no pattern fits."""
    row = _found("moments", title)
    return Moment(row["stage"], int(row["low"]), int(row["high"])) if row else None


def share_of(title: str) -> float:
    """How often a flag is T."""
    row = _found("flags", title)
    return float(row["share"]) if row else 0.12


def audience_of(*titles: str) -> Audience | None:
    """Whom a dataset is about, by the first of the titles that tells; None for everybody."""
    for title in titles:
        if row := _found("audiences", title):
            places = tuple(map(int, row["places"].split()))
            return Audience(places, int(row["youngest"]), int(row["oldest"]), int(row["sex"]))
    return None


@cache
def code_shares(value_set: str) -> dict[str, float]:
    """Shares of codes that are not left to their place in the table."""
    return {r["code"]: float(r["weight"]) / 100 for r in data_rows("generic/codes.csv") if r["value_set"] == value_set}
