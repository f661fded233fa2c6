"""Addresses of the background jobs."""

from __future__ import annotations

from django.urls import path

from kangqiao.web.jobs import views

urlpatterns = [
    path("", views.jobs, name="jobs"),
    path("<slug:job_id>/retry", views.retry, name="job-retry"),
    path("<slug:job_id>/discard", views.discard, name="job-discard"),
]
