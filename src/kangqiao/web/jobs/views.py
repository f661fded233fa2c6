"""The list of background jobs, and what a person can do about one that was given up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader, needs
from kangqiao.base.errors import StateConflict
from kangqiao.jobs.actions import discard_job, retry_job
from kangqiao.jobs.models import Job, JobState
from kangqiao.jobs.queries import job_or_none, jobs_by_state, jobs_in

PAGE = 50
TITLES = {str(state): str(state.label) for state in JobState}


def reader_of(request: HttpRequest) -> Reader:
    reader: Reader = request.reader  # type: ignore[attr-defined]
    return reader


@needs("job.view")
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Jobs in one state, those given up unless another is asked for."""
    state = request.GET.get("state", str(JobState.GIVEN_UP))
    if state not in TITLES:
        raise Http404
    reader = reader_of(request)
    found = jobs_in(state, reader.institutions("job.view"))
    counted = jobs_by_state()
    context = {
        "state": state,
        "title": TITLES[state],
        "states": [(name, title, counted[name]) for name, title in TITLES.items()],
        "given_up": counted[str(JobState.GIVEN_UP)],
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "may_retry": reader.may("job.retry"),
        "query": request.GET,
    }
    return render(request, "web/jobs.html", context)


@needs("job.retry")
@require_POST
def retry(request: HttpRequest, job_id: str) -> HttpResponse:
    """Try a job again that was given up."""
    return _changed(request, job_id, "job.retry", retry_job)


@needs("job.retry")
@require_POST
def discard(request: HttpRequest, job_id: str) -> HttpResponse:
    """Take a job that was given up off the list."""
    return _changed(request, job_id, "job.discard", discard_job)


def _changed(request: HttpRequest, job_id: str, verb: str, change: Callable[[str], Job]) -> HttpResponse:
    """Make the change with its audit event; the list says by itself when somebody else was quicker."""
    reader = reader_of(request)
    job = job_or_none(job_id)
    if job is None or not reader.covers("job.retry", job.institution_id):
        raise Http404
    with suppress(StateConflict), transaction.atomic():
        change(job_id)
        record_event(reader, verb, subject=job_id, institution_id=job.institution_id, detail={"task": job.task})
    return redirect("jobs")
