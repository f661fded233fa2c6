"""Pages of the ledger: what came in, and what became of each row (上传记录、回执)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from kangqiao.access.rights import needs, reader_of_request
from kangqiao.base.errors import CallRefused
from kangqiao.intake.downloads import receipt_csv_response, receipt_xlsx_response, rejected_response
from kangqiao.intake.forms import SubmissionFilterForm
from kangqiao.intake.queries import (
    amendments_of,
    export_rows,
    filtered_submissions,
    is_open,
    rejected_rows_for,
    submission_for,
    successor_of,
    violations_of,
)
from kangqiao.intake.replaying import request_replay

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
        "may_amend": is_open(item) and reader.covers("submission.send", item.institution_id),
        "may_replay": is_open(item) and reader.covers("submission.replay", item.institution_id),
        "amended_by": amendments_of(item),
    }
    template = "intake/_rejected.html" if _wants_part(request, "rejected") else "intake/submission.html"
    return render(request, template, context)


@needs("submission.rejected")
@require_safe
def submission_rejected(request: HttpRequest, submission_id: str) -> FileResponse:
    """The rejected rows as the sender wrote them, each with its reason; for the sender to mend and send again."""
    return rejected_response(reader_of_request(request), submission_id)


@needs("submission.view")
@require_safe
def submission_csv(request: HttpRequest, submission_id: str) -> StreamingHttpResponse:
    """The receipt as CSV."""
    return receipt_csv_response(submission_for(reader_of_request(request), submission_id))


@needs("submission.view")
@require_safe
def submission_xlsx(request: HttpRequest, submission_id: str) -> HttpResponse:
    """The receipt as a workbook."""
    return receipt_xlsx_response(submission_for(reader_of_request(request), submission_id))


@needs("submission.replay")
@require_POST
def submission_replay(request: HttpRequest, submission_id: str) -> HttpResponse:
    """Have the rejected rows judged by the rules of today (重放)."""
    try:
        request_replay(reader_of_request(request), submission_id)
    except CallRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "已安排重放：按现行规则重新检查拒收的数据，通过的随即入库，稍后刷新本页可见。")
    return redirect("submission", submission_id)


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
