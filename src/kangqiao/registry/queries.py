"""Reads of the register."""

from __future__ import annotations

from django.db.models import Q

from kangqiao.registry.models import Institution


def active_institutions(kind: str | None = None) -> list[Institution]:
    """Institutions that report, in the order of the bulletin; of one kind when it is given."""
    institutions = Institution.objects.filter(is_active=True)
    return list(institutions.filter(kind=kind) if kind else institutions)


def institution_by_text(text: str) -> Institution | None:
    """The active institution that a sender names by its full name or its code; None when there is none."""
    wanted = text.strip()
    return Institution.objects.filter(Q(name=wanted) | Q(code__iexact=wanted), is_active=True).first()


def institutions_by_text() -> dict[str, Institution]:
    """Name → institution and code → institution, of all active ones: read once for a load of thousands of files."""
    found = active_institutions()
    return {item.code: item for item in found} | {item.name: item for item in found}
