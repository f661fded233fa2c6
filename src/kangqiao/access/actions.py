"""Verbs of accounts."""

from __future__ import annotations

import secrets

from django.db import transaction

from kangqiao.access.models import User

PASSWORD_BYTES = 12


@transaction.atomic
def give_password(username: str) -> str:
    """Make an account, or give the one there a new password; answers the password.

    The password is random and shown this once. An account that was switched off is switched on again.
    """
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    user, _ = User.objects.get_or_create(username=username)
    user.set_password(password)
    user.is_active = True
    user.save()
    return password
