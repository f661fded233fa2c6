"""Workers as they run: killed, asked to end, two at once, with jobs that hang and kill their process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests import databases

ROOT = Path(__file__).parents[2]
PUT = ROOT / "tests" / "jobs" / "trial" / "put.py"
WORK = (sys.executable, "-c", "from kangqiao.cli.main import main; main()", "work")
DEADLINE = 60.0


class Trial:
    """A home, the workers on it, and what their tasks wrote down."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.workers: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "KANGQIAO_HOME": str(home),
            "KANGQIAO_TRIAL_SETTINGS": os.environ["DJANGO_SETTINGS_MODULE"],
            "DJANGO_SETTINGS_MODULE": "tests.jobs.trial.settings",
            "PYTHONPATH": str(ROOT),
        }

    def put(self, *words: str) -> None:
        subprocess.run([sys.executable, PUT, *words], env=self.environment, check=True)

    def work(self, *options: str) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen([*WORK, *options], env=self.environment, stderr=subprocess.DEVNULL)
        self.workers.append(worker)
        return worker

    def log(self) -> list[str]:
        path = self.home / "trial.log"
        return path.read_text().splitlines() if path.exists() else []

    def jobs(self) -> dict[str, tuple[str, int]]:
        """Task → state and attempts, of those that tests put in."""
        statement = "SELECT task, state, attempts FROM jobs_job WHERE key = ''"
        return {task: (state, attempts) for task, state, attempts in databases.rows(self.home, statement)}


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(tmp_path / "home")
    trial.put("open")
    yield trial
    for worker in trial.workers:
        if worker.poll() is None:
            worker.kill()
        worker.wait()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_a_hanging_a_dying_a_failing_and_a_refused_job_stop_no_other(trial: Trial) -> None:
    bad = ["trial.hang", "{}", "trial.die", "{}", "trial.fail", '{"text": "never"}', "trial.refuse", "{}"]
    pairs = [bad[place : place + 2] for place in range(0, len(bad), 2)]
    trial.put(*(word for pair in pairs for word in ("enqueue", *pair)), "enqueue", "trial.note", '{"text": "good"}')
    worker = trial.work("--processes", "2")
    until(lambda: trial.jobs()["trial.note"][0] == "done")
    until(lambda: {state for state, _ in trial.jobs().values()} == {"done", "given_up"})
    assert trial.jobs() == {
        "trial.hang": ("given_up", 1),
        "trial.die": ("given_up", 3),
        "trial.fail": ("given_up", 3),
        "trial.refuse": ("given_up", 1),
        "trial.note": ("done", 1),
    }
    counted = Counter(trial.log())
    assert (counted["hang"], counted["die"], counted["fail never"], counted["good"]) == (1, 3, 3, 1)
    assert worker.poll() is None
    reasons = dict(databases.rows(trial.home, "SELECT task, reason FROM jobs_job WHERE state = 'given_up'"))
    assert reasons["trial.hang"] == "超过时限 1 秒，已中止。"
    assert reasons["trial.die"] == "执行它的进程意外结束（退出码 -9）。"
    assert reasons["trial.refuse"] == "证件号 3201**********1234 有误。（trial.wrong）"


def test_the_job_of_a_killed_worker_is_taken_up_again_and_its_children_end(trial: Trial) -> None:
    trial.put("enqueue", "trial.slow", '{"text": "it", "seconds": 3}')
    worker = trial.work()
    until(lambda: "begin it" in trial.log())
    children = psutil.Process(worker.pid).children(recursive=True)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    psutil.wait_procs(children, timeout=10)
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    assert trial.jobs() == {"trial.slow": ("running", 1)}
    trial.put("expire")
    assert trial.work("--once").wait(DEADLINE) == 0
    assert trial.jobs() == {"trial.slow": ("done", 2)}
    assert [line for line in trial.log() if line != "tick"] == ["begin it", "begin it", "end it"]


def test_a_worker_that_is_asked_to_end_finishes_what_it_has_begun_and_begins_nothing(trial: Trial) -> None:
    slow = ["enqueue", "trial.slow", '{"text": "first", "seconds": 3}']
    trial.put(*slow, "enqueue", "trial.note", '{"text": "second"}')
    worker = trial.work("--processes", "1")
    until(lambda: "begin first" in trial.log())
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(DEADLINE) == 0
    assert trial.jobs() == {"trial.slow": ("done", 1), "trial.note": ("waiting", 0)}
    assert psutil.pids().count(worker.pid) == 0


def test_two_workers_do_each_job_once_and_share_the_calendar(trial: Trial) -> None:
    words = [["enqueue", "trial.note", f'{{"text": "job {number}"}}'] for number in range(20)]
    trial.put(*(word for three in words for word in three))
    workers = [trial.work("--processes", "2") for _ in range(2)]
    until(lambda: databases.rows(trial.home, "SELECT count(*) FROM jobs_job WHERE state = 'done'") == [(20,)])
    until(lambda: trial.log().count("tick") >= 3)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(DEADLINE) for worker in workers] == [0, 0]
    assert sorted(line for line in trial.log() if line != "tick") == sorted(f"job {number}" for number in range(20))
