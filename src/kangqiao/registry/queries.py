"""Reads of the register."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from kangqiao.registry.models import Declaration, Institution


def active_institutions(kind: str | None = None) -> list[Institution]:
    """Institutions that report, in the order of the bulletin; of one kind when it is given."""
    institutions = Institution.objects.filter(is_active=True)
    return list(institutions.filter(kind=kind) if kind else institutions)


def listed_institutions(month: date, kind: str | None = None, also: Collection[int] = ()) -> list[Institution]:
    """Institutions that the bulletin of ``month`` lists, in its order, and active ones among the keys ``also``.

    ``month`` is the month's first day; ``also`` are those that sent something though they are not listed.
    """
    begun = Q(listed_from=None) | Q(listed_from__lte=month)
    not_ended = Q(listed_until=None) | Q(listed_until__gte=month)
    institutions = Institution.objects.filter(begun & not_ended | Q(pk__in=also), is_active=True)
    return list(institutions.filter(kind=kind) if kind else institutions)


def declarations_in(month: date) -> dict[int, frozenset[str]]:
    """Institution's key → the tables its newest declaration up to ``month`` names; absent: none received (未反馈)."""
    found = Declaration.objects.filter(month__lte=month).order_by("month")
    return {item.institution_id: frozenset(item.datasets) for item in found}


def institution_by_text(text: str) -> Institution | None:
    """The active institution that a sender names by its name, its code or its former name; None when there is none."""
    wanted = text.strip()
    if not wanted:
        return None
    named = Q(name=wanted) | Q(code__iexact=wanted) | Q(former_name=wanted)
    return Institution.objects.filter(named, is_active=True).first()


def institutions_by_text() -> dict[str, Institution]:
    """Name, code and former name → institution, of all active ones: read once for a load of thousands of files."""
    found = active_institutions()
    former = {item.former_name: item for item in found if item.former_name}
    return former | {item.code: item for item in found} | {item.name: item for item in found}
