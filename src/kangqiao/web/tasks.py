"""Background tasks that join several rooms: intake loads, statistics counts."""

from __future__ import annotations

from kangqiao.access.rights import Reader
from kangqiao.base.clock import now
from kangqiao.intake.actions import FactSink
from kangqiao.intake.realtime.actions import flush_all
from kangqiao.intake.replaying import TASK as REPLAY
from kangqiao.intake.replaying import run_replay
from kangqiao.intake.uploads.actions import TASK as TAKE
from kangqiao.intake.uploads.actions import expire_uploads
from kangqiao.intake.uploads.taking import take_upload
from kangqiao.jobs.actions import every, task
from kangqiao.oversight.statistics.actions import forget_daily_facts, record_daily_facts

FACTS = FactSink(record_daily_facts, forget_daily_facts)
LONG = 6 * 3600.0
"""Seconds that the largest file may take."""


@task(TAKE, limit_seconds=LONG)
def take(upload: str) -> None:
    """Check and load, or only try, one complete upload."""
    take_upload(upload, facts=FACTS)


@task(REPLAY, limit_seconds=LONG)
def replay_rejected(submission: str, load: str, by: list[str]) -> None:
    """Judge the rejected rows of one submission by the rules of today."""
    run_replay(submission, load, facts=FACTS, by=Reader(by[0], by[1]))


@every("forms.flush", seconds=20, limit_seconds=LONG)
def flush_waiting_forms() -> None:
    """Bring accepted forms from the inbox to the lake."""
    flush_all(facts=FACTS)


@every("upload.expire", seconds=300)
def expire() -> None:
    """End uploads that nobody continues."""
    expire_uploads(now=now())
