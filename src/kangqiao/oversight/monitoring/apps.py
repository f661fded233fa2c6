"""App of the monitoring desk."""

from __future__ import annotations

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "kangqiao.oversight.monitoring"
    label = "monitoring"
    verbose_name = "监控台"
