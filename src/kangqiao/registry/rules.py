"""What the register of institutions is made from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO


@dataclass(frozen=True, slots=True)
class RegisteredInstitution:
    """One line of the published list: local code, name, kind, place in the bulletin's tables."""

    code: str
    name: str
    kind: str
    position: int


def parse_institutions(text: str) -> list[RegisteredInstitution]:
    """Read the CSV with the columns code, name, kind, position."""
    return [
        RegisteredInstitution(row["code"], row["name"], row["kind"], int(row["position"]))
        for row in csv.DictReader(StringIO(text))
    ]
