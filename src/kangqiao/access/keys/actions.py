"""Verbs of keys; each leaves a trace in the audit trail, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from kangqiao.access.audit.actions import record_event
from kangqiao.access.keys.models import MachineKey
from kangqiao.access.keys.rules import MACHINE_PERMISSIONS, checked_networks, new_token
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now
from kangqiao.base.errors import RequestRefused

GRACE = timedelta(days=7)
"""How long the old key goes on working after a rotation."""
LIFE = timedelta(days=365)


@dataclass(frozen=True)
class KeyWish:
    """What a new key is to be."""

    institution_id: int
    label: str
    permissions: tuple[str, ...] = MACHINE_PERMISSIONS
    datasets: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    calls_a_minute: int = 600
    rows_a_minute: int = 300_000
    expires_at: datetime | None = None


@transaction.atomic
def create_key(wish: KeyWish, *, by: Reader) -> tuple[MachineKey, str]:
    """Make a key; answers it and its text, which is shown this once. Raises RequestRefused for a wrong wish."""
    if unknown := sorted(set(wish.permissions) - set(MACHINE_PERMISSIONS)):
        raise RequestRefused("key.permission", f"接口密钥不能有这些权限：{'、'.join(unknown)}。")
    if not wish.label.strip():
        raise RequestRefused("key.label", "请写明这把密钥给哪台机器或哪个程序使用。")
    number, digest, text = new_token()
    key = MachineKey.objects.create(
        pk=number,
        institution_id=wish.institution_id,
        label=wish.label.strip()[:100],
        digest=digest,
        permissions=sorted(set(wish.permissions)),
        datasets=sorted(set(wish.datasets)),
        networks=checked_networks(wish.networks),
        calls_a_minute=wish.calls_a_minute,
        rows_a_minute=wish.rows_a_minute,
        created_at=now(),
        created_by=by.name,
        expires_at=wish.expires_at or now() + LIFE,
    )
    _record("key.create", key, by)
    return key, text


@transaction.atomic
def rotate_key(key: MachineKey, *, by: Reader, grace: timedelta = GRACE) -> tuple[MachineKey, str]:
    """Make a successor of ``key`` with the same rights; ``key`` itself works for ``grace`` longer, no more."""
    refuse_ended(key)
    wish = KeyWish(
        key.institution_id,
        key.label,
        tuple(key.permissions),
        tuple(key.datasets),
        tuple(key.networks),
        key.calls_a_minute,
        key.rows_a_minute,
    )
    successor, text = create_key(wish, by=by)
    key.replaced_by = successor
    key.expires_at = min(key.expires_at, now() + grace)
    key.save(update_fields=["replaced_by", "expires_at"])
    _record("key.rotate", key, by)
    return successor, text


@transaction.atomic
def revoke_key(key: MachineKey, *, by: Reader) -> None:
    """End a key at once."""
    refuse_ended(key)
    key.revoked_at = now()
    key.save(update_fields=["revoked_at"])
    _record("key.revoke", key, by)


def refuse_ended(key: MachineKey) -> None:
    """Raise RequestRefused when the key was revoked before."""
    if key.revoked_at:
        raise RequestRefused("key.revoked", "这把密钥已经吊销。")


def mark_used(key: MachineKey, at: datetime) -> None:
    """Keep when the key was used last, to the minute: one write a minute at most."""
    if key.last_used_at is None or at - key.last_used_at >= timedelta(minutes=1):
        MachineKey.objects.filter(pk=key.pk).update(last_used_at=at.replace(second=0, microsecond=0))


def _record(verb: str, key: MachineKey, by: Reader) -> None:
    record_event(by, verb, subject=key.pk, institution_id=key.institution_id, detail={"label": key.label})


def named_datasets(key: MachineKey) -> Iterable[str] | None:
    """Datasets the key may send; None: all."""
    return key.datasets or None
