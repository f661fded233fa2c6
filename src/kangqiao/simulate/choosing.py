"""Which tables an institution sends, and how many good rows of each, when the figures tell tables, rows and visits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from kangqiao.simulate.book import arranged
from kangqiao.simulate.days import spread
from kangqiao.simulate.figures import HOSPITAL, data_rows
from kangqiao.simulate.tables_month import RECORDS, TableQuota
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel, Dataset

_VISITS, _STAYS, _DISCHARGES = "outpatient_visit", "inpatient_admission", "inpatient_discharge"
_FIRST = (
    _VISITS,
    _DISCHARGES,
    *RECORDS,
    "outpatient_charge",
    "outpatient_charge_detail",
    "outpatient_prescription",
    "outpatient_diagnosis",
    "lab_report",
    "lab_result_item",
    "inpatient_order",
    "inpatient_front_page",
)
"""What is sent before anything else."""
ABSORBING = (
    "outpatient_charge_detail",
    "outpatient_prescription",
    "lab_result_item",
    "inpatient_order",
    "outpatient_charge",
    "outpatient_diagnosis",
)
"""Tables that may hold any number of rows; rows left over go there."""
_GENERIC_SHARE = 50
"""One row in so many is of a table without a sheet of its own …"""
_GENERIC_MOST = 120
"""… and no such table has more than these."""


@dataclass
class Choice:
    """Good rows of each table sent, in the order in which they were chosen."""

    good: dict[str, int] = field(default_factory=dict)
    encounters: int = 0
    stays: int = 0
    """Visits and stays, also those that only other tables tell of."""

    @property
    def sheets(self) -> dict[str, int]:
        """Tables with a sheet of their own."""
        return {name: rows for name, rows in self.good.items() if name in arranged()}

    @property
    def generic(self) -> dict[str, int]:
        """All other tables."""
        return {name: rows for name, rows in self.good.items() if name not in arranged()}


def prescribed(kind: str) -> tuple[str, ...]:
    """Tables prescribed to a kind of institution by schedule, in the profile's order."""
    profile = catalogue().profile(kind)
    return tuple(item.dataset for item in profile.prescriptions if item.channel is Channel.SCHEDULED)


