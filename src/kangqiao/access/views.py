"""Pages of sign-in and of one's own security (登录、账号安全)."""

from __future__ import annotations

from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.views import LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kangqiao.access.actions import change_own_password, end_sessions
from kangqiao.access.audit.actions import record_event
from kangqiao.access.forms import CodeForm, OwnPasswordForm, SignInForm
from kangqiao.access.models import SecondFactor, User
from kangqiao.access.queries import has_second_factor, is_second_factor_required, reader_of
from kangqiao.access.rights import Reader, needs, open_to_all, reader_of_request
from kangqiao.access.rules import CODE_WITHIN
from kangqiao.access.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    is_right_code,
    remove_second_factor,
    setup_picture,
    setup_text,
)
from kangqiao.access.sources import begin_attempt, forgive, remember_device, sources_of
from kangqiao.base.clock import now

PENDING = "second_factor_pending"
BACKEND = "django.contrib.auth.backends.ModelBackend"
WRONG_CODE = "动态口令不对或已经用过，请等下一个口令再试。"

sign_out = open_to_all(LogoutView.as_view())


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Account and password; then the code, where the account has a second factor."""
    wanted = _safe_next(request)
    if request.user.is_authenticated:
        return redirect(wanted)
    if request.method != "POST":
        return _sign_in_page(request, SignInForm(request), wanted)
    name = request.POST.get("username", "").strip()[:150]
    form = SignInForm(request, request.POST)
    if not name or not request.POST.get("password"):
        form.is_valid()
        return _sign_in_page(request, form, wanted)
    sources = sources_of(request, name, "password")
    if wait := begin_attempt(sources, now()):
        return _wait_page(request, "access/sign_in.html", SignInForm(request), wait, wanted)
    if not form.is_valid():
        _note_refusal(name)
        return _sign_in_page(request, form, wanted)
    forgive(sources)
    account = User.objects.get(pk=form.get_user().pk)
    if not has_second_factor(account):
        return _admit(request, account, wanted)
    request.session.cycle_key()
    request.session[PENDING] = [account.pk, account.get_session_auth_hash(), now().timestamp(), wanted]
    return redirect("sign-in-code")


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The code of the second factor, within minutes of the right password."""
    found = _pending(request)
    if found is None:
        request.session.pop(PENDING, None)
        return redirect("sign-in")
    account, wanted = found
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "access/sign_in_code.html", {"form": form})
    sources = sources_of(request, account.username, "code")
    if wait := begin_attempt(sources, now()):
        return _wait_page(request, "access/sign_in_code.html", CodeForm(), wait, wanted)
    if not is_right_code(account, form.cleaned_data["code"], now()):
        _note_refusal(account.username)
        form.add_error("code", WRONG_CODE)
        return render(request, "access/sign_in_code.html", {"form": form})
    forgive(sources)
    del request.session[PENDING]
    return _admit(request, account, wanted)


def _admit(request: HttpRequest, account: User, wanted: str) -> HttpResponse:
    """Begin the session; the device is known from now on."""
    with transaction.atomic():
        login(request, account, backend=BACKEND)
        record_event(reader_of(account), "sign_in", subject=account.username)
    response = redirect(wanted)
    remember_device(request, response, account.username)
    return response


def _pending(request: HttpRequest) -> tuple[User, str] | None:
    """Whose password was right a moment ago, and where to go on; None when it is too long ago or no longer so."""
    key, bound, at, wanted = request.session.get(PENDING, [None, "", 0.0, ""])
    account = User.objects.filter(pk=key, is_active=True).first()
    is_fresh = now().timestamp() - at <= CODE_WITHIN.total_seconds()
    return (account, wanted) if account and is_fresh and bound == account.get_session_auth_hash() else None


def _note_refusal(name: str) -> None:
    """Write the failure down. A name that no account has is left out: it may be a password in the wrong field."""
    known = User.objects.filter(username=name).values_list("username", flat=True).first()
    with transaction.atomic():
        record_event(Reader.nobody(), "sign_in", subject=known or "", outcome="refused")


def _sign_in_page(request: HttpRequest, form: SignInForm, wanted: str) -> HttpResponse:
    return render(request, "access/sign_in.html", {"form": form, "next": wanted})


def _wait_page(
    request: HttpRequest, template: str, form: SignInForm | CodeForm, wait: int, wanted: str
) -> HttpResponse:
    context = {"form": form, "wait": wait, "next": wanted}
    response = render(request, template, context, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _safe_next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("home")


@needs("own.security")
@require_safe
def own_security(request: HttpRequest) -> HttpResponse:
    """One's own password and second factor."""
    return _security_page(request, OwnPasswordForm(_account(request)))


@needs("own.security")
@sensitive_post_parameters()
@require_POST
def own_password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; other sessions end, this one goes on."""
    account = _account(request)
    form = OwnPasswordForm(account, request.POST)
    sources = sources_of(request, account.username, "password")
    if wait := begin_attempt(sources, now()):
        return _security_page(request, OwnPasswordForm(account), wait=wait, status=429)
    if not form.is_valid():
        return _security_page(request, form)
    forgive(sources)
    change_own_password(account, form.cleaned_data["new"], by=reader_of_request(request))
    update_session_auth_hash(request, account)
    return _security_page(request, OwnPasswordForm(account), done="密码已修改，其他地方的登录已退出。")


@needs("own.security")
@require_POST
def own_factor_begin(request: HttpRequest) -> HttpResponse:
    """Make a secret and show it; it counts once its first code is right."""
    begin_second_factor(_account(request))
    return redirect("own-security")


@needs("own.security")
@require_POST
def own_factor_confirm(request: HttpRequest) -> HttpResponse:
    """Take the first code; show the recovery codes this once."""
    account = _account(request)
    codes = confirm_second_factor(account, request.POST.get("code", "").strip(), now(), by=reader_of_request(request))
    if not codes:
        return _security_page(request, OwnPasswordForm(account), wrong=WRONG_CODE)
    end_sessions(account)
    update_session_auth_hash(request, account)
    return _security_page(request, OwnPasswordForm(account), codes=codes)


@needs("own.security")
@sensitive_post_parameters()
@require_POST
def own_factor_remove(request: HttpRequest) -> HttpResponse:
    """Give up the device, by password: to set up another one, or none where no role asks for it."""
    account = _account(request)
    sources = sources_of(request, account.username, "password")
    if wait := begin_attempt(sources, now()):
        return _security_page(request, OwnPasswordForm(account), wait=wait, status=429)
    if not account.check_password(request.POST.get("password", "")):
        return _security_page(request, OwnPasswordForm(account), wrong="当前密码不对。")
    forgive(sources)
    remove_second_factor(account, by=reader_of_request(request))
    return redirect("own-security")


def _account(request: HttpRequest) -> User:
    return User.objects.get(pk=request.user.pk)  # type: ignore[misc]


def _security_page(request: HttpRequest, form: OwnPasswordForm, *, status: int = 200, **more: object) -> HttpResponse:
    account = form.account
    factor = SecondFactor.objects.filter(account=account).first()
    is_begun = factor is not None and factor.confirmed_at is None
    context = {
        "form": form,
        "factor": factor,
        "is_required": is_second_factor_required(account),
        "picture": setup_picture(factor) if is_begun and factor else "",
        "secret": setup_text(factor) if is_begun and factor else "",
        **more,
    }
    return render(request, "access/security.html", context, status=status)
