"""The jobs' own housekeeping."""

from __future__ import annotations

from kangqiao.base.clock import now
from kangqiao.jobs.queue import forget_finished
from kangqiao.jobs.registry import every


@every("jobs.forget", seconds=3600)
def forget() -> None:
    forget_finished(now())
