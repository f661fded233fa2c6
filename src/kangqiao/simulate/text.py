"""Columns of text made by the thousand: tables of ready strings, looked up by number."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cache

import numpy as np

from kangqiao.simulate.days import EPOCH

_DAYS = 60_000
_SECONDS = 86_400
_CENTS = 200_000


def objects(values: Iterable[str]) -> np.ndarray:
    """An array of Python strings, whatever their lengths."""
    items = list(values)
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def day_texts(numbers: np.ndarray) -> np.ndarray:
    """D8 of day numbers: YYYYMMDD."""
    return _day_table()[numbers]


def time_texts(days: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """DT15 of day numbers and seconds of the day: YYYYMMDDThhmmss. Seconds may run past midnight."""
    return _day_table()[days + seconds // _SECONDS] + _second_table()[seconds % _SECONDS]


def int_texts(values: np.ndarray) -> np.ndarray:
    """Whole numbers as text."""
    if len(values) and (values.max() >= _CENTS or values.min() < 0):
        return objects(map(str, values.tolist()))
    return _int_table()[values]


def money_texts(cents: np.ndarray) -> np.ndarray:
    """Cents as yuan with two decimals."""
    if len(cents) and (cents.max() >= _CENTS or cents.min() < 0):
        return objects(f"{n // 100}.{n % 100:02d}" for n in cents.tolist())
    return _cent_table()[cents]


def tenth_texts(tenths: np.ndarray) -> np.ndarray:
    """Tenths as a number with one decimal: 365 is 36.5."""
    return objects(f"{n // 10}.{n % 10}" for n in tenths.tolist())


def numbered(prefix: np.ndarray | str, values: np.ndarray, width: int) -> np.ndarray:
    """``prefix`` and a number filled with zeros to ``width`` digits."""
    return prefix + objects(f"{n:0{width}d}" for n in values.tolist())


@cache
def _day_table() -> np.ndarray:
    return objects((EPOCH + timedelta(days=n)).strftime("%Y%m%d") for n in range(_DAYS))


@cache
def _second_table() -> np.ndarray:
    return objects(f"T{n // 3600:02d}{n // 60 % 60:02d}{n % 60:02d}" for n in range(_SECONDS))


@cache
def _int_table() -> np.ndarray:
    return objects(map(str, range(_CENTS)))


@cache
def _cent_table() -> np.ndarray:
    return objects(f"{n // 100}.{n % 100:02d}" for n in range(_CENTS))


def day_numbers(days: np.ndarray) -> np.ndarray:
    """Day numbers as the number YYYYMMDD, so that completed years are a difference divided by 10000."""
    return _number_table()[days]


@cache
def _number_table() -> np.ndarray:
    return np.array([int(text) for text in _day_table()])
