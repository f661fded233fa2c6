"""Addresses of uploads."""

from __future__ import annotations

from django.urls import path

from kangqiao.intake.uploads import views

urlpatterns = [
    path("uploads/", views.uploads, name="uploads"),
    path("uploads/new", views.upload_new, name="upload-new"),
    path("uploads/tus", views.tus, name="upload-tus"),
    path("uploads/tus/<slug:upload_id>", views.tus_one, name="upload-tus-one"),
    path("uploads/<slug:upload_id>/", views.upload, name="upload"),
]
