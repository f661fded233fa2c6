"""Replay as a job: asked for by a person or a machine, done by a worker."""

from __future__ import annotations

from django.db import transaction

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader
from kangqiao.base.errors import CallRefused, RequestRefused
from kangqiao.base.ids import new_id
from kangqiao.intake.actions import replay
from kangqiao.intake.addition_load import refuse_closed
from kangqiao.intake.ledger import FactSink
from kangqiao.intake.models import Submission, SubmissionState
from kangqiao.intake.queries import submission_for
from kangqiao.jobs.actions import enqueue
from kangqiao.jobs.models import Job

TASK = "submission.replay"


def request_replay(reader: Reader, submission_id: str) -> Job:
    """Have the rejected rows of a submission judged anew (重放).

    Raises CallRefused (409) when it has none, or is not the one that counts for its day.
    """
    item = submission_for(reader, submission_id, "submission.replay")
    try:
        refuse_closed(item)
    except RequestRefused as error:
        raise CallRefused(409, error.code, error.message) from error
    if not item.rejected:
        raise CallRefused(409, "replay.nothing", "这份回执没有拒收的数据，不用重放。")
    payload = {"submission": item.pk, "load": new_id(), "by": [reader.kind, reader.name]}
    with transaction.atomic():
        job = enqueue(TASK, payload, key=f"{TASK}:{item.pk}", institution_id=item.institution_id)
        detail = {"rows": item.rejected, "job": job.pk}
        record_event(reader, TASK, subject=item.pk, institution_id=item.institution_id, detail=detail)
    return job


def run_replay(submission_id: str, load_id: str, *, facts: FactSink, by: Reader) -> None:
    """The job: may run again, and replays once."""
    done = Submission.objects.filter(load_id=load_id).exclude(state=SubmissionState.ABORTED)
    item = Submission.objects.filter(pk=submission_id).first()
    if item is not None and not done.exists():
        replay(item, facts=facts, load_id=load_id, by=by)
