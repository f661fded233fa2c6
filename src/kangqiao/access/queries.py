"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kangqiao.access.models import Grant, SecondFactor, User
from kangqiao.access.rights import OWN, Reader, reach_of, rights_table


def reader_of(user: Any) -> Reader:
    """The reader that a request's user is. Without the second factor that a role asks for, only the way to get one."""
    if not isinstance(user, User) or not user.is_active:
        return Reader.nobody()
    granted = list(Grant.objects.filter(account=user).values_list("role", "institution_id"))
    reach = reach_of(granted)
    if needs_second_factor(granted) and not has_second_factor(user):
        reach = {OWN: None}
    return Reader("account", user.username, reach, user.pk)


def needs_second_factor(granted: Sequence[tuple[str, int | None]]) -> bool:
    """Whether one of the roles takes effect only with a second factor."""
    roles = rights_table().roles
    return any(name in roles and roles[name].needs_second_factor for name, _ in granted)


def has_second_factor(user: User) -> bool:
    return SecondFactor.objects.filter(account=user, confirmed_at__isnull=False).exists()


def is_second_factor_required(user: User) -> bool:
    """Whether a role granted to the account asks for a second factor."""
    return needs_second_factor(list(Grant.objects.filter(account=user).values_list("role", "institution_id")))


def grant_lines(user: User) -> list[tuple[int, str]]:
    """Key and words of each grant of the account: 机构工程师（江苏省中医院）."""
    found = Grant.objects.filter(account=user).select_related("institution")
    return [(item.pk, _words(item)) for item in found]


def account_lines() -> list[tuple[User, str]]:
    """All accounts by name, with their roles in words."""
    found = User.objects.order_by("username").prefetch_related("grants__institution")
    return [(item, "、".join(_words(grant) for grant in item.grants.all())) for item in found]


def _words(item: Grant) -> str:
    role = rights_table().roles.get(item.role)
    title = role.title if role else item.role
    return f"{title}（{item.institution}）" if item.institution else title
