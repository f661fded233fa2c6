"""What the institutions reported in June 2024, as published (data/collection-*.csv)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

DISTRICT = "district"
HOSPITAL = "hospital"


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the collection tables. Income is in thousand yuan (千元), None where printed ``/``."""

    institution: str
    kind: str
    scheduled_rows: int
    realtime_days: int
    forms_received: int
    forms_prescribed: int
    outpatient_visits: int
    outpatient_income: Decimal | None
    discharges: int
    inpatient_income: Decimal | None


@cache
def published() -> tuple[Figures, ...]:
    """All institutions in the tables' order, districts first."""
    return tuple(
        _figures(row, kind)
        for kind, name in ((DISTRICT, "collection-districts.csv"), (HOSPITAL, "collection-hospitals.csv"))
        for row in data_rows(name)
    )


def data_rows(name: str) -> list[dict[str, str]]:
    """Rows of a CSV file in simulate/data/."""
    text = resources.files("kangqiao.simulate").joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _figures(row: dict[str, str], kind: str) -> Figures:
    received, prescribed = row["realtime_forms"].split("/")
    return Figures(
        institution=row[kind],
        kind=kind,
        scheduled_rows=int(row["scheduled_rows"]),
        realtime_days=int(row["realtime_days"]),
        forms_received=int(received),
        forms_prescribed=int(prescribed),
        outpatient_visits=int(row["outpatient_visits"]),
        outpatient_income=_income(row["outpatient_income_thousand_yuan"]),
        discharges=int(row["discharges"]),
        inpatient_income=_income(row["inpatient_income_thousand_yuan"]),
    )


def _income(text: str) -> Decimal | None:
    return None if text == "/" else Decimal(text)
