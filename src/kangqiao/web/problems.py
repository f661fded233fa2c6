"""Refusals as machines read them: problem details after RFC 9457, with a stable code and a Chinese sentence.

Every answer under ``/api/`` with a status from 400 on has this shape, whoever gave it: an endpoint, the framework, the
door before it. ``code`` is for programs, ``detail`` for the clerk, ``errors`` names fields and rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from ninja import Schema
from pydantic import Field

CONTENT_TYPE = "application/problem+json"

PROBLEMS: dict[int, tuple[str, str, str]] = {
    400: ("request.malformed", "请求有误", "请求不完整或格式有误，请对照接口说明检查。"),
    401: ("key.missing", "需要密钥", "请在 Authorization 请求头中带上有效的接口密钥。"),
    403: ("access.refused", "没有权限", "这个密钥没有执行该操作的权限，请联系平台管理员。"),
    404: ("address.unknown", "没有找到", "地址有误，或者这条记录不存在。"),
    405: ("method.unknown", "方法不允许", "这个地址不接受该请求方法，可用的方法见 Allow 响应头。"),
    406: ("answer.format", "格式不可用", "没有您要求的返回格式。"),
    408: ("request.slow", "请求超时", "请求内容没有在规定时间内送完，请检查网络后重试。"),
    409: ("state.conflict", "状态冲突", "这项操作与当前状态冲突，请先查询状态再试。"),
    410: ("record.gone", "已经删除", "这条记录已经过期或删除。"),
    411: ("length.missing", "缺少长度", "请在 Content-Length 请求头中写明长度。"),
    412: ("request.condition", "前提不符", "请求头中的前提与当前状态不符，请先查询状态再试。"),
    413: ("body.large", "内容过大", "请求内容超过上限，请分几次发送，或改用文件上传。"),
    415: ("body.format", "格式不支持", "请求内容应为 application/json。"),
    422: ("body.wrong", "内容不合要求", "请求内容不合要求，见 errors 所列各项。"),
    423: ("state.locked", "正在处理", "这条记录正在处理，请稍后再试。"),
    429: ("rate.exceeded", "请求过于频繁", "请求过于频繁，请按 Retry-After 响应头给出的秒数等候后重试。"),
    431: ("header.large", "请求头过大", "请求头超过上限。"),
    500: ("platform.fault", "平台故障", "平台处理时出错，已记入日志；请稍后重试，仍不成功的请联系平台管理员。"),
    507: ("disk.full", "空间不足", "平台存储空间不足，请稍后重试。"),
    503: ("platform.away", "暂时不可用", "平台暂时不能处理请求，请稍后重试。"),
}
"""Status → code, title and sentence, where whoever refuses says nothing more exact."""


class ProblemError(Schema):
    """One thing that is wrong, at its place."""

    field: str = Field("", title="字段", description="出错的字段；整个请求有误时为空", examples=["rows.3.name"])
    row: int | None = Field(None, title="行号", description="第几行，从 1 起；与行无关时为空", examples=[3])
    message: str = Field(title="说明", examples=["必须填写。"])


class Problem(Schema):
    """A refusal (RFC 9457)."""

    type: str = Field(title="类型", description="问题类型的地址", examples=["/api/#body.wrong"])
    title: str = Field(title="标题", examples=["内容不合要求"])
    status: int = Field(title="状态码", examples=[422])
    detail: str = Field(
        title="说明", description="给办事人员看的一句话", examples=["请求内容不合要求，见 errors 所列各项。"]
    )
    code: str = Field(title="代码", description="供程序判断，不会改变", examples=["body.wrong"])
    errors: list[ProblemError] = Field([], title="各项错误", description="按字段和行列出；没有时为空")


def problem(
    status: int,
    code: str = "",
    detail: str = "",
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The answer; what is not given is taken from ``PROBLEMS``."""
    body = problem_bytes(status, code, detail, errors=errors)
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE, headers=headers)


def problem_bytes(status: int, code: str = "", detail: str = "", *, errors: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """The body of the answer, for doors that know no Django response."""
    usual = PROBLEMS.get(status) or PROBLEMS[400 if status < 500 else 500]
    code = code or usual[0]
    shown = {
        "type": f"/api/#{code}",
        "title": usual[1],
        "status": status,
        "detail": detail or usual[2],
        "code": code,
        "errors": [{"field": "", "row": None, **item} for item in errors],
    }
    return json.dumps(shown, ensure_ascii=False).encode()
