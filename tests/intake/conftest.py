"""A platform of its own for each test: home, lake, ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.intake.outbox import DATASET

from kangqiao.base.home import VARIABLE, Home
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.actions import FactSink, load_paths
from kangqiao.oversight.statistics.actions import forget_daily_facts, record_daily_facts
from kangqiao.registry.actions import ensure_institutions
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

FACTS = FactSink(record_daily_facts, forget_daily_facts)
Load = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> Home:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    home = Home(tmp_path / "home")
    home.create()
    ensure_institutions()
    return home


@pytest.fixture
def load(home: Home) -> Load:
    """Load paths; answers the receipts as machines get them."""
    return lambda *paths: [receipt.as_dict() for receipt in load_paths(paths, facts=FACTS)]


def lake_rows(home: Home) -> list[tuple[str, str, str]]:
    """Institution, day and key of every row of charges in the lake, sorted."""
    table = Lake(home.lake).table(Channel.SCHEDULED, catalogue().dataset(DATASET))
    paths = table.paths() if table else ()
    if not paths:
        return []
    found = duckdb.execute(
        "SELECT _institution, strftime(_day, '%Y-%m-%d'), charge_no FROM read_parquet($paths, hive_partitioning=false)",
        {"paths": list(paths)},
    ).fetchall()
    assert table is not None
    assert len(found) == table.rows()
    return sorted(found)
