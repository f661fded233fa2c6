"""Decisions about keys that need neither database nor clock."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable

from kangqiao.base.errors import RequestRefused
from kangqiao.base.ids import new_id

MACHINE_PERMISSIONS = (
    "form.send",
    "form.view",
    "submission.send",
    "submission.view",
    "submission.rejected",
    "submission.replay",
)
"""What a key can be given at all: accounts, keys and the trail are for people."""

_TOKEN = re.compile(r"kq_([0-9a-z]{26})_([A-Za-z0-9_-]{43})")


def new_token() -> tuple[str, str, str]:
    """A new key's id, its digest to keep, and its text to show once: ``kq_<id>_<secret>``."""
    number, secret = new_id(), secrets.token_urlsafe(32)
    return number, digest_of(secret), f"kq_{number}_{secret}"


def digest_of(secret: str) -> str:
    """SHA-256 of a secret. It has 256 random bits, so nobody can guess it and a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parse_token(text: str) -> tuple[str, str] | None:
    """Id and secret of ``kq_<id>_<secret>``; None for anything else."""
    found = _TOKEN.fullmatch(text)
    return (found[1], found[2]) if found else None


def is_secret(secret: str, digest: str) -> bool:
    """Whether ``secret`` is the one kept, compared in constant time."""
    return hmac.compare_digest(digest_of(secret), digest)


def checked_networks(texts: Iterable[str]) -> list[str]:
    """Networks an allow-list names, as CIDR. Raises RequestRefused for what is none."""
    try:
        return [str(ipaddress.ip_network(text.strip(), strict=False)) for text in texts]
    except ValueError as error:
        raise RequestRefused(
            "key.network", f"“{error.args[0].split()[0]}”不是地址或网段，应写作 10.1.2.0/24。"
        ) from error


def is_from(address: str, networks: Iterable[str]) -> bool:
    """Whether ``address`` lies in one of ``networks``; without any, every address does."""
    wanted = list(networks)
    if not wanted:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ipaddress.ip_network(network) for network in wanted)
