"""Addresses of the bulletin."""

from __future__ import annotations

from django.urls import path

import kangqiao.oversight.months  # noqa: F401  (registers the month in addresses)
from kangqiao.oversight.bulletin import views

urlpatterns = [
    path("bulletin/", views.bulletin_latest, name="bulletin-latest"),
    path("bulletin/<month:month>/", views.bulletin, name="bulletin"),
    path("bulletin/<month:month>/tables.xlsx", views.bulletin_xlsx, name="bulletin-xlsx"),
    path("bulletin/<month:month>/tables.json", views.bulletin_json, name="bulletin-json"),
]
