"""Verbs of the register."""

from __future__ import annotations

from importlib.resources import files

from django.db import transaction

from kangqiao.registry.models import Institution
from kangqiao.registry.rules import RegisteredInstitution, parse_institutions

LIST = "data/nanjing.csv"


def ensure_institutions() -> int:
    """Add the published institutions that the register lacks; answers how many were added.

    What an operator has renamed, reordered or switched off stays as it is.
    """
    listed = parse_institutions((files("kangqiao.registry") / LIST).read_text("utf-8"))
    known = set(Institution.objects.values_list("code", flat=True))
    missing = [item for item in listed if item.code not in known]
    if missing:
        _add(missing)
    return len(missing)


@transaction.atomic
def _add(missing: list[RegisteredInstitution]) -> None:
    Institution.objects.bulk_create(
        Institution(code=item.code, name=item.name, kind=item.kind, position=item.position) for item in missing
    )