def choose(quota: TableQuota) -> Choice:
    """Tables and rows that add up to the quota, but for the rows kept back for faults."""
    names = _tables(quota)
    good = dict.fromkeys(names, 1)
    good |= {name: rows for name, rows in ((_VISITS, quota.visits), (_DISCHARGES, quota.discharges)) if name in good}
    left = quota.rows - quota.faulty_rows - sum(good.values())
    if _STAYS in good:
        more = max(0, min(left, quota.discharges + quota.discharges // 8 - 1))
        good[_STAYS] += more
        left -= more
    for name, count in (("outpatient_charge", quota.visits), ("inpatient_charge", good.get(_STAYS, 0))):
        more = max(0, min(count - 1, left // 3)) if name in good else 0
        good[name] = good.get(name, 0) + more
        left -= more
    left = _few_of_the_others(good, left)
    good = {name: rows for name, rows in good.items() if rows}
    plan = Choice(good, encounters=max(quota.visits, 1), stays=max(good.get(_STAYS, 0), quota.discharges, 1))
    left = _by_proportion(plan, quota, left)
    _absorb(plan, left)
    return plan


def declared_tables(quota: TableQuota, sent: Iterable[str]) -> list[str] | None:
    """Names that the institution declares, as many as published: what it sends and then other prescribed ones."""
    if quota.figures.declared is None:
        return None
    order = _order(quota)
    ranked = [*(name for name in order if name in set(sent)), *(name for name in order if name not in set(sent))]
    return ranked[: quota.figures.declared]


# ── which tables ─────────────────────────────────────────────────────────────────────────────


def _order(quota: TableQuota) -> list[str]:
    """Prescribed tables: those sent first, then the others from a place of the institution's own."""
    names = prescribed(quota.figures.kind)
    others = [name for name in names if name not in _FIRST]
    turn = quota.figures.number * 11 % max(len(others), 1)
    return [*(name for name in _FIRST if name in names), *others[turn:], *others[:turn]]


def _tables(quota: TableQuota) -> list[str]:
    sent: dict[str, None] = {}
    out = _impossible(quota)
    allowed = set(prescribed(quota.figures.kind)) - out
    for name in _order(quota):
        needed = [one for one in _with_parents(name) if one not in sent]
        is_whole = set(needed) <= allowed and _has_someone(name, {*sent, *needed})
        if is_whole and len(sent) + len(needed) <= quota.tables:
            sent |= dict.fromkeys(needed)
    return list(sent)


def _impossible(quota: TableQuota) -> set[str]:
    """Tables that would have rows where the figures say nothing came."""
    out = {name for name, total in zip(RECORDS, quota.records, strict=True) if not total}
    if not quota.visits:
        out |= {_VISITS, "outpatient_registration", "outpatient_diagnosis", "referral_record"}
    if not quota.discharges:
        out |= {_DISCHARGES, "inpatient_front_page"}
    return out


def _with_parents(name: str) -> list[str]:
    """A table after those that its rows must point at."""
    found: dict[str, None] = {}
    dataset = catalogue().dataset(name)
    for reference in dataset.references:
        if all(dataset.by_name[one].required for one in reference.fields) and reference.dataset != name:
            found |= dict.fromkeys(_with_parents(reference.dataset))
    return [*found, name]


def _has_someone(name: str, sent: set[str]) -> bool:
    """Rows that belong to a visit or a stay need that either is sent."""
    dataset: Dataset = catalogue().dataset(name)
    wanted = {reference.dataset for reference in dataset.references} & {_VISITS, _STAYS}
    return name in arranged() or not wanted or bool(wanted & sent)


# ── how many rows ────────────────────────────────────────────────────────────────────────────


def _few_of_the_others(good: dict[str, int], left: int) -> int:
    """Some rows of each table without a sheet; what is left then."""
    generic = [name for name in good if name not in arranged()]
    if not generic or left <= 0:
        return left
    each = min(left // (_GENERIC_SHARE * len(generic)), _GENERIC_MOST)
    for name in generic:
        more = min(each, _most_of_parents(name, good) - 1)
        good[name] += more
        left -= more
    return left


def _most_of_parents(name: str, good: dict[str, int]) -> int:
    """No more rows than the table has that their key is taken from."""
    dataset = catalogue().dataset(name)
    parents = [one.dataset for one in dataset.references if set(dataset.key) <= set(one.fields)]
    return min((max(good.get(parent, 1), 1) for parent in parents), default=_GENERIC_MOST + 1)


def _by_proportion(plan: Choice, quota: TableQuota, left: int) -> int:
    column = "hospital" if quota.figures.kind == HOSPITAL else "district"
    base = {"visit": plan.encounters, "stay": plan.stays, "discharge": quota.discharges}
    rows = [row for row in data_rows("proportions.csv") if row["dataset"] in plan.good]
    for row in rows:
        if row["per"] == "once":
            more = max(0, min(int(row[column]) - 1, left // 40))
            plan.good[row["dataset"]] += more
            left -= more
    rows = [row for row in rows if row["per"] != "once"]
    counts = spread(max(left, 0), np.array([base[row["per"]] * float(row[column]) for row in rows]))
    for row, count in zip(rows, counts.tolist(), strict=True):
        more = max(0, min(count, _most(quota, row["dataset"]) - plan.good[row["dataset"]]))
        plan.good[row["dataset"]] += more
        left -= more
    return left


def _most(quota: TableQuota, name: str) -> int:
    if name in RECORDS:
        return quota.records[RECORDS.index(name)]
    if name == "outpatient_registration":
        return quota.visits + quota.visits // 20
    return quota.discharges if name == "inpatient_front_page" else quota.rows


def _absorb(plan: Choice, left: int) -> None:
    """Put what is left where any number of rows is right."""
    if left > 0 and plan.good:
        flexible = [name for name in ABSORBING if name in plan.good]
        others = [name for name in plan.good if name not in (_VISITS, _DISCHARGES, _STAYS, *RECORDS)]
        plan.good[(flexible or others or list(plan.good))[0]] += left
