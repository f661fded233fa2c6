"""Text as people read it: masking, Chinese display width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_NUMBER_OF_A_PERSON = re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?!\d)")
"""Identity numbers of 18 and 15 digits, mobile phones."""


def display_width(text: str) -> int:
    """Columns of a terminal that ``text`` takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill ``text`` with spaces to ``width`` columns; ``right`` aligns it right."""
    space = " " * max(0, width - display_width(text))
    return space + text if right else text + space


def mask(value: str) -> str:
    """Hide a value that identifies a person: 张三 → 张*, 320102199001011234 → 3201**********1234."""
    if len(value) <= 1:
        return "*" * len(value)
    if len(value) < 8:
        return value[0] + "*" * (len(value) - 1)
    if len(value) < 12:
        return value[:3] + "*" * (len(value) - 5) + value[-2:]
    return value[:4] + "*" * (len(value) - 8) + value[-4:]


def mask_numbers(text: str) -> str:
    """Hide identity and mobile phone numbers inside a text that should hold none."""
    return _NUMBER_OF_A_PERSON.sub(lambda found: mask(found[0]), text)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table whose columns stand under each other, two spaces between them."""
    widths = [max(display_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
