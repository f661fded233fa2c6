"""How many good rows of each dataset an institution sends, so that everything adds up to its scheduled rows.

Visits, discharges and the charges that carry the income come first; what is left goes to the other prescribed
datasets in proportion (data/proportions.csv). Too few rows for all of that: fewer are sent, never less than none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kangqiao.simulate.days import spread
from kangqiao.simulate.figures import HOSPITAL, data_rows
from kangqiao.simulate.scale import Quota

_VISIT_CENTS = 40_000
"""Average charge of a visit where an institution reports income and no visits."""
_VISIT_CENTS_AT_MOST = 600_000
_STAY_CENTS = 1_800_000
_STAY_CENTS_AT_MOST = 15_000_000
"""Averages beyond these would make single charges that the rules call implausible."""
_LAST_RESORT = (
    "outpatient_charge_detail",
    "inpatient_charge_detail",
    "outpatient_prescription",
    "inpatient_order",
    "outpatient_charge",
    "inpatient_charge",
    "hypertension_followup",
    "staff",
)


@dataclass
class Allocation:
    """Good rows by dataset, and the visits and stays that they tell of."""

    good: dict[str, int] = field(default_factory=dict)
    encounters: int = 0
    stays: int = 0
    left: int = 0
    """Rows not given out yet."""

    def take(self, dataset: str, wanted: int) -> None:
        """Give out up to ``wanted`` more rows of a dataset."""
        rows = max(0, min(wanted, self.left))
        if rows:
            self.good[dataset] = self.good.get(dataset, 0) + rows
            self.left -= rows


def allocate(quota: Quota, datasets: tuple[str, ...]) -> Allocation:
    """Good rows of ``datasets``: all scheduled rows but those kept back for faults."""
    plan = Allocation(left=quota.scheduled_rows - quota.faulty_rows)
    _essentials(plan, quota, datasets)
    _more_charges(plan, quota)
    plan.encounters = plan.good.get("outpatient_visit", 0) or _behind_charges(plan, quota)
    plan.stays = plan.good.get("inpatient_admission", 0)
    _proportions(plan, quota, datasets)
    give_rest(plan)
    return plan


def give_rest(plan: Allocation) -> None:
    """Put the rows that are left where any number of rows is right."""
    for dataset in _LAST_RESORT:
        if plan.good.get(dataset):
            plan.take(dataset, plan.left)


def _essentials(plan: Allocation, quota: Quota, datasets: tuple[str, ...]) -> None:
    """Visits, discharges with their admissions, and the fewest charges that can carry the income."""
    outpatient, inpatient = quota.outpatient_cents or 0, quota.inpatient_cents or 0
    leaving = min(quota.discharges, plan.left // 2)
    for dataset, wanted in (
        ("outpatient_visit", quota.visits),
        ("outpatient_charge", -(-outpatient // _VISIT_CENTS_AT_MOST)),
        ("inpatient_admission", max(leaving, bool(inpatient))),
        ("inpatient_discharge", leaving),
        ("inpatient_charge", -(-inpatient // _STAY_CENTS_AT_MOST)),
    ):
        if dataset in datasets:
            plan.take(dataset, wanted)


def _more_charges(plan: Allocation, quota: Quota) -> None:
    """Charges for every visit and stay, and the stays of those not discharged, from half of what is left."""
    outpatient, inpatient = quota.outpatient_cents or 0, quota.inpatient_cents or 0
    stays = max(quota.discharges + quota.discharges // 8, inpatient // _STAY_CENTS)
    wanted = {
        "outpatient_charge": (quota.visits or outpatient // _VISIT_CENTS) * bool(outpatient),
        "inpatient_admission": stays,
        "inpatient_charge": stays * bool(inpatient),
    }
    missing = {name: max(0, rows - plan.good[name]) for name, rows in wanted.items() if plan.good.get(name)}
    budget = min(plan.left // 2, sum(missing.values()))
    shares = spread(budget, np.array(list(missing.values()), dtype=float))
    for name, rows in zip(missing, shares.tolist(), strict=True):
        plan.take(name, min(rows, missing[name]))


def _behind_charges(plan: Allocation, quota: Quota) -> int:
    """Visits that are not sent, but that charges, prescriptions and reports came from."""
    charges = plan.good.get("outpatient_charge", 0)
    return charges or max(1, quota.scheduled_rows // 30)


def _proportions(plan: Allocation, quota: Quota, datasets: tuple[str, ...]) -> None:
    column = "hospital" if quota.figures.kind == HOSPITAL else "district"
    rows = [row for row in data_rows("proportions.csv") if row["dataset"] in datasets and _possible(plan, row)]
    base = {"visit": plan.encounters, "stay": plan.stays, "discharge": plan.good.get("inpatient_discharge", 0)}
    for row in rows:
        if row["per"] == "once":
            plan.take(row["dataset"], min(int(row[column]), plan.left // 40))
    rows = [row for row in rows if row["per"] != "once"]
    weights = np.array([base[row["per"]] * float(row[column]) for row in rows])
    counts = dict(zip((row["dataset"] for row in rows), spread(plan.left, weights).tolist(), strict=True))
    _keep_parents(plan, counts, rows)
    for dataset, count in counts.items():
        plan.take(dataset, min(count, _most(plan, dataset)))


def _possible(plan: Allocation, row: dict[str, str]) -> bool:
    """Whether what the rows refer to is sent."""
    dataset = row["dataset"]
    if dataset in ("outpatient_registration", "outpatient_diagnosis", "referral_record"):
        return bool(plan.good.get("outpatient_visit"))
    return dataset not in ("outpatient_charge_detail", "inpatient_charge_detail") or bool(plan.good.get(row["above"]))


def _keep_parents(plan: Allocation, counts: dict[str, int], rows: list[dict[str, str]]) -> None:
    """No items without a report: one of the items becomes the report, and a lone item is not sent."""
    for row in rows:
        dataset, above = row["dataset"], row["above"]
        if above in counts and counts[dataset] and not counts[above]:
            counts[above] = int(counts[dataset] > 1)
            counts[dataset] -= 1


def _most(plan: Allocation, dataset: str) -> int:
    visits = plan.good.get("outpatient_visit", 0)
    if dataset == "outpatient_registration":
        return visits + visits // 20
    if dataset == "inpatient_front_page":
        return plan.good.get("inpatient_discharge", 0)
    return plan.left
