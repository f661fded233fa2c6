"""App registration."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "kangqiao.intake"
