"""Accounts. Roles, rights and the audit trail grow here."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """One account (账号) of one person who works with the platform."""
