"""App registration."""

from django.apps import AppConfig


class BulletinConfig(AppConfig):
    name = "kangqiao.oversight.bulletin"
    label = "bulletin"
