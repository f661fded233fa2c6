"""``/api/v1/forms``: real-time forms from machines."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from ninja.params.functions import Header

from kangqiao.access.keys.auth import MachineKey, take_calls
from kangqiao.base.errors import CallRefused
from kangqiao.intake.actions import is_form
from kangqiao.intake.realtime.actions import FormOrder, take_forms
from kangqiao.intake.realtime.queries import call_for, states_of
from kangqiao.intake.realtime.rules import ROWS_A_CALL, checked_key
from kangqiao.standards.catalogue import catalogue

router = Router(tags=["实时表单"])

EXAMPLE = {
    "mode": "new",
    "rows": [
        {
            "charge_no": "SF20240630001",
            "patient_no": "P000123",
            "charged_at": "20240630T101500",
            "total_amount": "12.50",
        }
    ],
}


class FormsIn(Schema):
    """一次发送：1 至 1000 行，按数据项英文名（或中文名）给值；撤销时只需给出主键。"""

    mode: Literal["new", "correct", "cancel"] = Field("new", title="新增、更正、撤销")
    rows: list[dict[str, Any]] = Field(
        ..., title="各行", min_length=1, max_length=ROWS_A_CALL, examples=[EXAMPLE["rows"]]
    )


class FormsOut(Schema):
    """每行的结论。"""

    call: str = Field(..., title="本次调用的编号")
    dataset: str
    mode: str
    received: int = Field(..., title="收到行数")
    accepted: int = Field(..., title="接收行数")
    duplicate: int = Field(..., title="重复行数")
    rejected: int = Field(..., title="拒收行数")
    rows: list[dict[str, Any]] = Field(..., title="各行的结论与问题")
    rules_digest: str = Field(..., title="判定所用定义的版本")


class CallOut(FormsOut):
    """一次调用的回执，和各行现在的去向。"""

    received_at: str
    states: list[dict[str, Any]] = Field(
        ..., title="各行现在：waiting 待入库、stored 已入库、replaced 已被更正或撤销等"
    )


class Problem(Schema):
    """拒绝的原因（RFC 9457）。"""

    type: str
    title: str
    status: int
    detail: str = ""
    code: str = ""


REFUSALS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 429), Problem)


@router.post(
    "/{dataset}", response={200: FormsOut, **REFUSALS}, auth=MachineKey("form.send"), summary="发送、更正或撤销实时表单"
)
def send_forms(
    request: HttpRequest,
    response: HttpResponse,
    dataset: str,
    body: FormsIn,
    idempotency_key: str = Header("", alias="Idempotency-Key", title="同一次发送重试时不变的值"),
) -> dict[str, Any]:
    """回答时，接收的行已经落盘。用同一个 Idempotency-Key 重发同样的内容，得到同样的回答。"""
    key = request.key  # type: ignore[attr-defined]
    wanted = catalogue().datasets.get(dataset)
    if wanted is None or not is_form(wanted, key.institution):
        raise CallRefused(404, "form.unknown", "没有这张实时表单，或没有要求本机构报送。")
    if key.datasets and dataset not in key.datasets:
        raise CallRefused(403, "key.dataset", "这把密钥不能报送这个数据集。")
    checked = checked_key(idempotency_key)
    take_calls(key, rows=len(body.rows))
    reader = request.reader  # type: ignore[attr-defined]
    call, is_repeated = take_forms(FormOrder(key.institution, wanted, body.mode, body.rows, checked, reader))
    if is_repeated:
        response["Idempotent-Replayed"] = "true"
    answer: dict[str, Any] = call.answer
    return answer


@router.get(
    "/calls/{call}", response={200: CallOut, 401: Problem, 403: Problem, 404: Problem, 429: Problem},
    auth=MachineKey("form.view"), summary="一次调用的回执",
)  # fmt: skip
def call_receipt(request: HttpRequest, call: str) -> dict[str, Any]:
    """各行的结论，以及各行现在是否已经入库、被更正或撤销。"""
    found = call_for(request.reader, call)  # type: ignore[attr-defined]
    return {**found.answer, "received_at": found.received_at.isoformat(), "states": states_of(found)}
