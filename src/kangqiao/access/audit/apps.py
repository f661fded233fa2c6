"""App registration."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "kangqiao.access.audit"
    label = "audit"
