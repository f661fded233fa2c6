"""The tus protocol 1.0.0 over Django's requests; the bodies of pieces are streamed by :mod:`.asgi`.

A request for a piece comes through all of Django (sign-in or key, rights, rate limits) with its body still on the
line. If it is in order, the answer here only admits the piece; the door then streams the body to disk and answers.
Without the door (tests, other servers) the piece is written here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.http import http_date

from kangqiao.access.rights import Reader
from kangqiao.base.errors import CallRefused
from kangqiao.intake.models import Submission
from kangqiao.intake.queries import submission_for
from kangqiao.intake.uploads.actions import announce_upload, cancel_upload, refuse_closed
from kangqiao.intake.uploads.models import Upload, UploadState
from kangqiao.intake.uploads.queries import check_table, sending_institution
from kangqiao.intake.uploads.rules import (
    CHECKSUMS,
    OFFSET_STREAM,
    TUS_EXTENSIONS,
    TUS_VERSION,
    Announcement,
    Limits,
    Piece,
    UploadRefused,
    announcement_of,
    read_checksum,
    read_metadata,
    whole_number,
)
from kangqiao.intake.uploads.writing import PieceWriter, refuse_offset

SCOPE_KEY = "kangqiao.upload"
BLOCK = 1 << 20
Address = Callable[[str], str]
"""Upload's id → the address it is sent to."""


@dataclass(slots=True)
class Admission:
    """What the door hands in with a request's scope, and finds filled when the piece may come."""

    piece: Piece | None = None


def limits() -> Limits:
    """The limits, as the environment changes them."""
    known = Limits()
    size = int(os.environ.get("KANGQIAO_UPLOAD_MAX_BYTES", known.max_size))
    return Limits(max_size=size, max_open=int(os.environ.get("KANGQIAO_UPLOAD_MAX_OPEN", known.max_open)))


# ── the five verbs ───────────────────────────────────────────────────────────────────────────────


def options() -> HttpResponse:
    """What this server can do."""
    return HttpResponse(
        status=204,
        headers={
            "Tus-Resumable": TUS_VERSION,
            "Tus-Version": TUS_VERSION,
            "Tus-Extension": TUS_EXTENSIONS,
            "Tus-Max-Size": str(limits().max_size),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        },
    )


def create(request: HttpRequest, reader: Reader, address: Address) -> HttpResponse:
    """Announce a file; bytes that come along are its first piece."""
    _check_version(request)
    wanted = _announcement(request)
    amends = submission_for(reader, wanted.amends) if wanted.amends else None
    _check_key(request, amends.dataset if amends else wanted.dataset)
    length = _first_length(request, wanted)
    upload = _announce(wanted, reader, amends)
    headers = {"Location": address(upload.pk)}
    if length == 0:
        return _answer(201, upload, headers)
    piece = Piece(
        upload.pk, upload.institution_id, 0, length, read_checksum(request.headers.get("Upload-Checksum")), headers
    )
    return _take(request, piece, 201)


def _announcement(request: HttpRequest) -> Announcement:
    if "Upload-Defer-Length" in request.headers:
        raise UploadRefused(400, "upload.length", "须在 Upload-Length 中写明文件大小，不能以后再定。")
    size = whole_number(request.headers.get("Upload-Length"), "Upload-Length")
    if size > limits().max_size:
        sentence = f"文件超过 {limits().max_size:,} 个字节，请分开上传。"
        raise UploadRefused(413, "upload.too_large", sentence)
    return announcement_of(size, read_metadata(request.headers.get("Upload-Metadata", "")))


def _check_key(request: HttpRequest, dataset: str) -> None:
    """A key that is for some datasets sends those, and no documents, which may hold any."""
    datasets = getattr(getattr(request, "key", None), "datasets", [])
    if datasets and dataset not in datasets:
        raise UploadRefused(403, "key.dataset", "这把密钥不能报送这个数据集。")


def _announce(wanted: Announcement, reader: Reader, amends: Submission | None) -> Upload:
    institution = sending_institution(reader, wanted.institution, amends)
    if amends is None and wanted.channel != "document":
        check_table(wanted, institution)
    return announce_upload(wanted, institution, amends, by=reader, limits=limits())


