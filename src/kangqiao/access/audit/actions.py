"""Write an event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from kangqiao.access.audit.models import AuditEvent, AuditHead, Outcome
from kangqiao.access.audit.rules import Entry, seal, seal_head
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now
from kangqiao.base.home import current_home

CENTRE = "centre"


def record_event(
    by: Reader,
    verb: str,
    *,
    subject: str = "",
    institution_id: int | None = None,
    outcome: str = Outcome.DONE,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write that ``by`` did ``verb``, in the transaction of the change it tells of. ``detail`` holds no personal data.

    Call it last: it holds the end of the chain until the transaction ends. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{verb}: an audit event belongs in the transaction of its change")
    chain = CENTRE if institution_id is None else str(institution_id)
    AuditHead.objects.bulk_create([AuditHead(chain=chain)], ignore_conflicts=True)
    head = AuditHead.objects.select_for_update().get(pk=chain)
    at = now().astimezone(UTC)
    name, about = by.name[:150], subject[:200]
    entry = Entry(chain, head.count + 1, stamp(at), by.kind, name, verb, about, institution_id, outcome, detail or {})
    mark = seal(current_home().audit_key(), head.mark, entry)
    event = AuditEvent.objects.create(
        chain=chain, place=entry.place, at=at, kind=by.kind, name=name, verb=verb, subject=about,
        institution_id=institution_id, outcome=outcome, detail=entry.detail, mark=mark,
    )  # fmt: skip
    _move(head, entry.place, mark)
    return event


def _move(head: AuditHead, count: int, mark: str) -> None:
    head.count, head.mark = count, mark
    head.seal = seal_head(current_home().audit_key(), head.chain, count, mark)
    head.save(update_fields=["count", "mark", "seal"])


def stamp(at: datetime) -> str:
    """A time as it is chained: UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
