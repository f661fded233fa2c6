"""Verbs of accounts."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.db.models import F

from kangqiao.access.models import Grant, User
from kangqiao.access.rights import Reader, rights_table
from kangqiao.base.clock import now
from kangqiao.base.errors import RequestRefused

PASSWORD_BYTES = 12


@transaction.atomic
def give_password(username: str, role: str = "data_manager", institution_id: int | None = None) -> str:
    """Make an account, or give the one there a new password; answers the password.

    The password is random and shown this once. An account that was switched off is switched on again.
    """
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    user, _ = User.objects.get_or_create(username=username)
    user.set_password(password)
    user.is_active = True
    user.save()
    if not user.grants.exists():
        grant_role(user, role, institution_id, by=Reader.of_command())
    return password


@transaction.atomic
def grant_role(account: User, name: str, institution_id: int | None, *, by: Reader) -> Grant:
    """Grant a role; the account's sessions end. Raises RequestRefused when role and institution do not go together."""
    role = rights_table().roles.get(name)
    if role is None:
        raise RequestRefused("account.role", f"没有“{name}”这个角色，可用的有：{'、'.join(rights_table().roles)}。")
    if role.is_for_institution != (institution_id is not None):
        sentence = "要指定一家机构" if role.is_for_institution else "不按机构授予，请不要指定机构"
        raise RequestRefused("account.institution", f"角色“{role.title}”{sentence}。")
    granted, _ = Grant.objects.get_or_create(
        account=account, role=name, institution_id=institution_id,
        defaults={"granted_at": now(), "granted_by": by.name[:150]},
    )  # fmt: skip
    end_sessions(account)
    return granted


def end_sessions(account: User) -> None:
    """End every session of the account."""
    User.objects.filter(pk=account.pk).update(session_epoch=F("session_epoch") + 1)
    account.refresh_from_db(fields=["session_epoch"])
