"""Pages of uploads: the list, sending files, how one upload fares; and the tus protocol under the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from kangqiao.access.rights import needs
from kangqiao.base.errors import CallRefused
from kangqiao.intake.queries import submission_for
from kangqiao.intake.uploads import protocol
from kangqiao.intake.uploads.forms import UploadFilterForm
from kangqiao.intake.uploads.models import UploadState
from kangqiao.intake.uploads.queries import (
    offered_tables,
    refuse_unamendable,
    sending_institutions,
    upload_for,
    uploads_of,
)

PAGE = 50
MOVING = (UploadState.RECEIVING, UploadState.WAITING, UploadState.CHECKING)


@needs("submission.send")
@require_safe
def uploads(request: HttpRequest) -> HttpResponse:
    """The list, newest first; asked for again while anything in it still moves."""
    form = UploadFilterForm(request.GET, reader=_reader(request))
    found = uploads_of(_reader(request), form.wanted())
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    is_moving = any(item.state in MOVING for item in page)
    context = {"form": form, "page": page, "query": request.GET, "is_moving": is_moving}
    return render(request, "uploads/_results.html" if _wants(request, "results") else "uploads/uploads.html", context)


@needs("submission.send")
@require_safe
def upload_new(request: HttpRequest) -> HttpResponse:
    """Where files are chosen and sent; with ``amends``, the mended rows of one receipt."""
    reader = _reader(request)
    amends = None
    if wanted := request.GET.get("amends"):
        amends = submission_for(reader, wanted)
        try:
            refuse_unamendable(reader, amends)
        except CallRefused as refusal:
            return render(request, "uploads/unamendable.html", {"item": amends, "refusal": refusal}, status=409)
    institutions = sending_institutions(reader)
    context = {"amends": amends, "institutions": institutions, "tables": offered_tables(institutions)}
    return render(request, "uploads/new.html", context)


@needs("submission.send")
@require_safe
def upload(request: HttpRequest, upload_id: str) -> HttpResponse:
    """One upload: how far it is, and what came of it."""
    item = upload_for(_reader(request), upload_id)
    context = {"item": item, "is_moving": item.state in MOVING}
    return render(request, "uploads/_upload.html" if _wants(request, "upload") else "uploads/upload.html", context)


# ── tus under the session ────────────────────────────────────────────────────────────────────────

View = Callable[..., HttpResponse]


def refusing(view: View) -> View:
    """Refusals of the protocol as problems."""

    @wraps(view)
    def refused(request: HttpRequest, **values: Any) -> HttpResponse:
        try:
            return view(request, **values)
        except CallRefused as refusal:
            return protocol.refusal_response(refusal)

    return refused


@needs("submission.send")
@refusing
def tus(request: HttpRequest) -> HttpResponse:
    """Where the browser announces files."""
    if request.method == "OPTIONS":
        return protocol.options()
    if request.method != "POST":
        return HttpResponseNotAllowed(["OPTIONS", "POST"])
    return protocol.create(request, _reader(request), lambda upload: reverse("upload-tus-one", args=[upload]))


@needs("submission.send")
@refusing
def tus_one(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Where the browser sends one file."""
    item = upload_for(_reader(request), upload_id)
    method = request.headers.get("X-HTTP-Method-Override", "") if request.method == "POST" else request.method
    if method == "HEAD":
        return protocol.head(request, item)
    if method == "PATCH":
        return protocol.patch(request, item)
    if method == "DELETE":
        return protocol.cancel(request, item, _reader(request))
    return HttpResponseNotAllowed(["HEAD", "PATCH", "DELETE"])


def _reader(request: HttpRequest) -> Any:
    return request.reader  # type: ignore[attr-defined]


def _wants(request: HttpRequest, target: str) -> bool:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx and not htmx.history_restore_request and htmx.target == target)
