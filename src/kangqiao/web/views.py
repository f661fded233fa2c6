"""The first page, which joins several rooms, and the health check."""

from __future__ import annotations

from datetime import date

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kangqiao.access.rights import needs, open_to_all, reader_of_request
from kangqiao.intake.queries import last_received_at, refused_submissions
from kangqiao.oversight.months import month_switch, this_month
from kangqiao.oversight.statistics.queries import latest_month, month_figures, month_totals

REFUSED_SHOWN = 5


@needs("home.view")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The newest month with data in words."""
    reach = reader_of_request(request).institutions("home.view")
    return home_month(request, latest_month(reach) or this_month())


@needs("home.view")
@require_safe
def home_month(request: HttpRequest, month: date) -> HttpResponse:
    """One month in words: who reported, who did not, what was refused."""
    reader = reader_of_request(request)
    reach = reader.institutions("home.view")
    figures = month_figures(month, reach=reach)
    silent = [item for item in figures if not item.has_reported]
    context = {
        "switch": month_switch(month, "home-month"),
        "institutions": len(figures),
        "reported": len(figures) - len(silent),
        "silent": silent,
        "totals": month_totals(month, reach),
        "refused": refused_submissions(reader, month, REFUSED_SHOWN),
        "last_received_at": last_received_at(reader),
    }
    return render(request, "web/home.html", context)


@open_to_all
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether the platform answers and its database can be read: 200 or 503. Says nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
    except DatabaseError:
        return JsonResponse({"status": "database unavailable"}, status=503)
    return JsonResponse({"status": "ok"})
