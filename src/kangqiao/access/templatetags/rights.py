"""What templates ask about rights."""

from __future__ import annotations

from django import template

from kangqiao.access.rights import Reader

register = template.Library()


@register.filter
def may(reader: Reader, permission: str) -> bool:
    """Whether to show what leads to pages of ``permission``."""
    return bool(reader) and reader.may(permission)
