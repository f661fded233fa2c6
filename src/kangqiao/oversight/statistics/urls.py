"""Addresses of the reporting calendar."""

from __future__ import annotations

from django.urls import path

import kangqiao.oversight.months  # noqa: F401  (registers the month in addresses)
from kangqiao.oversight.statistics import views

urlpatterns = [
    path("matrix/", views.matrix_latest, name="matrix-latest"),
    path("matrix/<month:month>/", views.matrix, name="matrix"),
]
