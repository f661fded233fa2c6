"""Lock-out that nobody can use against another (登录限速): the source waits, never the account.

A browser that has signed in to an account before carries a signed device cookie and is counted by itself: whoever
fails a thousand times elsewhere, or behind the same address, does not keep the owner out.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from kangqiao.access.models import SignInSource
from kangqiao.access.rules import FORGOTTEN_AFTER, wait_seconds
from kangqiao.base.ids import new_id

COOKIE = "kangqiao_device"
SALT = "kangqiao.access.device"
YEAR = 366 * 24 * 3600

Source = tuple[str, str]
"""Kind, digest."""


def sources_of(request: HttpRequest, name: str, step: str) -> list[Source]:
    """What an attempt for the account ``name`` is counted under; ``step`` is ``password`` or ``code``."""
    account = name.strip().lower()
    device = _device(request, account)
    if device:
        return [("device", _digest(step, account, device))]
    address = _network(request.META.get("REMOTE_ADDR", ""))
    return [("pair", _digest(step, account, address)), ("address", _digest("address", address))]


@transaction.atomic
def begin_attempt(sources: Sequence[Source], moment: datetime) -> int:
    """Count an attempt as failed before it is looked at, so that many at once gain nothing.

    Answers the seconds to wait; when it is not 0, the attempt must not be looked at, and it was not counted.
    """
    for _, digest in sources:
        SignInSource.objects.get_or_create(source=digest, defaults={"last_at": moment})
    held = SignInSource.objects.select_for_update().in_bulk(sorted(digest for _, digest in sources))
    waits = [item.wait_until - moment for item in held.values() if item.wait_until and item.wait_until > moment]
    if waits:
        return int(max(waits).total_seconds()) + 1
    for kind, digest in sources:
        _count(held[digest], kind, moment)
    return 0


def _count(item: SignInSource, kind: str, moment: datetime) -> None:
    item.failures = 1 if moment - item.last_at > FORGOTTEN_AFTER else item.failures + 1
    seconds = wait_seconds(kind, item.failures)
    item.last_at = moment
    item.wait_until = moment + timedelta(seconds=seconds) if seconds else None
    item.save()


@transaction.atomic
def forgive(sources: Sequence[Source]) -> None:
    """After a success: forget the failures of this account here; of the address only the one just counted."""
    for kind, digest in sources:
        found = SignInSource.objects.select_for_update().filter(source=digest).first()
        if found and kind == "address":
            found.failures = max(found.failures - 1, 0)
            found.wait_until = None
            found.save()
        elif found:
            found.delete()


def remember_device(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Give the browser its device cookie for the account; one that it has stays."""
    account = name.strip().lower()
    if not _device(request, account):
        value = signing.dumps([account, new_id()], salt=SALT)
        response.set_cookie(COOKIE, value, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure())


def _device(request: HttpRequest, account: str) -> str:
    try:
        owner, device = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=YEAR)
    except (signing.BadSignature, ValueError):
        return ""
    return str(device) if owner == account else ""


def _network(address: str) -> str:
    """The address; of IPv6 the network of 64 bits that one customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
