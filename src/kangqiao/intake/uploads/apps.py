"""App registration."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "kangqiao.intake.uploads"
    label = "uploads"
