"""What machines ask of the platform as a whole: the datasets they must send, and how far a job is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import Field

from kangqiao.access.keys.auth import MachineKey
from kangqiao.jobs.models import Job, JobState
from kangqiao.jobs.queries import job_or_none
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset
from kangqiao.standards.model import Field as DatasetField
from kangqiao.web.problems import Problem

ANY_KEY = MachineKey("")
REFUSALS: dict[int, Any] = {401: Problem, 403: Problem, 422: Problem, 429: Problem}

datasets_router = Router(tags=["数据集"])
jobs_router = Router(tags=["后台任务"])


class FieldOut(Schema):
    """One field (数据项)."""

    name: str = Field(title="英文名", examples=["visit_no"])
    title: str = Field(title="名称", examples=["门诊就诊流水号"])
    type: str = Field(title="数据类型", description="WS/T 303 的表示", examples=["S1"])
    format: str = Field(title="表示格式", examples=["AN..50"])
    required: bool = Field(title="是否必填")
    value_set: str | None = Field(title="值域代码", description="没有值域的为空", examples=["GB/T 2261.1"])


class DatasetOut(Schema):
    """One dataset (数据集) as it must be sent."""

    name: str = Field(title="英文名", examples=["outpatient_visit"])
    title: str = Field(title="名称", examples=["门诊就诊记录"])
    channels: list[str] = Field(title="上传方式", description="scheduled 定时、realtime 实时", examples=[["scheduled"]])
    every: list[str] = Field(title="频次", description="day 按日、month 按月、any 随发生", examples=[["day"]])
    key: list[str] = Field(title="主键", examples=[["visit_no"]])
    digest: str = Field(title="规则版本", description="数据集定义和值域的 SHA-256；变化即规则有变化")
    fields: list[FieldOut] = Field(title="数据项")


class DatasetsOut(Schema):
    """What the key's institution must send."""

    edition: str = Field(title="标准目录版本", examples=["2026.11"])
    datasets: list[DatasetOut] = Field(title="数据集")


class JobOut(Schema):
    """How far a job is."""

    id: str = Field(title="编号", examples=["01j0a4x8m3c5v7n9p1r3t5w7y9"])
    state: str = Field(
        title="状态",
        description="waiting 等待、running 执行中、done 已完成、given_up 已放弃、discarded 已作废",
        examples=["done"],
    )
    state_title: str = Field(title="状态名称", examples=["已完成"])
    attempts: int = Field(title="已试次数", examples=[1])
    reason: str = Field(title="原因", description="上一次没有成功的原因；没有时为空")
    created_at: datetime = Field(title="提交时间")
    finished_at: datetime | None = Field(title="结束时间", description="还没有结束的为空")


@datasets_router.get("", auth=ANY_KEY, response={200: DatasetsOut, **REFUSALS}, summary="应报的数据集")
def datasets(request: HttpRequest) -> dict[str, Any]:
    """本机构应报的各数据集：上传方式、主键、数据项和规则版本。程序可据规则版本（digest）判断规则是否有变化。"""
    found = catalogue()
    prescriptions = found.profile(request.key.institution.kind).prescriptions  # type: ignore[attr-defined]
    shown: dict[str, dict[str, Any]] = {}
    for item in prescriptions:
        entry = shown.setdefault(item.dataset, _dataset(found.datasets[item.dataset]))
        entry["channels"].append(str(item.channel))
        entry["every"].append(item.every)
    return {"edition": found.edition.version, "datasets": list(shown.values())}


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "title": dataset.title,
        "channels": [],
        "every": [],
        "key": list(dataset.key),
        "digest": dataset.digest,
        "fields": [_field(item) for item in dataset.fields],
    }


def _field(item: DatasetField) -> dict[str, Any]:
    names = ("name", "title", "type", "format", "required", "value_set")
    return {name: getattr(item, name) for name in names}


@jobs_router.get("/{job_id}", auth=ANY_KEY, response={200: JobOut, 404: Problem, **REFUSALS}, summary="后台任务的进度")
def job(request: HttpRequest, job_id: str) -> dict[str, Any]:
    """本机构的一项后台任务（如重新校验拒收数据）执行到哪一步。"""
    found = job_or_none(job_id)
    if found is None or found.institution_id != request.key.institution_id:  # type: ignore[attr-defined]
        raise Http404
    return _job(found)


def _job(job: Job) -> dict[str, Any]:
    names = ("state", "attempts", "reason", "created_at", "finished_at")
    return {"id": job.pk, "state_title": str(JobState(job.state).label), **{name: getattr(job, name) for name in names}}
