"""What the API tells of submissions, in the words of the receipt."""

from __future__ import annotations

from typing import Any

from ninja import Schema
from pydantic import Field


class Problem(Schema):
    """A refusal (RFC 9457)."""

    type: str = Field(title="类型", examples=["/api/#address.unknown"])
    title: str = Field(title="标题", examples=["没有找到"])
    status: int = Field(title="状态码", examples=[404])
    detail: str = Field(title="说明", description="给办事人员看的一句话", examples=["地址有误，或者这条记录不存在。"])
    code: str = Field(title="代码", description="供程序判断，不会改变", examples=["address.unknown"])
    errors: list[dict[str, Any]] = Field([], title="各项错误", description="按字段和行列出；没有时为空")


class RowCounts(Schema):
    """How the rows add up: received = stored + duplicate + rejected + replaced."""

    received: int = Field(title="收到", examples=[120])
    stored: int = Field(title="入库", examples=[117])
    duplicate: int = Field(title="重复", examples=[1])
    rejected: int = Field(title="拒收", examples=[2])
    replaced: int = Field(0, title="已被更正或补正", examples=[0])
    superseded: int = Field(0, title="替换原有", description="替换掉的同一天原有的行", examples=[0])


class RowReason(Schema):
    """One reason why one row was left out."""

    line: int = Field(title="行号", description="文件中的行号，表头为第 1 行", examples=[17])
    field: str = Field(title="数据项", description="出错的数据项；整行有误时为空", examples=["id_no"])
    rule: str = Field(title="规则", examples=["checksum"])
    value: str | None = Field(None, title="原值", description="能识别个人的已遮盖", examples=["3201**********1234"])
    message: str = Field(title="说明", examples=["身份证号码（id_no）校验位或日期不正确，请核对身份证号码"])


class ViolationOut(Schema):
    """How often one rule was violated."""

    rule: str = Field(title="规则", examples=["checksum"])
    field: str = Field(title="数据项", examples=["id_no"])
    dimension: str = Field(title="类别", examples=["conformity"])
    severity: str = Field(title="级别", description="error 拒收，warning 提示", examples=["error"])
    rows: int = Field(title="违反的行数", examples=[2])
    denominator: int = Field(title="检查的行数", examples=[120])


class Refusal(Schema):
    """Why a file was refused whole."""

    code: str = Field(title="代码", examples=["file.columns_missing"])
    message: str = Field(title="说明", examples=["缺少必填列：就诊流水号（visit_no）。"])


class SubmissionItem(Schema):
    """One submission in a list."""

    id: str = Field(title="回执编号", examples=["01j1abcdefghjkmnpqrstvwxyz"])
    institution: str = Field(title="机构", examples=["南京鼓楼医院"])
    channel: str = Field(title="上传方式", description="scheduled、realtime、document", examples=["scheduled"])
    dataset: str = Field(title="数据集", examples=["outpatient_charge"])
    day: str = Field(title="数据日期", examples=["2024-06-30"])
    state: str = Field(title="状态", examples=["stored"])
    is_addition: bool = Field(False, title="是否增补", description="增补当天数据，不替换原有")
    amends: str | None = Field(None, title="补正的回执", description="本份补正或重放的是哪份回执")
    rows: RowCounts = Field(title="行数")
    file: str = Field(title="文件名", examples=["outpatient_charge-2024-06-30.csv"])
    received_at: str = Field(title="收到时间", examples=["2024-07-01T02:10:00+08:00"])
    error: Refusal | None = Field(None, title="整份拒收的原因")


class SubmissionPage(Schema):
    """One page of a list."""

    count: int = Field(title="总数", examples=[1])
    page: int = Field(title="第几页", examples=[1])
    pages: int = Field(title="共几页", examples=[1])
    items: list[SubmissionItem] = Field(title="各份上传，最新的在前")


class ReceiptOut(SubmissionItem):
    """The receipt."""

    sha256: str | None = Field(None, title="SHA-256")
    rules_digest: str | None = Field(None, title="定义版本")
    unknown_columns: list[str] = Field([], title="未识别的列", description="没有入库")
    violations: list[ViolationOut] = Field([], title="违反的规则")
    rejected_rows: list[RowReason] = Field([], title="拒收的行", description="至多前 1000 行，全部请下载 rejected.csv")
    duplicate_rows: list[RowReason] = Field([], title="重复的行", description="至多前 1000 行")
    document: dict[str, Any] | None = Field(None, title="共享文档")


class JobAccepted(Schema):
    """A job was taken on."""

    job: str = Field(title="任务编号", examples=["01j1abcdefghjkmnpqrstvwxyz"])
