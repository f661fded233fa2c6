"""Addresses of the monitoring desk."""

from __future__ import annotations

from datetime import date

from django.urls import path, register_converter

import kangqiao.oversight.months  # noqa: F401  (registers the month in addresses)
from kangqiao.base.clock import parse_day
from kangqiao.oversight.monitoring import streams, views


class DayConverter:
    """``2024-06-30`` in an address; anything else is not found."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return parse_day(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


class ViewConverter:
    """Which of the desk's tables."""

    regex = "days|datasets|realtime"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class SheetSuffixConverter(ViewConverter):
    """The form of an export."""

    regex = "csv|xlsx"


register_converter(DayConverter, "monitoring_day")
register_converter(ViewConverter, "monitoring_view")
register_converter(SheetSuffixConverter, "sheet_suffix")

urlpatterns = [
    path("monitoring/", views.desk_latest, name="monitoring-latest"),
    path("monitoring/events", streams.events, name="monitoring-events"),
    path("monitoring/<month:month>/", views.desk, name="monitoring"),
    path("monitoring/<month:month>/cells.json", views.desk_cells, name="monitoring-cells"),
    path("monitoring/<month:month>/datasets/", views.desk_datasets, name="monitoring-datasets"),
    path("monitoring/<month:month>/realtime/", views.desk_realtime, name="monitoring-realtime"),
    path(
        "monitoring/<month:month>/<monitoring_view:view>.<sheet_suffix:suffix>",
        views.desk_export,
        name="monitoring-export",
    ),
    path("monitoring/<str:code>/<monitoring_day:day>/", views.desk_day, name="monitoring-day"),
]
