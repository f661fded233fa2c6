"""The API for machines, ``/api/v1/``: the apps' routers, and every refusal as a problem (RFC 9457)."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from kangqiao.access.rights import open_to_all
from kangqiao.base.errors import CallRefused, Refused, StateConflict
from kangqiao.web.openapi import DescribedApi
from kangqiao.web.problems import problem
from kangqiao.web.wrong_fields import wrong_fields

PREFIX = "/api/"

log = logging.getLogger("kangqiao.api")


class JsonParser(Parser):
    """Bodies are JSON in UTF-8 and nothing else; what cannot be read is refused, not a fault."""

    def parse_body(self, request: HttpRequest) -> object:  # type: ignore[override]
        if request.content_type != "application/json":
            raise CallRefused(415, "body.format", "")
        try:
            return json.loads(request.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise CallRefused(400, "body.json", "请求内容不是正确的 JSON（UTF-8 编码）。") from error


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


api = DescribedApi(
    title="康桥健康信息平台接口",
    version="1",
    description="医疗机构向平台报送数据、查询回执的接口。每个请求都要带接口密钥：`Authorization: Bearer kq_…`。",
    docs_url=None,
    urls_namespace="api",
    parser=JsonParser(),
)


@api.exception_handler(ValidationError)
def _wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(422, errors=wrong_fields(error.errors))


@api.exception_handler(CallRefused)
def _call_refused(request: HttpRequest, error: CallRefused) -> HttpResponse:
    return problem(error.status, error.code, error.message, errors=error.errors, headers=error.headers)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return problem(422, error.code, error.message)


@api.exception_handler(StateConflict)
def _conflict(request: HttpRequest, error: StateConflict) -> HttpResponse:
    return problem(409)


@api.exception_handler(AuthenticationError)
def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(401, headers={"WWW-Authenticate": "Bearer"})


@api.exception_handler(Http404)
def _absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404)


@api.exception_handler(PermissionDenied)
def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    # The framework wraps whatever the parser raises.
    if isinstance(error.__cause__, CallRefused):
        return _call_refused(request, error.__cause__)
    return problem(error.status_code)


@api.exception_handler(RequestDataTooBig)
@api.exception_handler(TooManyFieldsSent)
def _large(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(413)


def api_addresses() -> Any:
    """The API's addresses. Who may call is each operation's own ``auth``: a key, never a session."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        assert pattern.callback is not None
        pattern.callback = open_to_all(pattern.callback)
    return patterns, app, namespace


# The apps' routers, one line each.
api.add_router("/uploads", "kangqiao.intake.uploads.api.router")
api.add_router("/submissions", "kangqiao.intake.api.router")
api.add_router("", "kangqiao.access.keys.api.router")
api.add_router("/datasets", "kangqiao.web.machine_api.datasets_router")
api.add_router("/jobs", "kangqiao.web.machine_api.jobs_router")
api.add_router("/forms", "kangqiao.intake.realtime.api.router")
