"""The standards' notation of types and formats (WS/T 303, WS 363.1), parsed.

A type is one of ``S1`` free text, ``S2`` coded with its values in the definition, ``S3`` coded by a table,
``N`` number, ``D`` date, ``DT`` date and time, ``L`` boolean (T/F).

A format is a letter group and a length:

=============  ====================================================================
``A..50``      1 to 50 characters
``AN10``       exactly 10 characters
``AN6..20``    6 to 20 characters
``N1``         exactly one digit; as type ``N`` a number of one character
``N..10,2``    a number of at most 10 characters, the decimal point among them, 2 decimals
``N3..5,1``    a number of 3 to 5 characters with at most one decimal
``D8``         YYYYMMDD
``DT15``       YYYYMMDDThhmmss
``T/F``        boolean
=============  ====================================================================

The length of a number with decimals counts the decimal point: N4,1 is a body temperature of 36.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TEXT_TYPES = ("S1", "S2", "S3")
TYPES = (*TEXT_TYPES, "N", "D", "DT", "L")

_FORMAT = re.compile(r"(?P<letters>AN|A|N)(?P<low>\d+)?(?P<range>\.\.)?(?P<high>\d+)?(?:,(?P<decimals>\d+))?")


@dataclass(frozen=True, slots=True)
class Format:
    """A parsed format. Lengths are in characters; ``decimals`` counts digits after the point."""

    letters: str
    """``A``, ``AN`` or ``N``; for dates ``D`` or ``DT``; for booleans ``L``."""
    minimum: int
    maximum: int
    decimals: int = 0

    @property
    def integer_digits(self) -> int:
        """Digits a number may have before its decimal point."""
        return self.maximum - self.decimals - 1 if self.decimals else self.maximum


def parse_format(type_code: str, text: str) -> Format:
    """Parse ``text`` as the format of a field of ``type_code``.

    Raises ValueError with a reason when the two do not fit each other or the notation is not known.
    """
    if type_code not in TYPES:
        raise ValueError(f"unknown type {type_code!r}, one of {', '.join(TYPES)}")
    fixed = {
        "D": ("D8", Format("D", 8, 8)),
        "DT": ("DT15", Format("DT", 15, 15)),
        "L": ("T/F", Format("L", 1, 1)),
    }
    if type_code in fixed:
        expected, parsed = fixed[type_code]
        if text != expected:
            raise ValueError(f"format {text!r} does not fit type {type_code}, which is written {expected}")
        return parsed
    return _parse_lengths(type_code, text)


def _parse_lengths(type_code: str, text: str) -> Format:
    match = _FORMAT.fullmatch(text)
    if match is None or (match["low"] is None and match["range"] is None):
        raise ValueError(f"unknown format {text!r}")
    if match["range"] and match["high"] is None:
        raise ValueError(f"format {text!r} has no upper length")
    if not match["range"] and match["high"] is not None:
        raise ValueError(f"unknown format {text!r}")
    maximum = int(match["high"] or match["low"])
    minimum = int(match["low"] or 1)
    decimals = int(match["decimals"] or 0)
    if type_code == "N" and match["letters"] != "N":
        raise ValueError(f"format {text!r} does not fit type N")
    if type_code != "N" and decimals:
        raise ValueError(f"format {text!r} has decimals, but type {type_code} is text")
    if not 1 <= minimum <= maximum or (decimals and maximum - decimals < 2) or (type_code == "N" and maximum > 38):
        raise ValueError(f"format {text!r} has impossible lengths")
    return Format(match["letters"], minimum, maximum, decimals)
