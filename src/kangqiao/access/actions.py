"""Verbs of accounts. Each writes its audit event in its own transaction; nobody changes his own account's rights."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.db.models import F

from kangqiao.access.audit.actions import record_event
from kangqiao.access.models import Grant, User
from kangqiao.access.rights import Reader, rights_table
from kangqiao.access.second_factor import remove_second_factor
from kangqiao.base.clock import now
from kangqiao.base.errors import RequestRefused

PASSWORD_BYTES = 12
ADMINISTRATOR = "system_administrator"


@transaction.atomic
def give_password(username: str, role: str = "", institution_id: int | None = None, *, by: Reader | None = None) -> str:
    """Make an account, or give the one there a new password; answers the password, random and shown this once.

    An account switched off is switched on. Without ``role``, a new account becomes a data manager (数据管理员).
    """
    by = by or Reader.of_command()
    user, is_new = User.objects.get_or_create(username=username)
    _refuse_own(user, by)
    password = _renew_password(user)
    record_event(by, "account.create" if is_new else "account.password", subject=username)
    if role or not user.grants.exists():
        grant_role(user, role or "data_manager", institution_id, by=by)
    return password


@transaction.atomic
def create_account(username: str, *, by: Reader) -> str:
    """Make an account without any role; answers its password. Raises RequestRefused when the name is taken."""
    if User.objects.filter(username__iexact=username).exists():
        raise RequestRefused("account.name", f"登录名“{username}”已经有人使用，请换一个。")
    password = _renew_password(User(username=username))
    record_event(by, "account.create", subject=username)
    return password


@transaction.atomic
def reset_password(account: User, *, by: Reader) -> str:
    """Give a new random password; the account's sessions end."""
    _refuse_own(account, by)
    password = _renew_password(account)
    record_event(by, "account.password", subject=account.username)
    return password


@transaction.atomic
def change_own_password(account: User, password: str, *, by: Reader) -> None:
    """Set the password that its owner has chosen; the account's other sessions end."""
    account.set_password(password)
    account.save(update_fields=["password"])
    record_event(by, "own.password", subject=account.username)


@transaction.atomic
def reset_second_factor(account: User, *, by: Reader) -> None:
    """Forget the account's second factor, whose device is lost; its sessions end."""
    _refuse_own(account, by)
    end_sessions(account)
    remove_second_factor(account, by=by)


@transaction.atomic
def grant_role(account: User, name: str, institution_id: int | None, *, by: Reader) -> None:
    """Grant a role; the account's sessions end. Raises RequestRefused when role and institution do not go together."""
    _refuse_own(account, by)
    role = rights_table().roles.get(name)
    if role is None:
        raise RequestRefused("account.role", f"没有“{name}”这个角色，可用的有：{'、'.join(rights_table().roles)}。")
    if role.is_for_institution != (institution_id is not None):
        sentence = "要指定一家机构" if role.is_for_institution else "不按机构授予，请不要指定机构"
        raise RequestRefused("account.institution", f"角色“{role.title}”{sentence}。")
    Grant.objects.get_or_create(
        account=account, role=name, institution_id=institution_id,  # type: ignore[misc]
        defaults={"granted_at": now(), "granted_by": by.name[:150]},
    )  # fmt: skip
    end_sessions(account)
    detail = {"role": name, "institution": institution_id}
    record_event(by, "account.grant", subject=account.username, detail=detail)


@transaction.atomic
def revoke_role(grant: Grant, *, by: Reader) -> None:
    """Take a role back; the account's sessions end."""
    _refuse_own(grant.account, by)
    if grant.role == ADMINISTRATOR:
        _refuse_last_administrator(grant.account)
    detail = {"role": grant.role, "institution": grant.institution_id}
    grant.delete()
    end_sessions(grant.account)
    record_event(by, "account.revoke", subject=grant.account.username, detail=detail)


@transaction.atomic
def switch_account(account: User, is_active: bool, *, by: Reader) -> None:
    """Switch an account off or on; switched off, its sessions end."""
    _refuse_own(account, by)
    if not is_active:
        _refuse_last_administrator(account)
    User.objects.filter(pk=account.pk).update(is_active=is_active)
    end_sessions(account)
    record_event(by, "account.on" if is_active else "account.off", subject=account.username)


def end_sessions(account: User) -> None:
    """End every session of the account."""
    User.objects.filter(pk=account.pk).update(session_epoch=F("session_epoch") + 1)
    account.refresh_from_db(fields=["session_epoch"])


def _renew_password(account: User) -> str:
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    account.set_password(password)
    account.is_active = True
    account.save()
    return password


def _refuse_own(account: User, by: Reader) -> None:
    if by.account_id is not None and by.account_id == account.pk:
        raise RequestRefused("account.own", "不能改动自己账号的权限，请由另一位系统管理员办理。")


def _refuse_last_administrator(account: User) -> None:
    """The grants are locked, so that two administrators cannot remove each other at once."""
    held = Grant.objects.select_for_update(of=("self",)).filter(role=ADMINISTRATOR, account__is_active=True)
    holders = {grant.account_id for grant in held}
    if holders == {account.pk}:
        raise RequestRefused("account.last", "这是最后一位系统管理员，不能停用，也不能收回角色；请先授予另一个账号。")
