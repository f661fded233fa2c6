"""After any sequence of loads, resends and refusals the ledger adds up and the lake holds what it says."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.conftest import FACTS, lake_rows
from tests.intake.outbox import CHILDREN, DRUM_TOWER, charge, send

from kangqiao.base.home import VARIABLE, Home
from kangqiao.intake.actions import load_paths
from kangqiao.intake.models import Submission
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.registry.actions import ensure_institutions

DAYS = ("2024-06-03", "2024-06-04")
CODES = {DRUM_TOWER: "NJ-H02", CHILDREN: "NJ-H05"}

keys = st.sampled_from(["C1", "C2", "C3", "C4"])
rows = st.lists(st.tuples(keys, st.booleans()), max_size=5)
"""A row is a key and whether its amount can be read."""
files = st.tuples(st.sampled_from(sorted(CODES)), st.sampled_from(DAYS), rows, st.booleans())
"""Institution, day, rows, and whether the file is refused (it holds a NUL byte)."""
loads = st.lists(st.lists(files, min_size=1, max_size=3), min_size=1, max_size=4)


class City:
    """What the lake must hold: institution → day → keys."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, list[str]]] = {name: {} for name in CODES}

    def take(self, institution: str, day: str, sent: list[tuple[str, bool]], others: set[str]) -> Counter[str]:
        """Replace a day; answers rows by fate. ``others`` are keys stored for days that are not replaced."""
        kept: list[str] = []
        fates: Counter[str] = Counter(received=len(sent))
        for key, is_legible in sent:
            if not is_legible:
                fates["rejected"] += 1
            elif key in kept or key in others:
                fates["duplicate"] += 1
            else:
                kept.append(key)
                fates["stored"] += 1
        fates["superseded"] = len(self.stored[institution].get(day, []))
        self.stored[institution][day] = kept
        return fates

    def load(self, batch: list[tuple[str, str, list[tuple[str, bool]], bool]]) -> None:
        """One load; of several files of one day the last counts, files of a batch are judged in order of days."""
        for round_ in rounds(batch):
            coming = {(institution, day) for institution, day, _, is_refused in round_ if not is_refused}
            for institution, day, sent, is_refused in sorted(round_, key=lambda item: item[1]):
                if not is_refused:
                    coming.discard((institution, day))
                    others = {
                        key
                        for other, found in self.stored[institution].items()
                        if other != day and (institution, other) not in coming
                        for key in found
                    }
                    self.take(institution, day, sent, others)

    def rows(self) -> list[tuple[str, str, str]]:
        return sorted(
            (CODES[institution], day, key)
            for institution, days in self.stored.items()
            for day, found in days.items()
            for key in found
        )


def rounds(batch: list) -> list[list]:
    result: list[list] = []
    for item in batch:
        place = next((part for part in result if all(other[:2] != item[:2] for other in part)), None)
        if place is None:
            result.append([item])
        else:
            place.append(item)
    return result


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=loads)
def test_the_ledger_adds_up(sequence: list, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        monkeypatch.setenv(VARIABLE, f"{folder}/home")
        home = Home(Path(folder) / "home")
        home.create()
        ensure_institutions()
        city = City()
        for number, batch in enumerate(sequence):
            paths = [write(Path(folder) / f"{number}-{place}", item) for place, item in enumerate(batch)]
            list(load_paths(paths, facts=FACTS))
            city.load(batch)
            assert lake_rows(home) == city.rows()
            assert_ledger(city)
        transaction.set_rollback(True)


def write(folder: Path, item: tuple) -> Path:
    institution, day, sent, is_refused = item
    path = send(folder, day, [charge(key, day, "1.00" if is_legible else "x") for key, is_legible in sent], institution)
    if is_refused:
        path.write_bytes(path.read_bytes() + b"\0")
    return path


def assert_ledger(city: City) -> None:
    totals: Counter[str] = Counter()
    for item in Submission.objects.exclude(state="unchanged"):
        assert item.received == item.stored + item.duplicate + item.rejected
        totals["stored"] += item.stored
        totals["superseded"] += item.superseded
    assert totals["stored"] - totals["superseded"] == len(city.rows())
    current = Submission.objects.filter(is_current=True)
    facts = sorted(DailyFact.objects.values_list("submission_id", "received", "stored"))
    assert facts == sorted(current.values_list("pk", "received", "stored"))
