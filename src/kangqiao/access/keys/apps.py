"""App registration."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "kangqiao.access.keys"
    label = "keys"
