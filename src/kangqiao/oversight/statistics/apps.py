"""App registration."""

from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    name = "kangqiao.oversight.statistics"
    label = "statistics"
