"""Who sent what on which day (上报日历)."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from kangqiao.base.clock import now
from kangqiao.oversight.months import month_switch, this_month
from kangqiao.oversight.statistics.queries import latest_month, month_matrix
from kangqiao.oversight.statistics.rules import matrix_days, matrix_summary
from kangqiao.registry.models import InstitutionKind
from kangqiao.standards.model import CHANNEL_TITLES

CHANNELS = {"": "全部", **{str(channel): f"{title}数据" for channel, title in CHANNEL_TITLES.items()}}


@require_safe
def matrix_latest(request: HttpRequest) -> HttpResponse:
    """The newest month with data."""
    return redirect("matrix", latest_month() or this_month())


@require_safe
def matrix(request: HttpRequest, month: date) -> HttpResponse:
    """Institutions × days: datasets received of those due."""
    channel = request.GET.get("channel", "")
    channel = channel if channel in CHANNELS else ""
    today = now().date()
    groups = [(kind.label, month_matrix(month, kind, channel, today)) for kind in InstitutionKind]
    context = {
        "groups": groups,
        "days": matrix_days(month, today),
        "summary": matrix_summary([row for _, rows in groups for row in rows]),
        "channel": channel,
        "channels": CHANNELS,
        "switch": month_switch(month, "matrix", f"?channel={channel}" if channel else ""),
    }
    return render(request, "statistics/matrix.html", context)
