"""Resident identity numbers (GB 11643-1999, 公民身份号码) of a header; rows are judged by the rules in SQL."""

from __future__ import annotations

import re

from kangqiao.engine.cda.values import is_time

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_18 = re.compile(r"[0-9]{17}[0-9Xx]")
_15 = re.compile(r"[0-9]{15}")


def is_resident_id(number: str) -> bool:
    """18 characters with a birth date that exists and the right check character, or 15 digits with such a date."""
    if _15.fullmatch(number):
        return is_time(f"19{number[6:12]}")
    if not _18.fullmatch(number) or not is_time(number[6:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()
