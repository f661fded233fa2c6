"""Each writes into ``HOME/trial.log`` when it begins, and again when it ends."""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime

from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import current_home
from kangqiao.jobs.actions import every, task


def _note(line: str) -> None:
    with (current_home().root / "trial.log").open("a") as handle:
        handle.write(f"{line}\n")


@task("trial.note")
def note(text: str) -> None:
    _note(text)


@task("trial.slow")
def slow(text: str, seconds: float) -> None:
    _note(f"begin {text}")
    time.sleep(seconds)
    _note(f"end {text}")


@task("trial.hang", attempts=1, limit_seconds=1)
def hang() -> None:
    _note("hang")
    time.sleep(600)


@task("trial.die", attempts=3)
def die() -> None:
    _note("die")
    os.kill(os.getpid(), signal.SIGKILL)


@task("trial.fail", attempts=3)
def fail(text: str) -> None:
    _note(f"fail {text}")
    datetime.fromisoformat(text)


@task("trial.refuse")
def refuse() -> None:
    raise RequestRefused("trial.wrong", "证件号 320102199001011234 有误。")


@every("trial.tick", seconds=1)
def tick() -> None:
    _note("tick")
