"""A line in the log and a mark in the figures for every answer: route, status, duration, who; never values."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kangqiao.access.rights import Reader
from kangqiao.base.ids import new_id
from kangqiao.web.metrics import CALL_SECONDS, CALLS

HEADER = "X-Request-ID"
QUIET = ("healthz", "metrics", "static/")
"""Routes that machines ask for every few seconds, or a page by the dozen: counted, not logged."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger("kangqiao.request")


class RequestLogMiddleware:
    """Outermost. The number it gives stands in the answer's ``X-Request-ID`` and in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        request.number = new_id()  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers[HEADER] = request.number  # type: ignore[attr-defined]
        _note(request, response.status_code, time.perf_counter() - began)
        return response


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    route = route_of(request)
    method = request.method if request.method in METHODS else "OTHER"
    CALLS.labels(route, method, str(status)).inc()
    CALL_SECONDS.labels(route).observe(seconds)
    if route.startswith(QUIET) and status < 400:
        return
    facts = {
        "request_id": request.number,  # type: ignore[attr-defined]
        "method": method,
        "route": route,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "who": _who(request),
    }
    log.info(" ".join(f"{name}={value}" for name, value in facts.items()), extra=facts)


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, without the values in it; ``static/`` for files, ``unknown`` for no page of ours."""
    if match := request.resolver_match:
        return re.sub(r"[\^$]|\(\?P", "", match.route) or "/"
    return "static/" if request.path_info.startswith("/static/") else "unknown"


def _who(request: HttpRequest) -> str:
    """The account or the key, by its number or name; never the secret."""
    if key := getattr(request, "key", None):
        return f"key:{key.pk}"
    # Of a page that never asked who its reader is, the log does not ask either: that would be a look at the database.
    reader = getattr(request, "reader", None)
    return f"{reader.kind}:{reader.name}" if type(reader) is Reader else ""
