"""Which rows of each dataset belong to which visit, stay, report or charge, and on what day they fall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from kangqiao.simulate.days import spread
from kangqiao.simulate.month import Month, Rows


@dataclass(frozen=True, eq=False)
class Book:
    """An institution's month with the rows of its datasets, arranged when first asked for.

    A parent of -1 or less is a stay: ``-1 - parent`` is its place among the admissions.
    """

    month: Month
    _kept: dict[str, Rows] = field(default_factory=dict)
    _cents: dict[str, np.ndarray] = field(default_factory=dict)

    def rows(self, dataset: str) -> Rows:
        """The rows of a dataset, in the order of their days."""
        if dataset not in self._kept:
            rows = _ARRANGEMENTS[dataset](self, dataset)
            self._kept[dataset] = replace(rows, first=self.month.first.get(dataset, 0))
        return self._kept[dataset]

    def count(self, dataset: str) -> int:
        return self.month.counts.get(dataset, 0)

    def cents(self, dataset: str) -> np.ndarray:
        """Total of each charge in cents; all of them add up to the income."""
        if dataset not in self._cents:
            month = self.month
            whole = month.outpatient_cents if dataset == "outpatient_charge" else month.inpatient_cents
            weights = np.clip(month.rng("cents", dataset).gamma(1.3, 1.0, len(self.rows(dataset))), 0.03, 10.0)
            self._cents[dataset] = spread(whole, weights)
        return self._cents[dataset]


def arranged() -> tuple[str, ...]:
    """Datasets that can be written."""
    return tuple(_ARRANGEMENTS)


def is_of_encounters(dataset: str) -> bool:
    """Whether the parent of its rows is a visit or a stay."""
    return _ARRANGEMENTS[dataset] in (_of_visits, _each_visit, _of_stays, _of_both, _admissions, _leavings)


def _repeat(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For ``counts`` rows of each parent: the parent of each row, and its number there from 1."""
    parent = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return parent, np.arange(len(parent)) - starts[parent] + 1


def _share(book: Book, dataset: str, count: int, parents: int, evenly: bool) -> np.ndarray:
    """How many of ``count`` rows each of ``parents`` gets."""
    rng = book.month.rng("share", dataset)
    return spread(count, 1 + 0.01 * rng.random(parents) if evenly else rng.gamma(2.0, 1.0, parents))


def _of_visits(book: Book, dataset: str, count: int | None = None, evenly: bool = False) -> Rows:
    wanted = book.count(dataset) if count is None else count
    visits = book.month.visits
    parent, item = _repeat(_share(book, dataset, wanted, len(visits), evenly))
    return Rows(visits.when.position[parent], parent, item)


def _each_visit(book: Book, dataset: str) -> Rows:
    return _of_visits(book, dataset, evenly=True)


def _of_stays(book: Book, dataset: str, count: int | None = None) -> Rows:
    wanted = book.count(dataset) if count is None else count
    stays, rng = book.month.admissions, book.month.rng("stays", dataset)
    length = stays.when.last - stays.when.position + 1
    parent, item = _repeat(spread(wanted, length * rng.gamma(3.0, 1.0, len(stays))))
    position = stays.when.position[parent] + (rng.random(len(parent)) * length[parent]).astype(np.int64)
    order = np.argsort(position, kind="stable")
    return Rows(position[order], -1 - parent[order], item[order])


def _of_both(book: Book, dataset: str) -> Rows:
    """Reports: of visits, and a share of stays where there are any."""
    count, stays = book.count(dataset), len(book.month.admissions)
    inside = min(count * 3 // 10, stays * 12) if len(book.month.visits) else count * bool(stays)
    ours, theirs = _of_visits(book, dataset, count - inside), _of_stays(book, dataset, inside)
    position = np.concatenate([ours.position, theirs.position])
    order = np.argsort(position, kind="stable")
    parent, item = (np.concatenate([getattr(ours, name), getattr(theirs, name)]) for name in ("parent", "item"))
    return Rows(position[order], parent[order], item[order])


def _admissions(book: Book, _dataset: str) -> Rows:
    position = book.month.admissions.when.position
    order = np.argsort(position, kind="stable")
    return Rows(position[order], -1 - order, np.ones(len(order), dtype=np.int64))


def _leavings(book: Book, dataset: str) -> Rows:
    """One row for each stay that ends in the month, on its last day; charges also for those still in."""
    stays = book.month.admissions
    count = book.count(dataset)
    if dataset == "inpatient_charge":
        parent, item = _repeat(_share(book, dataset, count, len(stays), evenly=True))
    else:
        parent, item = np.arange(count), np.ones(count, dtype=np.int64)
    position = stays.when.last[parent]
    order = np.argsort(position, kind="stable")
    return Rows(position[order], -1 - parent[order], item[order])


def _under(parent_dataset: str) -> Callable[[Book, str], Rows]:
    def arrange(book: Book, dataset: str) -> Rows:
        above = book.rows(parent_dataset)
        parent, item = _repeat(_share(book, dataset, book.count(dataset), len(above), evenly=False))
        return Rows(above.position[parent], parent, item)

    return arrange


def _daily(book: Book, dataset: str) -> Rows:
    """Rows of their own, spread over the days; the parent is the row itself."""
    per_day = spread(book.count(dataset), book.month.weights)
    position = np.repeat(np.arange(len(per_day)), per_day)
    return Rows(position, np.arange(len(position)), np.ones(len(position), dtype=np.int64))


def _once(book: Book, dataset: str) -> Rows:
    count = book.count(dataset)
    return Rows(np.zeros(count, dtype=np.int64), np.arange(count), np.ones(count, dtype=np.int64))


_ARRANGEMENTS: dict[str, Callable[[Book, str], Rows]] = {
    "department": _once,
    "staff": _once,
    "bed": _once,
    "outpatient_registration": _each_visit,
    "outpatient_visit": _each_visit,
    "outpatient_diagnosis": _of_visits,
    "outpatient_prescription": _of_visits,
    "outpatient_charge": _each_visit,
    "outpatient_charge_detail": _under("outpatient_charge"),
    "lab_report": _of_both,
    "lab_result_item": _under("lab_report"),
    "exam_report": _of_both,
    "exam_detail": _under("exam_report"),
    "referral_record": _of_visits,
    "infectious_disease_card": _daily,
    "inpatient_admission": _admissions,
    "inpatient_order": _of_stays,
    "vital_sign_record": _of_stays,
    "operation_record": _of_stays,
    "high_value_consumable_use": _of_stays,
    "inpatient_charge": _leavings,
    "inpatient_charge_detail": _under("inpatient_charge"),
    "inpatient_discharge": _leavings,
    "inpatient_front_page": _leavings,
    "resident_basic_info": _daily,
    "health_checkup": _daily,
    "hypertension_followup": _daily,
    "diabetes_followup": _daily,
}
