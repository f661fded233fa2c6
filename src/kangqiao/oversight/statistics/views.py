"""Who sent what on which day (上报日历), and which tables of those prescribed and declared (应报、申报、已报)."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from kangqiao.access.rights import Reach, needs, reader_of_request
from kangqiao.base.clock import days_of_month, now
from kangqiao.oversight.months import month_switch, this_month
from kangqiao.oversight.statistics.queries import latest_month, month_matrix, month_tables, tables_for
from kangqiao.oversight.statistics.rules import matrix_days, matrix_summary, table_rows
from kangqiao.registry.models import InstitutionKind
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CHANNEL_TITLES

CHANNELS = {"": "全部", **{str(channel): f"{title}数据" for channel, title in CHANNEL_TITLES.items()}}


@needs("matrix.view")
@require_safe
def matrix_latest(request: HttpRequest) -> HttpResponse:
    """The newest month with data."""
    return redirect("matrix", latest_month(_reach(request, "matrix.view")) or this_month())


@needs("matrix.view")
@require_safe
def matrix(request: HttpRequest, month: date) -> HttpResponse:
    """Institutions × days: datasets received of those due."""
    channel = request.GET.get("channel", "")
    channel = channel if channel in CHANNELS else ""
    today = now().date()
    reach = _reach(request, "matrix.view")
    found = [(kind.label, month_matrix(month, kind, channel, today, reach)) for kind in InstitutionKind]
    groups = [(label, rows) for label, rows in found if rows or reach is None]
    context = {
        "groups": groups,
        "days": matrix_days(month, today),
        "summary": matrix_summary([row for _, rows in groups for row in rows]),
        "channel": channel,
        "channels": CHANNELS,
        "switch": month_switch(month, "matrix", f"?channel={channel}" if channel else ""),
    }
    return render(request, "statistics/matrix.html", context)


@needs("tables.view")
@require_safe
def tables_latest(request: HttpRequest) -> HttpResponse:
    """The newest month with data."""
    return redirect("tables", latest_month(_reach(request, "tables.view")) or this_month())


@needs("tables.view")
@require_safe
def tables(request: HttpRequest, month: date) -> HttpResponse:
    """Institutions with their tables prescribed, declared and uploaded."""
    reach = _reach(request, "tables.view")
    found = [(kind.label, month_tables(month, kind, reach)) for kind in InstitutionKind]
    groups = [(label, rows) for label, rows in found if rows or reach is None]
    context = {"groups": groups, "month": month, "switch": month_switch(month, "tables")}
    return render(request, "statistics/tables.html", context)


@needs("tables.view")
@require_safe
def institution_tables(request: HttpRequest, month: date, code: str) -> HttpResponse:
    """One institution's tables, each prescribed or not, declared or not, uploaded or not."""
    figures = tables_for(reader_of_request(request), month, code)
    context = {
        "figures": figures,
        "month": month,
        "rows": table_rows(figures.coverage, catalogue().datasets),
        "last": days_of_month(month)[-1],
    }
    return render(request, "statistics/institution_tables.html", context)


def _reach(request: HttpRequest, permission: str) -> Reach:
    return reader_of_request(request).institutions(permission)
