"""Reads of keys."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from kangqiao.access.keys.models import MachineKey
from kangqiao.access.rights import Reader


def keys_for(reader: Reader, permission: str = "key.view") -> list[MachineKey]:
    """The keys that the reader may see, an institution's together, newest first."""
    found = MachineKey.objects.select_related("institution")
    institutions = reader.institutions(permission)
    return list(found if institutions is None else found.filter(institution_id__in=institutions))


def key_for(reader: Reader, number: str, permission: str = "key.manage") -> MachineKey:
    """One key; one answer (404) for a key that is not there and one that is not the reader's."""
    institutions = reader.institutions(permission)
    found = MachineKey.objects.select_related("institution")
    return get_object_or_404(
        found if institutions is None else found.filter(institution_id__in=institutions), pk=number
    )
