"""Real processes: two loads at once, and SIGKILL in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.intake.outbox import CHILDREN, DRUM_TOWER, charge, send

DAYS = [f"2024-06-{day:02d}" for day in range(1, 11)]


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kangqiao", "--home", str(home), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(home: Path, *arguments: str) -> str:
    process = start(home, *arguments)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def receipts(out: str) -> list[tuple[str, str, str, int]]:
    found = [json.loads(line) for line in out.splitlines()]
    return sorted((item["institution"], item["day"], item["state"], item["rows"]["stored"]) for item in found)


def rows_in_lake(home: Path) -> int:
    return sum(item["rows"] for item in json.loads(run(home, "lake", "list", "--json")))


def fill(folder: Path, institution: str) -> Path:
    for day in DAYS:
        send(folder, day, [charge(f"{day}-{number}", day) for number in range(20)], institution)
    return folder / institution


def test_two_loads_at_once_are_both_right(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folders = [fill(tmp_path / "out", DRUM_TOWER), fill(tmp_path / "out", CHILDREN), tmp_path / "out" / DRUM_TOWER]
    processes = [start(home, "load", str(folder), "--json") for folder in folders]
    outs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], [err for _, err in outs]
    found = [receipts(out) for out, _ in outs]
    assert found[1] == [(CHILDREN, day, "stored", 20) for day in DAYS]
    same = sorted([found[0], found[2]])
    assert same[0] == [(DRUM_TOWER, day, "stored", 20) for day in DAYS]
    assert same[1] == [(DRUM_TOWER, day, "unchanged", 0) for day in DAYS]
    assert rows_in_lake(home) == 400


def test_sigkill_then_the_same_load_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = fill(tmp_path / "out", DRUM_TOWER)
    for delay in (0.9, 1.3, 1.7):
        process = start(home, "load", str(folder), "--json")
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=120)
    found = receipts(run(home, "load", str(folder), "--json"))
    assert [(name, day) for name, day, _, _ in found] == [(DRUM_TOWER, day) for day in DAYS]
    assert {state for _, _, state, _ in found} <= {"stored", "unchanged"}
    assert rows_in_lake(home) == 200
