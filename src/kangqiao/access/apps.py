"""App registration."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "kangqiao.access"
