"""``kangqiao load``, ``receipt`` and ``lake`` as a shell sees them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests import databases
from tests.intake.outbox import DATASET, DRUM_TOWER, charge, send

DAY = "2024-06-03"


def kangqiao(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kangqiao", *arguments, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, subprocess.CompletedProcess[str]]:
    """A home with blanks and Chinese in its name, a folder with a good and two bad files, and what loading it said."""
    folder = tmp_path_factory.mktemp("cli")
    send(folder / "out", DAY, [charge("C1", DAY), charge("C2", DAY, "x"), charge("C1", DAY)])
    send(folder / "out", DAY, [charge("C1", DAY)], "无此医院")
    (folder / "out" / DRUM_TOWER / "scheduled" / DATASET / "2024-06-04.csv").mkdir()
    home = folder / "数据 目录"
    return folder, home, kangqiao(home, "load", str(folder / "out"), "--json")


def test_a_receipt_a_line_and_exit_1_when_a_file_was_refused(loaded: tuple) -> None:
    _, _, done = loaded
    assert done.returncode == 1
    assert done.stderr == ""
    receipts = [json.loads(line) for line in done.stdout.splitlines()]
    found = {(item["institution"], item["day"]): item for item in receipts}
    assert {key: item["state"] for key, item in found.items()} == {
        ("无此医院", DAY): "refused",
        (DRUM_TOWER, "2024-06-04"): "refused",
        (DRUM_TOWER, DAY): "stored",
    }
    assert found["无此医院", DAY]["error"]["code"] == "institution.unknown"
    assert found[DRUM_TOWER, "2024-06-04"]["error"]["code"] == "file.directory"
    counts = {"received": 3, "stored": 1, "duplicate": 1, "rejected": 1, "superseded": 0}
    assert found[DRUM_TOWER, DAY]["rows"] == counts


def test_keys_and_database_are_the_owners_alone(loaded: tuple) -> None:
    _, home, _ = loaded
    names = ["person.key", "secret.key", *databases.files()]
    assert [(home / name).stat().st_mode & 0o777 for name in names] == [0o600] * len(names)
    assert home.stat().st_mode & 0o777 == 0o700


def test_the_receipt_again_and_its_rejected_rows(loaded: tuple) -> None:
    folder, home, done = loaded
    (identifier,) = [item["id"] for line in done.stdout.splitlines() if (item := json.loads(line))["state"] == "stored"]
    out = folder / "rejected.csv"
    again = kangqiao(home, "receipt", identifier, "--rejected", str(out))
    assert again.returncode == 0
    rejected = json.loads(again.stdout)["rejected_rows"]
    assert [(row["line"], row["field"], row["rule"], row["value"]) for row in rejected] == [
        (3, "total_amount", "type", "x")
    ]
    (row,) = csv.DictReader(io.StringIO(out.read_text("utf-8-sig")))
    assert (row["_line"], row["_rule"], row["charge_no"], row["total_amount"]) == ("3", "type", "C2", "x")


def test_an_unknown_receipt_is_a_sentence_and_exit_2(loaded: tuple) -> None:
    _, home, _ = loaded
    done = kangqiao(home, "receipt", "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "没有编号为 nothing 的上传。（submission.unknown）\n"


def test_the_lake_can_be_listed(loaded: tuple) -> None:
    _, home, _ = loaded
    done = kangqiao(home, "lake", "list", "--json")
    (row,) = json.loads(done.stdout)
    assert (row["channel"], row["dataset"], row["rows"], row["versions"]) == ("scheduled", DATASET, 1, 1)


def test_a_path_that_is_not_there(loaded: tuple) -> None:
    folder, home, _ = loaded
    done = kangqiao(home, "load", str(folder / "nowhere"), "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, "file.absent")


def test_a_full_disk_is_a_sentence_and_the_next_load_goes_on(tmp_path: Path) -> None:
    send(tmp_path / "out", DAY, [charge(f"C{number}", DAY) for number in range(20_000)])
    home = tmp_path / "home"
    assert kangqiao(home, "lake", "list").returncode == 0
    command = f"ulimit -f 900; exec {sys.executable} -m kangqiao --home {home} load {tmp_path / 'out'}"
    full = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert (full.returncode, full.stdout) == (2, "")
    assert full.stderr.startswith("处理中断：")
    assert "Traceback" not in full.stderr
    again = kangqiao(home, "load", str(tmp_path / "out"), "--json")
    assert json.loads(again.stdout)["rows"]["stored"] == 20_000


def test_a_home_that_lake_addresses_cannot_hold_is_refused(tmp_path: Path) -> None:
    done = kangqiao(tmp_path / "a#1", "lake", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"数据目录的路径不能含有 #：{tmp_path / 'a#1'}。（home.path）\n"


def test_a_load_goes_on_when_nobody_reads_its_receipts(tmp_path: Path) -> None:
    for day in range(1, 4):
        send(tmp_path / "out", f"2024-06-0{day}", [charge(f"C{day}", f"2024-06-0{day}")])
    load = f"{sys.executable} -m kangqiao --home {tmp_path / 'home'} load {tmp_path / 'out'} --json"
    command = f"{load} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(kangqiao(tmp_path / "home", "lake", "list", "--json").stdout)[0]["rows"] == 3
