"""``GET /api/v1/me``: what the key that calls is and may."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict

from kangqiao.access.keys.auth import MachineKey
from kangqiao.base.clock import BEIJING

router = Router(tags=["密钥"])


class Me(Schema):
    """本密钥的机构、权限、期限与限额。"""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "institution": {"code": "320106-GL", "name": "南京鼓楼医院"},
                "label": "前置机",
                "permissions": ["form.send", "submission.send"],
                "datasets": [],
                "expires_at": "2027-06-01T00:00:00+08:00",
                "limits": {"calls_a_minute": 600, "rows_a_minute": 300000},
            }
        }
    )

    institution: dict[str, str]
    label: str
    permissions: list[str]
    datasets: list[str]
    expires_at: str
    limits: dict[str, int]


@router.get("/me", response=Me, auth=MachineKey(""), summary="本密钥的机构、权限与限额")
def me(request: HttpRequest) -> dict[str, Any]:
    """数据集为空表示不限；限额按每分钟计，超过时返回 429 和 Retry-After。"""
    key = request.key  # type: ignore[attr-defined]
    return {
        "institution": {"code": key.institution.code, "name": key.institution.name},
        "label": key.label,
        "permissions": key.permissions,
        "datasets": key.datasets,
        "expires_at": key.expires_at.astimezone(BEIJING).isoformat(timespec="seconds"),
        "limits": {"calls_a_minute": key.calls_a_minute, "rows_a_minute": key.rows_a_minute},
    }
