"""The API's door: who calls, by which key, from where, how often."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from ninja.security import HttpBearer

from kangqiao.access.audit.actions import record_event
from kangqiao.access.keys import models
from kangqiao.access.keys.actions import mark_used
from kangqiao.access.keys.rates import Rates
from kangqiao.access.keys.rules import is_from, is_secret, parse_token
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now
from kangqiao.base.errors import CallRefused
from kangqiao.base.home import Home, current_home

PROXY = "KANGQIAO_PROXY"
"""Address of the proxy before the platform, whose ``X-Forwarded-For`` is believed."""
REFUSALS_A_MINUTE = 60
"""Refusals of one address that are written to the trail; of a flood the rest are only counted by the proxy."""

_WRONG = "接口密钥不对、已过期或已吊销，请核对；需要新的密钥，请联系本机构管理员。"


class MachineKey(HttpBearer):
    """Lets a call pass whose key has ``permission`` (empty: any key); sets ``request.reader`` and ``request.key``.

    Raises CallRefused: 401 for a key that is none, ended or unknown; 403 for a right it has not or an address it may
    not be used from; 429 when it was used too often.
    """

    def __init__(self, permission: str) -> None:
        super().__init__()
        self.permission = permission

    def __call__(self, request: HttpRequest) -> Any:
        given = request.headers.get("Authorization", "")
        scheme, _, token = given.partition(" ")
        return self.authenticate(request, token.strip() if scheme.lower() == "bearer" else "")

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        address = address_of(request)
        key = key_of(token)
        if key is None:
            _refuse(request, Reader.nobody(), None, CallRefused(401, "key.wrong", _WRONG), address)
        assert key is not None
        reader = Reader.of_key(f"{key.label} {key.pk[-6:]}", key.permissions, key.institution_id)
        request.reader, request.key = reader, key  # type: ignore[attr-defined]
        if not is_from(address, key.networks):
            sentence = f"这把密钥不能从地址 {address} 使用。"
            _refuse(request, reader, key, CallRefused(403, "key.address", sentence), address)
        if self.permission and self.permission not in key.permissions:
            _refuse(request, reader, key, CallRefused(403, "key.permission", "这把密钥没有做这件事的权限。"), address)
        take_calls(key)
        mark_used(key, now())
        return key


def key_of(token: str) -> models.MachineKey | None:
    """The living key whose text is ``token``; None for any other text, with no hint why."""
    parsed = parse_token(token)
    if parsed is None:
        return None
    key = models.MachineKey.objects.select_related("institution").filter(pk=parsed[0]).first()
    if key is None or not is_secret(parsed[1], key.digest):
        return None
    is_living = key.revoked_at is None and key.expires_at > now() and key.institution.is_active
    return key if is_living else None


def take_calls(key: models.MachineKey, *, rows: int = 0) -> None:
    """Count one call, or only ``rows`` of it. Raises CallRefused (429) when the minute's share is used up."""
    second = int(time.time())
    limits = (key.calls_a_minute, key.rows_a_minute)
    calls = 0 if rows else 1
    if rates(current_home()).take(key.pk, second // 60, calls=calls, rows=rows, limits=limits):
        return
    wait = 60 - second % 60
    sentence = f"这一分钟的调用太多（每分钟 {limits[0]} 次、{limits[1]} 行），请 {wait} 秒后再试。"
    policy = f'"calls";q={limits[0]};w=60, "rows";q={limits[1]};w=60'
    headers = {"Retry-After": str(wait), "RateLimit-Policy": policy, "RateLimit": f'"calls";r=0;t={wait}'}
    raise CallRefused(429, "key.rate", sentence, headers=headers)


@lru_cache(maxsize=4)
def rates(home: Home) -> Rates:
    """The counters of one home."""
    return Rates(home.root / "run" / "rates")


def address_of(request: HttpRequest) -> str:
    """Where the call comes from: the last address before the proxy we know, else the peer's."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and os.environ.get(PROXY) and peer == os.environ[PROXY]:
        return forwarded.rpartition(",")[2].strip()
    return peer


def _refuse(
    request: HttpRequest, reader: Reader, key: models.MachineKey | None, error: CallRefused, address: str
) -> None:
    """Write the refusal to the trail and raise it; a flood from one address is written for its first calls only."""
    minute = int(time.time()) // 60
    if rates(current_home()).take(f"refused {address}", minute, calls=1, rows=0, limits=(REFUSALS_A_MINUTE, 1)):
        with transaction.atomic():
            record_event(
                reader,
                "access.refused",
                subject=f"{request.method} {request.path}"[:200],
                institution_id=key.institution_id if key else None,
                outcome="refused",
                detail={"code": error.code, "address": address},
            )
    raise error
