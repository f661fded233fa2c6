"""A text that a regular expression of a rule accepts, for fields that the vocabulary does not know."""

# Python keeps its parser of regular expressions in a module without a public name.

from __future__ import annotations

import re._constants as sre
import re._parser as parser
from typing import Any

import numpy as np

_LONGEST = 4


def text_matching(pattern: str, rng: np.random.Generator) -> str:
    """A short text that matches ``pattern``, anchored or not."""
    return "".join(_written(part, rng) for part in parser.parse(pattern))


def _written(part: Any, rng: np.random.Generator) -> str:
    kind, value = part
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.IN:
        return _of_class(value, rng)
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        low, high, inner = value
        count = int(rng.integers(low, min(int(high), low + _LONGEST) + 1))
        return "".join(_written(one, rng) for _ in range(count) for one in inner)
    if kind is sre.SUBPATTERN:
        return "".join(_written(one, rng) for one in value[-1])
    if kind is sre.BRANCH:
        branches = value[1]
        return "".join(_written(one, rng) for one in branches[int(rng.integers(0, len(branches)))])
    return "A" if kind is sre.ANY else ""


def _of_class(items: list[Any], rng: np.random.Generator) -> str:
    if items[0][0] is sre.NEGATE:
        return "A"
    kind, value = items[int(rng.integers(0, len(items)))]
    if kind is sre.RANGE:
        return chr(int(rng.integers(value[0], value[1] + 1)))
    if kind is sre.CATEGORY:
        return str(rng.integers(0, 10))
    return chr(value)
