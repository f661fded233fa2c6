"""The table as a queue: taking a job, keeping it, reporting its end. Every move is one conditional update.

On PostgreSQL takers step over rows that another is taking (SKIP LOCKED); on SQLite writers come one after another
anyway. In both the update names the lease it saw, so no two workers hold the same start.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet

from kangqiao.base.ids import new_id
from kangqiao.jobs.models import Job, JobState, PeriodicTask, TaskPace
from kangqiao.jobs.registry import TASKS
from kangqiao.jobs.rules import TROUBLED, Outcome, pause_seconds, rest_seconds

LEASE = timedelta(seconds=60)
KEPT = timedelta(days=7)
"""How long finished jobs can be looked at."""
PERIODIC = "every:"

log = logging.getLogger("kangqiao.jobs")


def take_job(moment: datetime, full: Collection[str] = ()) -> Job | None:
    """The job that is due longest, now running with a fresh lease; None when there is none.

    Jobs of tasks in ``full``, of tasks at rest and of tasks this program does not know are left.
    """
    names = [name for name in TASKS if name not in full]
    if not _due(moment, names).exists():
        return None
    with transaction.atomic():
        return _take(moment, names)


def _due(moment: datetime, names: Sequence[str]) -> QuerySet[Job]:
    is_due = Q(state=JobState.WAITING, run_at__lte=moment) | Q(state=JobState.RUNNING, lease_until__lt=moment)
    resting = TaskPace.objects.filter(rest_until__gt=moment).values("task")
    return Job.objects.filter(is_due, task__in=names).exclude(task__in=resting).order_by("run_at", "id")


def _take(moment: datetime, names: Sequence[str]) -> Job | None:
    due = _due(moment, names)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True, of=("self",))
    job = due.first()
    if job is None:
        return None
    if not _may_begin(job.task, moment):
        return _take(moment, [name for name in names if name != job.task])
    if job.attempts >= TASKS[job.task].attempts:
        _move(job, JobState.GIVEN_UP, moment, reason=f"执行它的进程意外中断，已试 {job.attempts} 次。")
        return _take(moment, names)
    return _begun(job, moment)


def _may_begin(task: str, moment: datetime) -> bool:
    """Of a troubled task one job begins after each rest: whoever moves the rest on may begin it."""
    pace = TaskPace.objects.filter(task=task, failures__gte=TROUBLED).first()
    if pace is None:
        return True
    rest = moment + timedelta(seconds=rest_seconds(pace.failures))
    return bool(TaskPace.objects.filter(pk=task, rest_until=pace.rest_until).update(rest_until=rest))


def _begun(job: Job, moment: datetime) -> Job | None:
    values = {
        "state": JobState.RUNNING,
        "lease": new_id(),
        "lease_until": moment + LEASE,
        "attempts": job.attempts + 1,
    }
    if not Job.objects.filter(pk=job.pk, state=job.state, lease=job.lease).update(**values):
        return None
    for name, value in values.items():
        setattr(job, name, value)
    return job


def keep_jobs(leases: Sequence[str], moment: datetime) -> None:
    """The heartbeat: these starts are alive."""
    Job.objects.filter(state=JobState.RUNNING, lease__in=leases).update(lease_until=moment + LEASE)


def report_end(job: Job, outcome: Outcome, moment: datetime) -> None:
    """Write down how a start ended; nothing when the lease has gone to somebody else meanwhile."""
    with transaction.atomic():
        if outcome.is_good:
            _end_well(job, moment)
        else:
            _end_badly(job, outcome, moment)


def _end_well(job: Job, moment: datetime) -> None:
    if job.key.startswith(PERIODIC):
        # What comes every few seconds leaves no trace when all is well.
        Job.objects.filter(pk=job.pk, lease=job.lease).delete()
    else:
        _move(job, JobState.DONE, moment, reason="")
    TaskPace.objects.filter(pk=job.task).exclude(failures=0).update(failures=0, last_failed="", rest_until=None)


def _end_badly(job: Job, outcome: Outcome, moment: datetime) -> None:
    if outcome.is_final or job.attempts >= TASKS[job.task].attempts:
        is_moved = _move(job, JobState.GIVEN_UP, moment, reason=outcome.reason)
    else:
        is_moved = _put_back(job, moment + timedelta(seconds=pause_seconds(job.attempts, random.random())), outcome)
    if is_moved and not outcome.is_final:
        _slow_down(job, moment)


def _slow_down(job: Job, moment: datetime) -> None:
    pace, _ = TaskPace.objects.get_or_create(pk=job.task)
    if pace.last_failed == job.pk:
        return
    TaskPace.objects.filter(pk=job.task).update(failures=F("failures") + 1, last_failed=job.pk)
    if rest := rest_seconds(pace.failures + 1):
        TaskPace.objects.filter(pk=job.task).update(rest_until=moment + timedelta(seconds=rest))


def give_back(job: Job, moment: datetime) -> None:
    """The worker ends in good order: the job waits again, and this start does not count."""
    with transaction.atomic():
        if _put_back(job, moment, Outcome(job.reason)):
            Job.objects.filter(pk=job.pk, attempts__gt=0).update(attempts=F("attempts") - 1)


def _put_back(job: Job, run_at: datetime, outcome: Outcome) -> bool:
    """Wait again; a job whose key is waiting anew has nothing left to do."""
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease=job.lease)
    values = {"reason": outcome.reason, "lease": "", "lease_until": None}
    try:
        with transaction.atomic():
            return bool(mine.update(state=JobState.WAITING, run_at=run_at, **values))
    except IntegrityError:
        return _move(job, JobState.DISCARDED, run_at, reason=outcome.reason)


def _move(job: Job, state: JobState, moment: datetime, *, reason: str) -> bool:
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease=job.lease)
    if state == JobState.GIVEN_UP and job.key.startswith(PERIODIC):
        Job.objects.filter(key=job.key, state=JobState.GIVEN_UP).delete()  # the newest reason is enough
    return bool(mine.update(state=state, reason=reason, lease="", lease_until=None, finished_at=moment))


def begin_periodic(moment: datetime) -> None:
    """Put the periodic tasks that are due among the waiting jobs, each once across all workers."""
    next_at = dict(PeriodicTask.objects.values_list("task", "next_at"))
    for task in TASKS.values():
        if task.every_seconds is not None and next_at.get(task.name, moment) <= moment:
            _begin(task.name, task.every_seconds, moment)


def _begin(name: str, seconds: float, moment: datetime) -> None:
    key = f"{PERIODIC}{name}"
    with transaction.atomic():
        PeriodicTask.objects.get_or_create(pk=name, defaults={"next_at": moment})
        following = moment + timedelta(seconds=seconds)
        is_mine = PeriodicTask.objects.filter(pk=name, next_at__lte=moment).update(next_at=following)
        busy = Job.objects.filter(key=key, state__in=[JobState.WAITING, JobState.RUNNING])
        if is_mine and not busy.exists():
            Job.objects.create(pk=new_id(), task=name, key=key, run_at=moment, created_at=moment)


def forget_finished(moment: datetime) -> None:
    """Delete jobs that were done or discarded a week ago."""
    old = Q(state=JobState.DONE, finished_at__lt=moment - KEPT) | Q(
        state=JobState.DISCARDED, created_at__lt=moment - KEPT
    )
    Job.objects.filter(old).delete()
