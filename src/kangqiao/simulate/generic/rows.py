"""Clean rows of any dataset: draw, judge by its rules, mend, judge again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from kangqiao.base.errors import DefinitionError
from kangqiao.simulate.chance import stream
from kangqiao.simulate.generic.basis import Basis, example_basis
from kangqiao.simulate.generic.bench import Bench
from kangqiao.simulate.generic.draft import Columns, Draft
from kangqiao.simulate.generic.keys import carrier_of, make_distinct
from kangqiao.simulate.generic.mending import Mender
from kangqiao.simulate.generic.texts import Texts
from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import Dataset, Rule

Judging = Callable[[Columns, np.ndarray, Sequence[Rule]], np.ndarray]
_ROUNDS = 40
_POOL = 3_000
"""Distinct rows that are made where many more are asked for, over all days; …"""
_FEWEST = 20
"""… and at least as many a day."""
_ANEW = 15
"""Rounds after which rows that are still wrong are drawn anew."""


class Unsatisfiable(DefinitionError):
    """No candidate row met all rules of a dataset."""


def rows_of(dataset: Dataset, catalogue: Catalogue, basis: Basis, seed: int) -> Columns:
    """One clean row for each place of ``basis``: texts by field name, all fields there, empty where not given.

    No row has an error or a warning of the dataset's rules, and no two have one key. Rows that defy mending become
    copies of clean ones under keys of their own; where people are not given, so do those beyond the first few
    thousand. Raises Unsatisfiable, naming the rules, when no row is clean.
    """
    donors = _pool(basis)
    ours = basis.part(np.unique(donors)) if donors is not None else basis
    rng = stream(seed, basis.house.name, dataset.name, "generic", basis.first)
    draft = Draft(dataset, catalogue.value_sets, ours, rng)
    draft.fill()
    wrong = _mended(draft, Bench(dataset), rng)
    _replaced(draft, wrong, rng)
    columns = draft.columns
    if donors is not None:
        columns = _copied(draft, basis, np.searchsorted(np.unique(donors), donors), rng, catalogue)
    make_distinct(dataset, basis, columns)
    return columns


def _pool(basis: Basis) -> np.ndarray | None:
    """For each row the row of its day that it copies, itself among the first of each day; None for few rows."""
    if basis.person is not None or len(basis) <= _POOL:
        return None
    donors = np.arange(len(basis))
    days = np.unique(basis.day)
    most = max(_POOL // len(days), _FEWEST)
    for day in days.tolist():
        rows = np.flatnonzero(basis.day == day)
        donors[rows] = rows[np.arange(len(rows)) % most]
    return donors


def _copied(draft: Draft, basis: Basis, places: np.ndarray, rng: np.random.Generator, catalogue: Catalogue) -> Columns:
    """The rows of ``draft`` at ``places``, with running numbers and what is linked of their own."""
    columns = {name: values[places] for name, values in draft.columns.items()}
    columns |= {name: values.copy() for name, values in basis.linked.items()}
    carrier = carrier_of(draft.dataset, basis)
    if carrier.is_text and carrier.name not in draft.who and carrier.name not in basis.linked:
        texts = Texts(draft.dataset, catalogue.value_sets, basis, rng, draft.someone)
        if texts.is_running_number(carrier):
            columns[carrier.name] = texts.of(carrier, np.arange(len(basis)))
    return columns


def _mended(draft: Draft, bench: Bench, rng: np.random.Generator) -> np.ndarray:
    """Mend until the engine says that all rules hold, or the rounds are over; the rows that are still wrong.

    Between two verdicts of the engine the rules are worked out in Python, in the last pass by the engine alone.
    """
    rules = draft.dataset.rules
    wrong, violated = _violating(draft, bench.violated, draft.everything)
    for judge in (bench.guessed, bench.guessed, bench.violated):
        if not len(wrong):
            return wrong
        _mend_rounds(draft, bench, rng, wrong, violated, judge)
        wrong, violated = _violating(draft, bench.violated, wrong)
    if len(wrong) == len(draft.basis):
        counts = Counter({rule.code: int(n) for rule, n in zip(rules, violated.sum(axis=0), strict=True) if n})
        told = ", ".join(f"{code} ({n} of {len(wrong)} rows)" for code, n in counts.most_common())
        raise Unsatisfiable(draft.dataset.name, f"no row meets all rules; last violated: {told}")
    return wrong


def _violating(draft: Draft, judge: Judging, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those of ``rows`` that violate a rule, and which."""
    violated = judge(draft.columns, rows, draft.dataset.rules)
    is_wrong = violated.any(axis=1)
    return rows[is_wrong], violated[is_wrong]


def _mend_rounds(
    draft: Draft, bench: Bench, rng: np.random.Generator, wrong: np.ndarray, violated: np.ndarray, judge: Judging
) -> None:
    rules, mender = draft.dataset.rules, Mender(draft, bench, rng)
    for turn in range(_ROUNDS):
        if not len(wrong):
            return
        if turn % _ANEW == _ANEW - 1:
            draft.redraw_rows(wrong)
        else:
            for place in rng.permutation(len(rules)).tolist():
                mender.mend(rules[place], wrong[violated[:, place]], patience=1 - turn % _ANEW / (_ANEW * 1.6))
        wrong, violated = _violating(draft, judge, wrong)


def _replaced(draft: Draft, wrong: np.ndarray, rng: np.random.Generator) -> None:
    """Rows that defied mending become copies of clean ones; what the caller gave and the day stay."""
    if not len(wrong):
        return
    clean = np.setdiff1d(draft.everything, wrong)
    for place in wrong.tolist():
        same_day = clean[draft.basis.day[clean] == draft.basis.day[place]]
        if not len(same_day):
            reason = f"rows of one day defy its rules, none of {len(draft.basis)} is clean there"
            raise Unsatisfiable(draft.dataset.name, reason)
        donor = same_day[int(rng.integers(0, len(same_day)))]
        for column in draft.columns.values():
            column[place] = column[donor]


def example_rows(dataset: Dataset, catalogue: Catalogue, rows: int, seed: int) -> dict[str, list[str]]:
    """``rows`` clean example rows, a column a field in the dataset's order; the same arguments, the same rows."""
    columns = rows_of(dataset, catalogue, example_basis(rows, seed), seed)
    return {field.name: columns[field.name].tolist() for field in dataset.fields}