def _first_length(request: HttpRequest, wanted: Announcement) -> int | None:
    """Bytes that come with the announcement: 0 none, None as many as come."""
    if request.headers.get("Content-Type") != OFFSET_STREAM:
        return 0
    read_checksum(request.headers.get("Upload-Checksum"))
    length = _body_length(request)
    if length is not None and length > wanted.size:
        raise UploadRefused(413, "upload.too_long", f"内容超过了声明的 {wanted.size} 个字节。")
    return length


def head(request: HttpRequest, upload: Upload) -> HttpResponse:
    """How far the upload is."""
    _check_version(request)
    refuse_closed(upload)
    return _answer(200, upload, {"Upload-Length": str(upload.size)})


def patch(request: HttpRequest, upload: Upload) -> HttpResponse:
    """The next piece."""
    _check_version(request)
    if request.headers.get("Content-Type") != OFFSET_STREAM:
        raise UploadRefused(415, "upload.content_type", f"Content-Type 应为 {OFFSET_STREAM}。")
    offset = whole_number(request.headers.get("Upload-Offset"), "Upload-Offset")
    checksum = read_checksum(request.headers.get("Upload-Checksum"))
    length = _body_length(request)
    refuse_closed(upload)
    refuse_offset(upload, offset)
    if length is not None and offset + length > upload.size:
        raise UploadRefused(413, "upload.too_long", f"内容超过了声明的 {upload.size} 个字节。")
    if upload.state != UploadState.RECEIVING:
        return _answer(204, upload)
    return _take(request, Piece(upload.pk, upload.institution_id, offset, length, checksum), 204)


def cancel(request: HttpRequest, upload: Upload, reader: Reader) -> HttpResponse:
    """Give the upload up."""
    _check_version(request)
    cancel_upload(upload, by=reader)
    return HttpResponse(status=204, headers={"Tus-Resumable": TUS_VERSION})


# ── pieces ───────────────────────────────────────────────────────────────────────────────────────


def _take(request: HttpRequest, piece: Piece, status: int) -> HttpResponse:
    admission: Admission | None = getattr(request, "scope", {}).get(SCOPE_KEY)
    if admission is not None:
        admission.piece = piece
        return HttpResponse(status=status)
    write_piece(request, piece)
    return answer_piece(piece, status)


def write_piece(request: HttpRequest, piece: Piece) -> None:
    """Read the body of ``request`` here and now; for servers without the door."""
    writer = PieceWriter(piece)
    try:
        while block := request.read(BLOCK):
            writer.write(block)
        writer.finish()
    except UnreadablePostError:
        writer.keep()
        raise
    finally:
        writer.close()


def answer_piece(piece: Piece, status: int) -> HttpResponse:
    """What the sender is told once a piece is durable."""
    return _answer(status, Upload.objects.get(pk=piece.upload), piece.headers)


def _answer(status: int, upload: Upload, headers: object = None) -> HttpResponse:
    told = {"Tus-Resumable": TUS_VERSION, "Upload-Offset": str(upload.offset), "Cache-Control": "no-store"}
    if upload.state == UploadState.RECEIVING:
        told["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return HttpResponse(status=status, headers=told | dict(headers or {}))  # type: ignore[call-overload]


def _check_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != TUS_VERSION:
        sentence = f"请求头 Tus-Resumable 应为 {TUS_VERSION}。"
        raise UploadRefused(412, "upload.version", sentence, {"Tus-Version": TUS_VERSION})


def _body_length(request: HttpRequest) -> int | None:
    text = request.headers.get("Content-Length")
    if not text:
        return None if "Transfer-Encoding" in request.headers else 0
    return whole_number(text, "Content-Length")


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


def refusal_response(error: CallRefused) -> HttpResponse:
    """A refusal as a problem (RFC 9457), with the headers that the protocol asks for."""
    body = {
        "type": f"/api/#{error.code}",
        "title": TITLES.get(error.status, "请求有误"),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "errors": [],
    }
    return JsonResponse(
        body,
        status=error.status,
        headers=error.headers,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


TITLES = {
    404: "没有找到",
    409: "与现状不符",
    410: "已经结束",
    412: "协议版本不符",
    413: "内容过大",
    415: "内容类型不符",
    423: "正在写入",
    429: "请求过多",
    460: "校验值不符",
    503: "暂时不能受理",
    507: "磁盘空间不足",
}
