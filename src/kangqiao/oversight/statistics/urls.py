"""Addresses of the reporting calendar."""

from __future__ import annotations

from django.urls import path

import kangqiao.oversight.months  # noqa: F401  (registers the month in addresses)
from kangqiao.oversight.statistics import views

urlpatterns = [
    path("matrix/", views.matrix_latest, name="matrix-latest"),
    path("tables/", views.tables_latest, name="tables-latest"),
    path("tables/<month:month>/", views.tables, name="tables"),
    path("tables/<month:month>/<str:code>/", views.institution_tables, name="institution-tables"),
    path("matrix/<month:month>/", views.matrix, name="matrix"),
]
