"""Receipts for machines: list, receipt as JSON, CSV and XLSX, rejected rows, replay."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Field, Query, Router, Schema, Status

from kangqiao.access.keys.auth import MachineKey
from kangqiao.intake.downloads import receipt_csv_response, receipt_xlsx_response, rejected_response
from kangqiao.intake.queries import SubmissionFilter, filtered_submissions, submission_for
from kangqiao.intake.receipt_shapes import full_receipt, submission_page
from kangqiao.intake.replaying import request_replay
from kangqiao.intake.schemas import JobAccepted, Problem, ReceiptOut, SubmissionPage

router = Router(tags=["回执"])

REFUSALS: dict[int, Any] = {401: Problem, 403: Problem, 422: Problem, 429: Problem}
OF_ONE: dict[int, Any] = {**REFUSALS, 404: Problem}
CSV = {"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}}
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX = {"responses": {200: {"content": {XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}}
VIEW = MachineKey("submission.view")
STATES = ("prepared", "stored", "unchanged", "superseded", "refused", "aborted", "rolled_back")


class SubmissionQuery(Schema):
    """What a list is narrowed to."""

    channel: Literal["scheduled", "realtime", "document"] | None = Field(None, title="上传方式")
    dataset: str = Field("", title="数据集", max_length=100, examples=["outpatient_charge"])
    state: Literal[STATES] | None = Field(None, title="状态")  # type: ignore[valid-type]
    day_from: date | None = Field(None, title="数据日期从", examples=["2024-06-01"])
    day_to: date | None = Field(None, title="数据日期到", examples=["2024-06-30"])
    page: int = Field(1, title="第几页", ge=1, le=1_000_000)


@router.get("", auth=VIEW, response={200: SubmissionPage, **REFUSALS}, summary="上传记录", by_alias=True)
def submissions(request: HttpRequest, wanted: Query[SubmissionQuery]) -> Any:
    """本机构的各份上传，最新的在前，每页 100 份。"""
    chosen = wanted.dict(exclude={"page"})
    narrowed = SubmissionFilter(**{name: value for name, value in chosen.items() if value})
    return submission_page(filtered_submissions(request.reader, narrowed), wanted.page)  # type: ignore[attr-defined]


@router.get("/{submission_id}", auth=VIEW, response={200: ReceiptOut, **OF_ONE}, summary="回执")
def receipt(request: HttpRequest, submission_id: str) -> Any:
    """一份上传的回执：各行的去向、违反的规则、没有入库的行及原因；能识别个人的值已遮盖。"""
    return full_receipt(submission_for(request.reader, submission_id))  # type: ignore[attr-defined]


@router.get(
    "/{submission_id}/receipt.csv",
    auth=VIEW,
    response={200: None, **OF_ONE},
    summary="回执（CSV）",
    openapi_extra=CSV,
)
def receipt_as_csv(request: HttpRequest, submission_id: str) -> StreamingHttpResponse:
    """回执的三张表：回执、问题、未入库的行；UTF-8，表格软件可直接打开。"""
    return receipt_csv_response(submission_for(request.reader, submission_id))  # type: ignore[attr-defined]


@router.get(
    "/{submission_id}/receipt.xlsx",
    auth=VIEW,
    response={200: None, **OF_ONE},
    summary="回执（Excel）",
    openapi_extra=XLSX,
)
def receipt_as_xlsx(request: HttpRequest, submission_id: str) -> HttpResponse:
    """与 receipt.csv 相同，每张表一个工作表。"""
    return receipt_xlsx_response(submission_for(request.reader, submission_id))  # type: ignore[attr-defined]


@router.get(
    "/{submission_id}/rejected.csv",
    auth=MachineKey("submission.rejected"),
    response={200: None, **OF_ONE},
    summary="拒收的行（CSV）",
    openapi_extra=CSV,
)
def rejected(request: HttpRequest, submission_id: str) -> FileResponse:
    """拒收的行，原样未遮盖，每行前有行号、规则和原因；改正后以 amends 上传。每次下载都记入审计。"""
    return rejected_response(request.reader, submission_id)  # type: ignore[attr-defined]


@router.post(
    "/{submission_id}/replay",
    auth=MachineKey("submission.replay"),
    response={202: JobAccepted, 409: Problem, **OF_ONE},
    summary="按现行规则重放",
)
def replay(request: HttpRequest, submission_id: str) -> Any:
    """规则或值域修订后，把拒收的行按现行规则再检查一遍，通过的入库。返回任务编号，可查询进度。"""
    return Status(202, {"job": request_replay(request.reader, submission_id).pk})  # type: ignore[attr-defined]
