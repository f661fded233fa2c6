"""The platform's addresses and the trial's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from kangqiao.access.rights import open_to_all

ID_NO = "320102199001011234"


@open_to_all
async def events(request: HttpRequest) -> StreamingHttpResponse:
    """Three events, half a second apart."""

    async def told() -> AsyncIterator[str]:
        for number in range(3):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0.5)

    return StreamingHttpResponse(told(), content_type="text/event-stream")


@open_to_all
def lines(request: HttpRequest) -> StreamingHttpResponse:
    """Three lines from the database, half a second apart, made in the request's thread."""

    def told() -> Iterator[str]:
        for number in range(3):
            yield f"{number} {get_user_model().objects.count()}\n"
            time.sleep(0.5)

    return StreamingHttpResponse(told(), content_type="text/plain")


@open_to_all
@csrf_exempt
def weigh(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


@open_to_all
@csrf_exempt
def fault(request: HttpRequest) -> HttpResponse:
    """A fault that quotes what it was given."""
    raise ValueError(f"张三 {request.body.decode()}")


@open_to_all
def tired(request: HttpRequest) -> HttpResponse:
    """Counts its calls, and asks for patience."""
    get_user_model().objects.create(username=f"call {time.monotonic_ns()}")
    return HttpResponse(status=429, headers={"Retry-After": "2"})


@open_to_all
def calls(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(get_user_model().objects.filter(username__startswith="call ").count()))


urlpatterns = [
    path("trial/events", events),
    path("trial/lines", lines),
    path("trial/weigh", weigh),
    path("api/v1/trial/fault", fault),
    path("trial/tired", tired),
    path("trial/calls", calls),
    path("", include("kangqiao.web.urls")),
]
