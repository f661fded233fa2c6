"""What the register of institutions is made from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from io import StringIO

from kangqiao.base.clock import parse_month


@dataclass(frozen=True, slots=True)
class RegisteredInstitution:
    """One line of the published list: local code, name, kind, place in the bulletin's tables.

    The months are those of the published tables that list it; None is open.
    """

    code: str
    name: str
    kind: str
    position: int
    listed_from: date | None
    listed_until: date | None
    former_name: str
    renamed_in: date | None


def parse_institutions(text: str) -> list[RegisteredInstitution]:
    """Read the CSV whose columns are named like the fields of :class:`RegisteredInstitution`, months as 2024-06."""
    return [_parse(row) for row in csv.DictReader(StringIO(text))]


def _parse(row: dict[str, str]) -> RegisteredInstitution:
    months = {name: _month(row[name]) for name in ("listed_from", "listed_until", "renamed_in")}
    return RegisteredInstitution(
        row["code"], row["name"], row["kind"], int(row["position"]), former_name=row["former_name"], **months
    )


def _month(text: str) -> date | None:
    return parse_month(text) if text else None
