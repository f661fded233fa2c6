"""Uploads for machines: the tus protocol, a list, and how far each is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from kangqiao.access.keys.auth import MachineKey
from kangqiao.base.clock import BEIJING
from kangqiao.intake.uploads import protocol
from kangqiao.intake.uploads.queries import UploadFilter, upload_for, uploads_of
from kangqiao.intake.uploads.rules import OFFSET_STREAM, TUS_VERSION
from kangqiao.intake.uploads.schemas import Problem, UploadOut, UploadPage, upload_out

PAGE = 100
SEND = MachineKey("submission.send")
REFUSALS: dict[int, Any] = {401: Problem, 403: Problem, 429: Problem}

router = Router(tags=["文件上传"], auth=SEND)


class UploadQuery(Schema):
    """What a list is narrowed to."""

    state: Literal["receiving", "waiting", "checking", "done", "failed", "expired"] | None = Field(None, title="状态")
    since: datetime | None = Field(None, title="变化不早于", examples=["2024-07-01T00:00:00+08:00"])
    page: int = Field(1, title="第几页", ge=1, le=1_000_000)


def _header(name: str, title: str, example: str, *, required: bool = True) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": title,
        "schema": schema,
        "example": example,
    }


VERSION = _header("Tus-Resumable", "协议版本", TUS_VERSION)
OFFSET = _header("Upload-Offset", "从第几个字节起", "0")
CHECKSUM = _header(
    "Upload-Checksum",
    "这一块的校验值：sha256 或 sha1，空格，摘要的 Base64",
    "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    required=False,
)
LENGTH = _header("Upload-Length", "文件大小（字节）", "3456789")
METADATA = _header(
    "Upload-Metadata",
    "逗号分隔的“键 值的Base64”：filename（必填）、dataset、day、channel（scheduled、realtime、document）、sha256、"
    "mode（store 入库、test 只检查）、amends（补正的回执编号）",
    "filename b3V0cGF0aWVudF9jaGFyZ2UtMjAyNC0wNi0zMC5jc3Y=",
)
BODY = {"content": {OFFSET_STREAM: {"schema": {"type": "string", "format": "binary"}}}}


@router.api_operation(["OPTIONS"], "", response={204: None, **REFUSALS}, summary="支持的上传协议")
def options(request: HttpRequest) -> HttpResponse:
    """tus 1.0.0 的版本、扩展、单个文件的上限和校验算法。"""
    return protocol.options()


@router.post(
    "",
    response={
        201: None,
        400: Problem,
        404: Problem,
        409: Problem,
        412: Problem,
        413: Problem,
        460: Problem,
        507: Problem,
        **REFUSALS,
    },
    summary="开始上传",
    openapi_extra={"parameters": [VERSION, LENGTH, METADATA], "requestBody": BODY | {"required": False}},
)
def create(request: HttpRequest) -> HttpResponse:
    """声明一个文件；返回的 Location 是它的上传地址。也可以同时带上第一块内容。"""
    return protocol.create(request, request.reader, lambda upload: f"/api/v1/uploads/{upload}")  # type: ignore[attr-defined]


@router.get("", response={200: UploadPage, 422: Problem, **REFUSALS}, summary="文件上传列表")
def uploads(request: HttpRequest, wanted: Query[UploadQuery]) -> Any:
    """本机构的文件上传，最新的在前，每页 100 份。"""
    since = wanted.since if wanted.since is None or wanted.since.tzinfo else wanted.since.replace(tzinfo=BEIJING)
    found = uploads_of(request.reader, UploadFilter(state=wanted.state or "", since=since))  # type: ignore[attr-defined]
    pages = Paginator(found, PAGE)
    items = pages.page(wanted.page).object_list if wanted.page <= pages.num_pages else []
    told = [upload_out(item, with_result=False) for item in items]
    return {"count": pages.count, "page": wanted.page, "pages": pages.num_pages, "items": told}


@router.get("/{upload_id}", response={200: UploadOut, 404: Problem, **REFUSALS}, summary="一份上传的状态")
def upload(request: HttpRequest, upload_id: str) -> Any:
    """收到多少、到哪一步、回执编号；只检查的，给出检查结果。"""
    return upload_out(upload_for(request.reader, upload_id))  # type: ignore[attr-defined]


@router.api_operation(
    ["HEAD"],
    "/{upload_id}",
    response={200: None, 404: Problem, 410: Problem, 412: Problem, **REFUSALS},
    summary="已收到多少",
    openapi_extra={"parameters": [VERSION]},
)
def head(request: HttpRequest, upload_id: str) -> HttpResponse:
    """响应头 Upload-Offset 是已收到并写入磁盘的字节数，从这里续传。"""
    return protocol.head(request, upload_for(request.reader, upload_id))  # type: ignore[attr-defined]


@router.patch(
    "/{upload_id}",
    response={
        204: None,
        400: Problem,
        404: Problem,
        409: Problem,
        410: Problem,
        412: Problem,
        413: Problem,
        415: Problem,
        423: Problem,
        460: Problem,
        **REFUSALS,
    },
    summary="上传一块内容",
    openapi_extra={"parameters": [VERSION, OFFSET, CHECKSUM], "requestBody": BODY | {"required": True}},
)
def patch(request: HttpRequest, upload_id: str) -> HttpResponse:
    """从 Upload-Offset 起的一块内容，写入磁盘后才回答。线路中断时已到的部分保留，用 HEAD 查询后续传。"""
    return protocol.patch(request, upload_for(request.reader, upload_id))  # type: ignore[attr-defined]


@router.delete(
    "/{upload_id}",
    response={204: None, 404: Problem, 409: Problem, 412: Problem, 423: Problem, **REFUSALS},
    summary="取消上传",
    openapi_extra={"parameters": [VERSION]},
)
def cancel(request: HttpRequest, upload_id: str) -> HttpResponse:
    """取消没有传完的上传，内容随即删除；已收齐的不能取消。"""
    return protocol.cancel(request, upload_for(request.reader, upload_id), request.reader)  # type: ignore[attr-defined]
