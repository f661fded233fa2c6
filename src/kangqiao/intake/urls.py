"""Addresses of the ledger."""

from __future__ import annotations

from django.urls import path

from kangqiao.intake import views

urlpatterns = [
    path("submissions/", views.submissions, name="submissions"),
    path("submissions/export.csv", views.submissions_export, name="submissions-export"),
    path("submissions/<slug:submission_id>/", views.submission, name="submission"),
    path("submissions/<slug:submission_id>/rejected.csv", views.submission_rejected, name="submission-rejected"),
    path("submissions/<slug:submission_id>/receipt.csv", views.submission_csv, name="submission-csv"),
    path("submissions/<slug:submission_id>/receipt.xlsx", views.submission_xlsx, name="submission-xlsx"),
    path("submissions/<slug:submission_id>/replay", views.submission_replay, name="submission-replay"),
]
