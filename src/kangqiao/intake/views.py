"""Pages of the ledger: what came in, and what became of each row (上传记录、回执)."""

from __future__ import annotations

import csv
import logging
import tempfile
from collections.abc import Iterator
from io import StringIO

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from kangqiao.access.rights import needs
from kangqiao.intake.forms import SubmissionFilterForm
from kangqiao.intake.queries import (
    export_rows,
    filtered_submissions,
    rejected_rows,
    submission_or_404,
    successor_of,
    violations_of,
)
from kangqiao.intake.rejected import write_rejected_csv

PAGE = 50
ROWS_PAGE = 20
BOM = "\ufeff"

audit = logging.getLogger("kangqiao.audit")


@needs("submission.view")
@require_safe
def submissions(request: HttpRequest) -> HttpResponse:
    """The list, newest first; htmx asks for the results alone."""
    form = SubmissionFilterForm(request.GET)
    found = filtered_submissions(form.wanted()) if form.is_valid() else filtered_submissions(None)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "query": request.GET}
    template = "intake/_results.html" if _wants_part(request, "results") else "intake/submissions.html"
    return render(request, template, context)


@needs("submission.view")
@require_safe
def submissions_export(request: HttpRequest) -> StreamingHttpResponse:
    """All submissions that the filter finds, as CSV that a spreadsheet opens in Chinese."""
    form = SubmissionFilterForm(request.GET)
    found = filtered_submissions(form.wanted() if form.is_valid() else None)
    return StreamingHttpResponse(
        _csv_lines(export_rows(found)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="submissions.csv"'},
    )


@needs("submission.view")
@require_safe
def submission(request: HttpRequest, submission_id: str) -> HttpResponse:
    """One receipt (回执)."""
    item = submission_or_404(submission_id)
    page = Paginator(range(item.rejected), ROWS_PAGE).get_page(request.GET.get("page"))
    context = {
        "item": item,
        "successor": successor_of(item),
        "violations": violations_of(item),
        "page": page,
        "rows": rejected_rows(item, offset=(page.number - 1) * ROWS_PAGE, limit=ROWS_PAGE),
        "query": request.GET,
    }
    template = "intake/_rejected.html" if _wants_part(request, "rejected") else "intake/submission.html"
    return render(request, template, context)


@needs("submission.rejected")
@require_safe
def submission_rejected(request: HttpRequest, submission_id: str) -> FileResponse:
    """The rejected rows as the sender wrote them, each with its reason; for the sender to mend and send again."""
    item = submission_or_404(submission_id)
    audit.info("%s downloads the rejected rows of %s", request.user, item.pk)
    content = tempfile.TemporaryFile()  # noqa: SIM115  (FileResponse closes it)
    write_rejected_csv(item, content)
    content.seek(0)
    name = f"rejected-{item.dataset}-{item.day_text}-{item.pk}.csv"
    return FileResponse(content, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


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
