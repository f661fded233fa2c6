"""A city's own standards on the command line: check, load, bulletin, and what the officer reads when they are wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.intake.test_city_standards import BORN_LATER, CITY, NO_CODES, outgoing


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a city's standards and an outgoing file of two charges."""
    folder = tmp_path_factory.mktemp("city")
    for name, text in CITY.items():
        (folder / "city" / name).parent.mkdir(parents=True)
        (folder / "city" / name).write_text(text, encoding="utf-8")
    outgoing(folder / "out", BORN_LATER, NO_CODES)
    return folder


def kangqiao(folder: Path, *words: str, city: str = "city") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KANGQIAO_STANDARDS": str(folder / city), "KANGQIAO_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "kangqiao", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_check_load_and_bulletin_judge_by_the_city(folder: Path) -> None:
    (file,) = (folder / "out").rglob("*.csv")
    checked = json.loads(kangqiao(folder, "check", str(file), "--dataset", "outpatient_charge", "--json").stdout)
    assert checked["rows"] == {"received": 2, "accepted": 1, "rejected": 1, "duplicate": 0}
    assert {item["line"] for item in checked["samples"] if item["rule"] == "value_set"} == {3}

    loaded = json.loads(kangqiao(folder, "load", str(folder / "out"), "--json").stdout)
    assert loaded["rows"] == {"received": 2, "stored": 1, "duplicate": 0, "rejected": 1, "superseded": 0}

    tables = json.loads(kangqiao(folder, "bulletin", "2024-06", "--format", "json").stdout)
    stored = next(table for table in tables if table["title"] == "截至2024年6月底累计校验入库数据量")
    assert stored["rows"] == [["定时数据", 1, 1], ["实时数据", 0, 0], ["合计", 1, 1]]


def test_a_wrong_rule_of_the_city_stops_the_command_with_file_line_and_reason(folder: Path) -> None:
    rules = folder / "wrong" / "rules"
    rules.mkdir(parents=True)
    (rules / "bed.yaml").write_text(
        "dataset: bed\nchange:\n  - {code: rate_range, expr: daily_rat <= 10}\n", encoding="utf-8"
    )
    (file,) = (folder / "out").rglob("*.csv")
    done = kangqiao(folder, "check", str(file), "--dataset", "outpatient_charge", city="wrong")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"标准定义有误，未执行：{rules}/bed.yaml:3: change.rate_range: "
        "表达式中的 daily_rat 不是字段（definition.wrong）\n"
    )
