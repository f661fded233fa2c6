"""Root addresses."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from kangqiao.web import views
from kangqiao.web.api import api_addresses
from kangqiao.web.api_page import api_page
from kangqiao.web.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("api/", api_page, name="api"),
    path("api/v1/", api_addresses()),
    path("jobs/", include("kangqiao.web.jobs.urls")),
    path("", include("kangqiao.access.urls")),
    path("", include("kangqiao.intake.urls")),
    path("", include("kangqiao.intake.uploads.urls")),
    path("", include("kangqiao.oversight.statistics.urls")),
    path("", include("kangqiao.oversight.bulletin.urls")),
    path("", include("kangqiao.oversight.monitoring.urls")),
    path("standards/", include("kangqiao.web.dictionary.urls")),
    path("months/<month:month>/", views.home_month, name="home-month"),
]
