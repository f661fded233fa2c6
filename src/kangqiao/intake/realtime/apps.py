"""App registration."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "kangqiao.intake.realtime"
    label = "realtime"
