"""What can be done with a job from outside the worker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from kangqiao.base.clock import now
from kangqiao.base.errors import StateConflict
from kangqiao.base.ids import new_id
from kangqiao.jobs.models import Job, JobState
from kangqiao.jobs.registry import TASKS, every, task

__all__ = ["discard_job", "enqueue", "every", "retry_job", "task"]


def enqueue(
    task: str,
    payload: dict[str, Any],
    *,
    key: str = "",
    run_at: datetime | None = None,
    institution_id: int | None = None,
) -> Job:
    """Have ``task`` called with ``payload`` as keyword arguments once the caller's transaction is through.

    A waiting job with the same non-empty key is given back instead of doubled. ``institution_id`` (else the payload's)
    may look at the job. Raises StateConflict for an unknown task, TypeError for a payload it does not take.
    """
    if task not in TASKS:
        raise StateConflict(f"no task of the name {task}")
    TASKS[task].check_payload(payload)
    moment = now()
    if institution_id is None:
        institution_id = payload.get("institution_id")
    job = Job(pk=new_id(), task=task, payload=payload, key=key, institution_id=institution_id)
    job.run_at, job.created_at = run_at or moment, moment
    return _with_key(job) if key else _saved(job)


def retry_job(job_id: str) -> Job:
    """Have a job that was given up tried again from the first attempt. Raises StateConflict when it is not given up."""
    return _moved(job_id, JobState.WAITING, attempts=0, run_at=now(), finished_at=None, lease="", lease_until=None)


def discard_job(job_id: str) -> Job:
    """Take a job that was given up off the list for good. Raises StateConflict when it is not given up."""
    return _moved(job_id, JobState.DISCARDED)


def _moved(job_id: str, state: JobState, **values: Any) -> Job:
    try:
        with transaction.atomic():
            count = Job.objects.filter(pk=job_id, state=JobState.GIVEN_UP).update(state=state, **values)
    except IntegrityError as error:
        raise StateConflict("a job with the same key is waiting already") from error
    if not count:
        raise StateConflict("the job is not among those given up")
    return Job.objects.get(pk=job_id)


def _saved(job: Job) -> Job:
    job.save(force_insert=True)
    return job


def _with_key(job: Job) -> Job:
    """The waiting job with the key, else this one; the unique constraint decides between two that come at once."""
    while True:
        try:
            with transaction.atomic():
                return _waiting(job.key) or _saved(job)
        except IntegrityError:
            if found := _waiting(job.key):
                return found


def _waiting(key: str) -> Job | None:
    return Job.objects.filter(key=key, state=JobState.WAITING).first()
