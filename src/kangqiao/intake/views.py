"""Pages of the ledger: what came in, and what became of each row (上传记录、回执)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from kangqiao.access.rights import needs, reader_of_request
from kangqiao.intake.downloads import rejected_response
from kangqiao.intake.forms import SubmissionFilterForm
from kangqiao.intake.queries import (
    export_rows,
    filtered_submissions,
    rejected_rows_for,
    submission_for,
    successor_of,
    violations_of,
)

PAGE = 50
ROWS_PAGE = 20
BOM = "\ufeff"


@needs("submission.view")
@require_safe
def submissions(request: HttpRequest) -> HttpResponse:
    """The list, newest first; htmx asks for the results alone."""
    reader = reader_of_request(request)
    form = SubmissionFilterForm(request.GET, reach=reader.institutions("submission.view"))
    found = filtered_submissions(reader, form.wanted() if form.is_valid() else None)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "query": request.GET}
    template = "intake/_results.html" if _wants_part(request, "results") else "intake/submissions.html"
    return render(request, template, context)


@needs("submission.view")
@require_safe
def submissions_export(request: HttpRequest) -> StreamingHttpResponse:
    """All submissions that the filter finds, as CSV that a spreadsheet opens in Chinese."""
    reader = reader_of_request(request)
    form = SubmissionFilterForm(request.GET, reach=reader.institutions("submission.view"))
    found = filtered_submissions(reader, form.wanted() if form.is_valid() else None)
    return StreamingHttpResponse(
        _csv_lines(export_rows(found)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="submissions.csv"'},
    )


@needs("submission.view")
@require_safe
def submission(request: HttpRequest, submission_id: str) -> HttpResponse:
    """One receipt (回执)."""
    reader = reader_of_request(request)
    item = submission_for(reader, submission_id)
    page = Paginator(range(item.rejected), ROWS_PAGE).get_page(request.GET.get("page"))
    context = {
        "item": item,
        "successor": successor_of(item),
        "violations": violations_of(item),
        "page": page,
        "is_opened": reader.covers("submission.rejected", item.institution_id),
        "rows": rejected_rows_for(reader, item, offset=(page.number - 1) * ROWS_PAGE, limit=ROWS_PAGE),
        "query": request.GET,
    }
    template = "intake/_rejected.html" if _wants_part(request, "rejected") else "intake/submission.html"
    return render(request, template, context)


@needs("submission.rejected")
@require_safe
def submission_rejected(request: HttpRequest, submission_id: str) -> FileResponse:
    """The rejected rows as the sender wrote them, each with its reason; for the sender to mend and send again."""
    return rejected_response(reader_of_request(request), submission_id)


def _wants_part(request: HttpRequest, target: str) -> bool:
    """Whether htmx asks for one part of the page. Going back in the browser asks for the whole page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx and not htmx.history_restore_request and htmx.target == target)


def _csv_lines(rows: Iterator[list[object]]) -> Iterator[str]:
    yield BOM
    for row in rows:
        line = StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue()
