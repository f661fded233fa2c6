"""How an event is written as bytes, and how events are chained by keyed SM3 (GB/T 32905-2016, 密码杂凑算法)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac

START = ""
"""What the first event of a chain follows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What of an event is chained: all of it."""

    chain: str
    place: int
    at: str
    """UTC, microseconds, ISO 8601."""
    kind: str
    name: str
    verb: str
    subject: str
    institution_id: int | None
    outcome: str
    detail: dict[str, Any]


def seal(key: bytes, before: str, entry: Entry) -> str:
    """The mark of ``entry`` behind the event whose mark is ``before``: 64 hexadecimal digits.

    HMAC-SM3 over the mark before, a line feed, and the entry as JSON with sorted keys and without spaces.
    """
    text = json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _sm3(key, f"{before}\n{text}")


def seal_head(key: bytes, chain: str, count: int, mark: str) -> str:
    """The mark of a chain's head: without the key nobody can shorten a chain and its head together."""
    return _sm3(key, f"head\n{chain}\n{count}\n{mark}")


def _sm3(key: bytes, text: str) -> str:
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(text.encode())
    return mac.finalize().hex()
