"""What the API tells of uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema

from kangqiao.base.clock import BEIJING
from kangqiao.intake.schemas import Problem as Problem
from kangqiao.intake.uploads.models import Upload


class UploadOut(Schema):
    """One upload and how far it is."""

    id: str = Field(title="上传编号", examples=["01j1abcdefghjkmnpqrstvwxyz"])
    institution: str = Field(title="机构", examples=["南京鼓楼医院"])
    file_name: str = Field(title="文件名", examples=["outpatient_charge-2024-06-30.csv"])
    channel: str = Field(title="上传方式", examples=["scheduled"])
    dataset: str = Field(title="数据集", description="共享文档为空", examples=["outpatient_charge"])
    day: str | None = Field(None, title="数据日期", examples=["2024-06-30"])
    mode: str = Field(title="方式", description="store 校验入库，test 只检查", examples=["store"])
    amends: str | None = Field(None, title="补正的回执")
    size: int = Field(title="大小（字节）", examples=[3456789])
    offset: int = Field(title="已收到（字节）", examples=[3456789])
    sha256: str | None = Field(None, title="SHA-256", description="收齐后算出的；未收齐时为所声明的")
    state: str = Field(
        title="状态",
        description="receiving 正在接收，waiting 等待校验，checking 正在校验，done 已完成，failed 传输有误，"
        "expired 已取消或过期",
        examples=["done"],
    )
    code: str | None = Field(None, title="代码", description="没有成功时的原因", examples=["upload.sha256_differs"])
    message: str | None = Field(None, title="说明")
    submissions: list[str] = Field([], title="回执编号", examples=[["01j1abcdefghjkmnpqrstvwxyz"]])
    result: dict[str, Any] | None = Field(None, title="检查结果", description="只检查时的结果：行数和各份回执")
    created_at: str = Field(title="开始时间", examples=["2024-07-01T02:10:00+08:00"])
    updated_at: str = Field(title="最近变化", examples=["2024-07-01T02:10:05+08:00"])
    expires_at: str | None = Field(None, title="续传截止", description="正在接收时才有")


class UploadPage(Schema):
    """One page of a list."""

    count: int = Field(title="总数", examples=[1])
    page: int = Field(title="第几页", examples=[1])
    pages: int = Field(title="共几页", examples=[1])
    items: list[UploadOut] = Field(title="各份上传，最新的在前；不带检查结果")


def upload_out(item: Upload, *, with_result: bool = True) -> dict[str, Any]:
    """One upload for machines."""
    return {
        "id": item.pk,
        "institution": item.institution.name,
        "file_name": item.file_name,
        "channel": item.channel,
        "dataset": item.dataset,
        "day": item.day.isoformat() if item.day else None,
        "mode": item.mode,
        "amends": item.amends_id,
        "size": item.size,
        "offset": item.offset,
        "sha256": item.sha256_found or item.sha256 or None,
        "state": item.state,
        "code": item.code or None,
        "message": item.message or None,
        "submissions": item.submissions,
        "result": item.result or None if with_result else None,
        "created_at": _moment(item.created_at),
        "updated_at": _moment(item.updated_at),
        "expires_at": _moment(item.expires_at) if item.state == "receiving" else None,
    }


def _moment(value: datetime) -> str:
    return value.astimezone(BEIJING).isoformat(timespec="seconds")
