"""What every answer of the platform carries, and how requests run in an asynchronous server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse

from kangqiao.web.problems import CONTENT_TYPE, problem

Answer = Callable[[HttpRequest], HttpResponse]

# Pictures may be data: because the style sheet draws its arrows and ticks that way.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)


class ContentSecurityPolicyMiddleware:
    """Nothing is loaded from another machine and no inline script or style runs; pages are not kept by proxies."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class OneThreadMiddleware:
    """Innermost and synchronous: so the whole chain runs in one thread instead of changing threads at each link."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class StreamingMiddleware:
    """Let answers that are streamed flow under ASGI too, instead of being gathered in memory first.

    An asynchronous stream may stay open for hours: the connection to the database that its request used is given back.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.get_response(request)
        if not isinstance(request, ASGIRequest) or not isinstance(response, StreamingHttpResponse):
            return response
        if response.is_async:
            for connection in connections.all(initialized_only=True):
                if not connection.in_atomic_block:
                    connection.close()
        else:
            response.streaming_content = _in_thread(iter(response.streaming_content))  # type: ignore[arg-type]
        return response


async def _in_thread(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Part after part, each made in the request's own thread."""
    while (part := await sync_to_async(next)(parts, None)) is not None:  # type: ignore[call-arg]
        yield part


class ProblemMiddleware:
    """Under ``/api/`` every refusal is a problem (RFC 9457), also those of the framework itself."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path_info.startswith("/api/v1") or not _is_foreign(response):
            return response
        kept = {name: response[name] for name in ("Allow", "Retry-After", "WWW-Authenticate") if name in response}
        return _with_headers_of(response, problem(response.status_code, headers=kept))


def _is_foreign(response: HttpResponseBase) -> bool:
    return response.status_code >= 400 and response.get("Content-Type", "") != CONTENT_TYPE


def _with_headers_of(response: Any, replacement: HttpResponse) -> HttpResponse:
    """The replacement, with the cookies and protective headers that the chain has already set."""
    replacement.cookies = response.cookies
    for name, value in response.items():
        if name.lower() not in {"content-type", "content-length"}:
            replacement.headers.setdefault(name, value)
    return replacement
