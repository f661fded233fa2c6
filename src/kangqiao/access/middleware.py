"""The gate of the pages (关口): nobody passes it to a view without the permission that the view names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject

from kangqiao.access.audit.actions import record_event
from kangqiao.access.queries import reader_of
from kangqiao.access.rights import OPEN, OWN, Reader
from kangqiao.access.rules import has_ended
from kangqiao.base.clock import now

Answer = Callable[[HttpRequest], HttpResponse]

BEGAN, SEEN = "began_at", "seen_at"
NOTED_EVERY = 60
NO_PERMISSION = None
"""Of a view that names none: it is refused to everybody."""


class RightsMiddleware:
    """Sets ``request.reader`` and refuses what the table of rights does not allow; deny by default."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _end_if_old(request)
        request.reader = SimpleLazyObject(lambda: reader_of(request.user))  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        permission = getattr(view, "permission", NO_PERMISSION)
        if permission == OPEN:
            return None
        reader = reader_of(request.user)
        request.reader = reader  # type: ignore[attr-defined]
        if permission is not None and reader.may(permission):
            return None
        with transaction.atomic():
            detail = {"permission": permission or "", "method": request.method}
            record_event(reader, "access.refused", subject=request.path_info, outcome="refused", detail=detail)
        return refuse(request, reader)


def _end_if_old(request: HttpRequest) -> None:
    """End a session that is too old or was left alone too long; note its use once a minute."""
    if SESSION_KEY not in request.session:
        return
    moment = now()
    at = moment.timestamp()
    began, seen = request.session.get(BEGAN, at), request.session.get(SEEN, at)
    if has_ended(began, seen, moment):
        logout(request)
    elif at - seen >= NOTED_EVERY or SEEN not in request.session:
        request.session[BEGAN], request.session[SEEN] = began, at


def refuse(request: HttpRequest, reader: Reader) -> HttpResponseBase:
    """To nobody: the way to sign in. To an account: 403, or the way to its second factor if only that is missing."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({}, status=401 if reader.kind == "nobody" else 403)
    if reader.kind == "nobody":
        return redirect_to_login(request.get_full_path(), "sign-in")
    if reader.reach.keys() == {OWN} and request.method in {"GET", "HEAD"}:
        return redirect("own-security")
    return render(request, "403.html", status=403)
