"""Killed at any moment of a load, then the same load again: nothing lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.intake.conftest import FACTS, Load, lake_rows
from tests.intake.outbox import DATASET, charge, send

from kangqiao.base.home import Home
from kangqiao.engine.lake import lake as lake_module
from kangqiao.engine.lake.lake import Lake, LakeTable, drafts
from kangqiao.engine.lake.writing import LakeWriter
from kangqiao.intake import ledger, table_load
from kangqiao.intake.actions import roll_back_table
from kangqiao.intake.models import Batch, Submission
from kangqiao.intake.rejected import RejectedWriter
from kangqiao.intake.table_load import BatchLoad
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

DAY, NEXT = "2024-06-03", "2024-06-04"


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the code may catch it."""


MOMENTS: list[tuple[object, str, bool]] = [
    (table_load, "open_draft", False),
    (table_load, "open_draft", True),
    (RejectedWriter, "close", True),
    (table_load, "create_identity", True),
    (LakeWriter, "write_accepted", True),
    (LakeWriter, "write_remains", True),
    (BatchLoad, "_prepare", True),
    (LakeTable, "commit", False),
    (LakeTable, "_make_durable", True),
    (LakeTable, "commit", True),
    (table_load, "finish_batch", False),
    (table_load, "finish_batch", True),
    (table_load, "settle", True),
]
"""Every place where state changes: what is called there, and whether the kill comes before or after it."""


def kill_at(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, is_after: bool) -> None:
    real: Callable[..., Any] = getattr(owner, name)

    def die(*args: Any, **kwargs: Any) -> None:
        if is_after:
            real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(owner, name, die)


@pytest.mark.parametrize(
    ("owner", "name", "is_after"), MOMENTS, ids=[f"{m[1]}-{'after' if m[2] else 'before'}" for m in MOMENTS]
)
def test_a_kill_loses_nothing_and_doubles_nothing(
    home: Home, load: Load, tmp_path: Path, owner: object, name: str, is_after: bool
) -> None:
    load(send(tmp_path, DAY, [charge("C1", DAY), charge("C2", DAY)]))
    load(send(tmp_path, NEXT, [charge("C3", NEXT)]))
    path = send(tmp_path, DAY, [charge("C2", DAY), charge("C4", DAY), charge("C5", DAY, "x"), charge("C3", DAY)])
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, owner, name, is_after)
        with pytest.raises(Killed):
            load(path)
    load(path)
    assert lake_rows(home) == [("NJ-H02", DAY, "C2"), ("NJ-H02", DAY, "C4"), ("NJ-H02", NEXT, "C3")]
    assert sorted(fact.stored for fact in DailyFact.objects.all()) == [1, 2]
    assert [item.stored for item in Submission.objects.filter(is_current=True).order_by("day")] == [2, 1]
    assert not Submission.objects.filter(state="prepared").exists()
    assert_no_remains(home)


def assert_no_remains(home: Home) -> None:
    """Every data file belongs to a version, no draft and no rejected rows of a lost batch are left."""
    dataset = catalogue().dataset(DATASET)
    folder = Lake(home.lake).folder(Channel.SCHEDULED, dataset)
    table = Lake(home.lake).table(Channel.SCHEDULED, dataset)
    assert table is not None
    known = {path for item in table.versions() for path in table.paths(snapshot_id=item.snapshot_id)}
    assert {str(path) for path in folder.glob("*/*/*.parquet")} == known
    assert drafts(folder) == []
    batches = set(Batch.objects.filter(state="done").values_list("pk", flat=True))
    assert {path.stem for path in home.rejected.iterdir()} <= batches


def test_a_kill_inside_a_rollback_is_carried_to_its_end(home: Home, load: Load, tmp_path: Path) -> None:
    load(send(tmp_path, DAY, [charge("C1", DAY)]))
    first = Batch.objects.get().snapshot_id
    assert first is not None
    load(send(tmp_path, DAY, [charge("C2", DAY)]))
    dataset = catalogue().dataset(DATASET)
    for owner, name, is_after in ((LakeTable, "roll_back", False), (ledger, "finish_rollback", False)):
        with pytest.MonkeyPatch.context() as patch:
            kill_at(patch, owner, name, is_after)
            with pytest.raises(Killed):
                roll_back_table(Channel.SCHEDULED, dataset, first, facts=FACTS)
    load(send(tmp_path, NEXT, [charge("C3", NEXT)]))
    assert lake_rows(home) == [("NJ-H02", DAY, "C1"), ("NJ-H02", NEXT, "C3")]
    assert sorted(fact.stored for fact in DailyFact.objects.all()) == [1, 1]


def test_lost_files_are_found_by_their_draft(home: Home) -> None:
    folder = home.lake / "data" / "scheduled" / "x"
    lake_module.open_draft(folder, "b1")
    lost = folder / "NJ-H02" / "2024-06" / "b1-1.parquet"
    lost.parent.mkdir(parents=True)
    lost.write_bytes(b"")
    assert drafts(folder) == ["b1"]
    lake_module.discard(folder, "b1")
    assert (lost.exists(), drafts(folder)) == (False, [])
