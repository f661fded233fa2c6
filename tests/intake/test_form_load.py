"""Forms go from an inbox to the lake once, and out of it again when they were corrected or cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pytest
from tests.intake.conftest import FACTS
from tests.intake.outbox import DATASET, DRUM_TOWER, HEADER, charge

from kangqiao.base.home import Home
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.form_load import FormDay, FormRow, Inbox, Place, flush_forms
from kangqiao.intake.models import Batch, Submission
from kangqiao.intake.rejected import read_rejected
from kangqiao.oversight.statistics.models import DailyFact, DailyMeasure
from kangqiao.registry.queries import institution_by_text
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

DAY = date(2024, 6, 3)


@dataclass
class Tray:
    """An inbox in memory."""

    days: list[FormDay]
    places: dict[int, Place] = field(default_factory=dict)
    gone: list[Place] = field(default_factory=list)

    def place(self, batch: Batch, places: Mapping[int, Place], gone: Iterable[Place]) -> None:
        self.places |= places
        self.gone += gone

    def flush(self) -> list[Submission]:
        inbox = Inbox(lambda: self.days, self.place)
        return [receipt.submission for receipt in flush_forms(catalogue().dataset(DATASET), inbox, facts=FACTS)]


def row(number: int, amount: str = "12.50", verdict: str = "accepted", **values: str) -> FormRow:
    cells = dict(zip(HEADER.split(","), charge(f"C{number}", DAY.isoformat(), amount).split(","), strict=True))
    findings = ({"rule": "type", "field": "total_amount", "value": amount, "message": "不是数字", "severity": "error"},)
    digest = catalogue().dataset(DATASET).digest
    return FormRow(number, cells | values, verdict, findings if verdict == "rejected" else (), digest)


def day(*rows: FormRow, withdrawn: Iterable[int] = (), taken_out: Iterable[Place] = ()) -> FormDay:
    institution = institution_by_text(DRUM_TOWER)
    assert institution is not None
    return FormDay(institution, DAY, list(rows), list(withdrawn), list(taken_out))


def keys(home: Home) -> list[str]:
    table = Lake(home.lake).table(Channel.REALTIME, catalogue().dataset(DATASET))
    paths = list(table.paths()) if table else []
    if not paths:
        return []
    query = "SELECT charge_no FROM read_parquet($paths, hive_partitioning=false) ORDER BY charge_no"
    return [name for (name,) in duckdb.execute(query, {"paths": paths}).fetchall()]


def counts(item: Submission) -> tuple[int, int, int, int, int]:
    item.refresh_from_db()
    return item.received, item.stored, item.duplicate, item.rejected, item.replaced


def fact() -> tuple[int, int, str]:
    found = DailyFact.objects.get()
    measure = DailyMeasure.objects.get(fact=found, measure="total_amount")
    return found.received, found.stored, f"{measure.value:.2f}"


def test_an_empty_inbox_makes_no_batch(home: Home) -> None:
    assert Tray([]).flush() == []
    assert Batch.objects.count() == 0


def test_each_row_goes_where_its_sender_was_told(home: Home) -> None:
    rows = [row(1), row(2, "many", "rejected"), row(3, verdict="duplicate"), row(4, "7.25")]
    tray = Tray([day(*rows, withdrawn=[9])])
    (stored,) = tray.flush()
    assert counts(stored) == (5, 2, 1, 1, 1)
    assert tray.places == {
        1: (stored.pk, 1),
        2: (stored.pk, 2),
        3: (stored.pk, 3),
        4: (stored.pk, 4),
        9: (stored.pk, 0),
    }
    assert keys(home) == ["C1", "C4"]
    assert [(item.line, item.findings[0].message) for item in read_rejected(stored)] == [(2, "不是数字")]
    assert fact() == (4, 2, "19.75")


def test_flushes_of_a_day_add_up(home: Home) -> None:
    Tray([day(row(1))]).flush()
    Tray([day(row(2), row(3, "1.00"))]).flush()
    assert keys(home) == ["C1", "C2", "C3"]
    assert fact() == (3, 3, "26.00")
    assert Submission.objects.filter(is_current=True, is_addition=True).count() == 2


def test_a_corrected_row_takes_the_place_of_the_stored_one_in_one_version(home: Home) -> None:
    first = Tray([day(row(1), row(2))])
    (before,) = first.flush()
    (after,) = Tray([day(row(1, "99.00"), taken_out=[first.places[1]])]).flush()
    assert (counts(before), counts(after)) == ((2, 1, 0, 0, 1), (1, 1, 0, 0, 0))
    assert keys(home) == ["C1", "C2"]
    assert fact() == (2, 2, "111.50")


def test_a_cancelled_row_leaves_the_lake_and_the_facts(home: Home) -> None:
    first = Tray([day(row(1), row(2))])
    (before,) = first.flush()
    (after,) = Tray([day(taken_out=[first.places[2]])]).flush()
    assert (counts(before), counts(after)) == ((2, 1, 0, 0, 1), (0, 0, 0, 0, 0))
    assert keys(home) == ["C1"]
    assert fact() == (1, 1, "12.50")


@pytest.mark.parametrize("is_same_definition", [True, False])
def test_a_definition_changed_since_may_reject_what_it_cannot_store(home: Home, is_same_definition: bool) -> None:
    old = row(1, "many")
    waiting = FormRow(1, old.values, "accepted", (), old.rules_digest if is_same_definition else "older")
    (stored,) = Tray([day(waiting)]).flush()
    assert counts(stored) == ((1, 1, 0, 0, 0) if is_same_definition else (1, 0, 0, 1, 0))
    assert [item.line for item in read_rejected(stored)] == ([] if is_same_definition else [1])
