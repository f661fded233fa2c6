"""App registration; once all apps are there, every app's ``tasks.py`` is read."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "kangqiao.jobs"

    def ready(self) -> None:
        autodiscover_modules("tasks")
