"""Figures as people read them."""

from __future__ import annotations

from django import template
from django.http import QueryDict

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CHANNEL_TITLES

register = template.Library()


@register.filter
def share_of(part: int, whole: int) -> str:
    """``0.52%``; ``—`` when there is no whole; a share too small to show is not shown as none."""
    if not whole:
        return "—"
    if 0 < part / whole < 0.0001:
        return "<0.01%"
    return f"{part / whole:.2%}"


@register.filter
def plus(query: QueryDict, page: int) -> str:
    """The address's query with ``page`` set, so that a page of a filtered list can be linked to."""
    changed = query.copy()
    changed["page"] = str(page)
    return changed.urlencode()


@register.filter
def dataset_title(name: str) -> str:
    """The Chinese title of a dataset; the name itself when the catalogue does not know it."""
    found = catalogue().datasets.get(name)
    return found.title if found else name


@register.filter
def channel_title(channel: str) -> str:
    """定时 or 实时; what the sender wrote when it is neither."""
    return {str(known): title for known, title in CHANNEL_TITLES.items()}.get(channel, channel)
