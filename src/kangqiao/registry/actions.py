"""Verbs of the register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files

from django.db import transaction

from kangqiao.registry.models import Institution, PersonIdentity, Pseudonym
from kangqiao.registry.rules import RegisteredInstitution, parse_institutions
from kangqiao.standards.model import Person

LIST = "data/nanjing.csv"
BLOCK = 1000


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


def register_identities(rows: Iterable[Mapping[str, str]], institutions: Mapping[str, Institution]) -> None:
    """Keep identity values that rows carried; ones that are known already stay as they are.

    Each row has ``token``, ``person_key``, ``_institution`` (a code) and the values by role.
    """
    roles = Person.__slots__
    PersonIdentity.objects.bulk_create(
        (
            PersonIdentity(
                token=row["token"],
                person_key=row["person_key"] or "",
                institution=institutions[row["_institution"]],
                **{role: row[role] for role in roles},
            )
            for row in rows
        ),
        ignore_conflicts=True,
        batch_size=BLOCK,
    )


def register_pseudonyms(rows: Iterable[Mapping[str, str]]) -> None:
    """Keep the values behind tokens of the lake; ones that are known already stay as they are."""
    Pseudonym.objects.bulk_create((Pseudonym(**row) for row in rows), ignore_conflicts=True, batch_size=BLOCK)
