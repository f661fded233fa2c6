"""Reads of the trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kangqiao.access.audit.actions import stamp
from kangqiao.access.audit.models import AuditEvent, AuditHead
from kangqiao.access.audit.rules import START, Entry, seal, seal_head
from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import current_home


@dataclass(frozen=True, slots=True)
class Break:
    """Where the trail is not as it was written."""

    chain: str
    place: int
    sentence: str


def verify_trail() -> tuple[int, list[Break]]:
    """How many events there are, and the first break of each chain that has one."""
    heads = {head.chain: head for head in AuditHead.objects.all()}
    chains = sorted({*heads, *AuditEvent.objects.order_by().values_list("chain", flat=True).distinct()})
    breaks = [found for chain in chains if (found := _first_break(chain, heads.get(chain)))]
    return AuditEvent.objects.count(), breaks


def heads_text() -> str:
    """One line that fixes every chain's end: kept elsewhere, it shows later that nothing before it was cut off."""
    return " ".join(f"{head.chain}:{head.count}:{head.mark}" for head in AuditHead.objects.order_by("chain"))


def check_heads(text: str) -> list[Break]:
    """Breaks against a line that :func:`heads_text` gave earlier."""
    breaks = []
    for part in text.split():
        chain, count, mark = (*part.split(":"), "", "")[:3]
        if not count.isascii() or not count.isdigit():
            raise RequestRefused("audit.head", f"“{part[:40]}”不是链尾，请给出 kangqiao audit head 打印的内容。")
        found = AuditEvent.objects.filter(chain=chain, place=int(count)).values_list("mark", flat=True).first()
        if int(count) and found != mark:
            breaks.append(Break(chain, int(count), "与另存的链尾不符：之前的记录被删除或改动"))
    return breaks


def _first_break(chain: str, head: AuditHead | None) -> Break | None:
    key = current_home().audit_key()
    before, place, at_head = START, 0, START
    for event, expected in _numbered(chain):
        if event.place != expected:
            return Break(chain, expected, f"第 {expected} 条不见了，或次序被改动")
        if event.mark != seal(key, before, _entry(event)):
            return Break(chain, expected, f"第 {expected} 条的内容或次序被改动")
        before, place = event.mark, expected
        if head is not None and place == head.count:
            at_head = event.mark
    # Events behind the head were written since it was read; each carries its mark.
    if head is None or place < head.count or head.mark != at_head or head.seal != _seal_of(key, head):
        return Break(chain, place + 1, f"第 {place} 条之后的记录被删除，或链尾被改动")
    return None


def _seal_of(key: bytes, head: AuditHead) -> str:
    return seal_head(key, head.chain, head.count, head.mark)


def _numbered(chain: str) -> Iterator[tuple[AuditEvent, int]]:
    events = AuditEvent.objects.filter(chain=chain).order_by("place")
    return ((event, place) for place, event in enumerate(events.iterator(chunk_size=2000), 1))


def _entry(event: AuditEvent) -> Entry:
    return Entry(
        event.chain, event.place, stamp(event.at), event.kind, event.name, event.verb, event.subject,
        event.institution_id, event.outcome, event.detail,
    )  # fmt: skip
