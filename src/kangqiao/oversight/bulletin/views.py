"""The bulletin's page and its downloads."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from kangqiao.access.rights import needs
from kangqiao.oversight.bulletin.documents import json_document, xlsx_document
from kangqiao.oversight.bulletin.queries import bulletin_tables
from kangqiao.oversight.months import month_switch, this_month
from kangqiao.oversight.statistics.queries import latest_month

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs("bulletin.view")
@require_safe
def bulletin_latest(request: HttpRequest) -> HttpResponse:
    """The newest month with data."""
    return redirect("bulletin", latest_month() or this_month())


@needs("bulletin.view")
@require_safe
def bulletin(request: HttpRequest, month: date) -> HttpResponse:
    """The month's tables."""
    context = {"tables": bulletin_tables(month), "month": month, "switch": month_switch(month, "bulletin")}
    return render(request, "bulletin/bulletin.html", context)


@needs("bulletin.view")
@require_safe
def bulletin_xlsx(request: HttpRequest, month: date) -> HttpResponse:
    """The month's tables as a workbook."""
    return _download(xlsx_document(month, bulletin_tables(month)), XLSX, f"kangqiao-{month:%Y-%m}.xlsx")


@needs("bulletin.view")
@require_safe
def bulletin_json(request: HttpRequest, month: date) -> HttpResponse:
    """The month's tables as data."""
    return _download(json_document(bulletin_tables(month)), "application/json", f"kangqiao-{month:%Y-%m}.json")


def _download(content: bytes | str, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
