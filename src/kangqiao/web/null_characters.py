"""No NUL character in an address: PostgreSQL cannot hold one in any text, so no search by one can find anything."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

NUL, ESCAPED = "\0", "%00"


class NullCharacterMiddleware:
    """Answers 400 to such an address, on every database alike."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if NUL in request.path_info or NUL in query or ESCAPED in query:
            return HttpResponse("网址中不能有空字符（%00）。", status=400, content_type="text/plain; charset=utf-8")
        return self.get_response(request)
