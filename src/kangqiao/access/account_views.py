"""Pages of the administration of accounts (账号管理)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from kangqiao.access.actions import (
    create_account,
    grant_role,
    reset_password,
    reset_second_factor,
    revoke_role,
    switch_account,
)
from kangqiao.access.forms import GrantForm, NewAccountForm
from kangqiao.access.models import Grant, User
from kangqiao.access.queries import account_lines, grant_lines, has_second_factor
from kangqiao.access.rights import Reader, needs, reader_of_request
from kangqiao.base.errors import RequestRefused


@needs("account.view")
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """All accounts with their roles."""
    return _list_page(request, NewAccountForm())


@needs("account.manage")
@require_POST
def account_create(request: HttpRequest) -> HttpResponse:
    """Make an account; its password is shown this once."""
    form = NewAccountForm(request.POST)
    if not form.is_valid():
        return _list_page(request, form, status=422)
    name = form.cleaned_data["username"]
    try:
        password = create_account(name, by=reader_of_request(request))
    except RequestRefused as refused:
        form.add_error("username", refused.message)
        return _list_page(request, form, status=422)
    return _account_page(request, User.objects.get(username=name), password=password)


@needs("account.view")
@require_safe
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account."""
    return _account_page(request, get_object_or_404(User, pk=account_id))


@needs("account.manage")
@require_POST
def account_change(request: HttpRequest, account_id: int, change: str) -> HttpResponse:
    """Grant, revoke, switch off or on, reset the password or the second factor."""
    if change not in CHANGES:
        raise Http404
    found = get_object_or_404(User, pk=account_id)
    try:
        password = CHANGES[change](request, found, reader_of_request(request))
    except RequestRefused as refused:
        return _account_page(request, found, wrong=refused.message, status=422)
    return _account_page(request, found, password=password) if password else redirect("account", account_id)


def _grant(request: HttpRequest, found: User, by: Reader) -> str:
    form = GrantForm(request.POST)
    if not form.is_valid():
        raise RequestRefused("account.role", "没有这个角色或机构，请重新选择。")
    institution = form.cleaned_data["institution"]
    grant_role(found, form.cleaned_data["role"], institution.pk if institution else None, by=by)
    return ""


def _revoke(request: HttpRequest, found: User, by: Reader) -> str:
    text = request.POST.get("grant", "")
    revoke_role(get_object_or_404(Grant, pk=int(text) if text.isdecimal() else 0, account=found), by=by)
    return ""


def _off(request: HttpRequest, found: User, by: Reader) -> str:
    switch_account(found, False, by=by)
    return ""


def _on(request: HttpRequest, found: User, by: Reader) -> str:
    switch_account(found, True, by=by)
    return ""


def _password(request: HttpRequest, found: User, by: Reader) -> str:
    return reset_password(found, by=by)


def _second_factor(request: HttpRequest, found: User, by: Reader) -> str:
    reset_second_factor(found, by=by)
    return ""


CHANGES: dict[str, Callable[[HttpRequest, User, Reader], str]] = {
    "grant": _grant,
    "revoke": _revoke,
    "off": _off,
    "on": _on,
    "password": _password,
    "second-factor": _second_factor,
}


def _list_page(request: HttpRequest, form: NewAccountForm, *, status: int = 200) -> HttpResponse:
    return render(request, "access/accounts.html", {"lines": account_lines(), "form": form}, status=status)


def _account_page(request: HttpRequest, found: User, *, status: int = 200, **more: object) -> HttpResponse:
    context = {
        "item": User.objects.get(pk=found.pk),
        "grants": grant_lines(found),
        "has_second_factor": has_second_factor(found),
        "form": GrantForm(),
        "is_own": found.pk == request.user.pk,
        **more,
    }
    return render(request, "access/account.html", context, status=status)
