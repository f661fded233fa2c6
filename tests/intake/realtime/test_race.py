"""Calls at once from processes of their own: one row a key, one answer a call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests import databases
from tests.intake.outbox import DATASET, DRUM_TOWER, HEADER, charge

CALLER = """
import sys
from kangqiao.web.boot import open_home
open_home()
from kangqiao.access.rights import Reader
from kangqiao.intake.realtime.actions import FormOrder, take_forms
from kangqiao.registry.queries import institution_by_text
from kangqiao.standards.catalogue import catalogue
name, dataset, mode, key, header, row = sys.argv[1:]
values = dict(zip(header.split(","), row.split(",")))
sys.stdin.readline()
order = FormOrder(institution_by_text(name), catalogue().dataset(dataset), mode, [values], key, Reader("key", "k"))
call, is_repeated = take_forms(order)
print(call.answer["rows"][0]["verdict"], call.pk)
"""


def call(home: Path, mode: str, keys: list[str]) -> list[tuple[str, str]]:
    """Verdict and call of one call a key, all let go at the same moment."""
    row = charge("C1", "2024-06-03")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CALLER, DRUM_TOWER, DATASET, mode, key, HEADER, row],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for key in keys
    ]  # fmt: skip
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(keys), [err[-2000:] for _, err in outs]
    return [(out.split()[0], out.split()[1]) for out, _ in outs]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KANGQIAO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_same_row_from_four_at_once_is_accepted_once(home: Path) -> None:
    answers = call(home, "new", ["a", "b", "c", "d"])
    assert sorted(verdict for verdict, _ in answers) == ["accepted", "duplicate", "duplicate", "duplicate"]
    rows = databases.rows(home, "SELECT verdict, is_current FROM realtime_formrow ORDER BY verdict")
    assert [(verdict, bool(current)) for verdict, current in rows] == [("accepted", True)] + [("duplicate", False)] * 3


def test_the_same_call_from_three_at_once_is_taken_once(home: Path) -> None:
    answers = call(home, "new", ["a", "a", "a"])
    assert len(set(answers)) == 1
    assert databases.rows(home, "SELECT count(*) FROM realtime_formrow") == [(1,)]
    assert databases.rows(home, "SELECT count(*) FROM audit_auditevent WHERE verb = 'form.send'") == [(1,)]


def test_of_three_cancellations_at_once_one_is_accepted(home: Path) -> None:
    call(home, "new", ["a"])
    answers = call(home, "cancel", ["b", "c", "d"])
    assert sorted(verdict for verdict, _ in answers) == ["accepted", "rejected", "rejected"]
