"""A small city, from its outgoing folders to the bulletin: every figure as planned, every planted fault found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

INSTITUTIONS = "江宁区,高淳区,秦淮区,南京鼓楼医院,南京市第一医院,泰康仙林鼓楼医院,南京一民医院"
DAYS = "1-3"


def kangqiao(*arguments: str) -> str:
    command = [sys.executable, "-m", "kangqiao", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated city, loaded: ``out`` and its plan, ``home``, ``receipts.jsonl``."""
    folder = tmp_path_factory.mktemp("city")
    simulate = ("simulate", "--month", "2024-06", "--rows", "0.004", "--faults", "0.03", "--seed", "11")
    kangqiao(*simulate, "--institutions", INSTITUTIONS, "--days", DAYS, "--out", str(folder / "out"))
    receipts = kangqiao("--home", str(folder / "home"), "load", str(folder / "out"), "--json")
    (folder / "receipts.jsonl").write_text(receipts, "utf-8")
    return folder


def plan_of(city: Path) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads((city / "out" / "plan.json").read_text("utf-8"))
    return plan


def receipts_of(city: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (city / "receipts.jsonl").read_text("utf-8").splitlines()]


def test_the_bulletin_equals_the_plan_in_every_cell(city: Path) -> None:
    tables = json.loads(kangqiao("--home", str(city / "home"), "bulletin", "2024-06", "--format", "json"))
    printed = {row[0]: row[1:] for table in tables[:2] for row in table["rows"]}
    planned = {
        item["institution"]: [
            item["scheduled_rows"],
            item["realtime_days"],
            item["realtime_forms"],
            item["outpatient_visits"],
            item["outpatient_income_thousand_yuan"],
            item["discharges"],
            item["inpatient_income_thousand_yuan"],
        ]
        for item in plan_of(city)["institutions"]
    }
    assert len(planned) == 7
    assert {name: printed[name] for name in planned} == planned
    others = [cells for name, cells in printed.items() if name not in planned]
    assert others == [[0, 0, "0/11", 0, "/", 0, "/"]] * 44


def test_each_planted_fault_is_found_under_its_rule(city: Path) -> None:
    found: Counter[tuple[str, ...]] = Counter()
    for receipt in receipts_of(city):
        for item in receipt["violations"]:
            key = (receipt["channel"], receipt["dataset"], item["rule"], item["field"], item["severity"])
            found[key] += item["rows"]
    names = ("channel", "dataset", "rule", "field", "severity")
    planted = {tuple(item[name] for name in names): item["rows"] for item in plan_of(city)["faults_planted"]}
    assert found == planted


def test_every_row_is_accounted_for(city: Path) -> None:
    rows: Counter[str] = Counter()
    for receipt in receipts_of(city):
        rows.update(receipt["rows"])
    plan = plan_of(city)
    assert rows["received"] == plan["total_rows"] == rows["stored"] + rows["duplicate"] + rows["rejected"]
    assert rows["stored"] == plan["stored_scheduled"] + plan["stored_realtime"]
    lake = json.loads(kangqiao("--home", str(city / "home"), "lake", "list", "--json"))
    assert sum(item["rows"] for item in lake) == rows["stored"]
