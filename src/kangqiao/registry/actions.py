"""Verbs of the register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files

from django.db import connection, transaction
from django.db.models import Model

from kangqiao.base.errors import RequestRefused
from kangqiao.registry.models import Declaration, Institution, PersonIdentity, PersonKeyMark, Pseudonym
from kangqiao.registry.rules import RegisteredInstitution, parse_institutions
from kangqiao.standards.model import Person

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
    Institution.objects.bulk_create(Institution(**asdict(item)) for item in missing)


def hold_to_person_key(key: bytes) -> None:
    """Put down whose key the database's persons are hashed with. Raises RequestRefused when it is another home's.

    With another key the same person would be two, and another home's lake would not be the one the ledger tells of.
    """
    fingerprint = sha256(b"kangqiao person key" + key).hexdigest()
    mark, _ = PersonKeyMark.objects.get_or_create(pk=1, defaults={"fingerprint": fingerprint})
    if mark.fingerprint != fingerprint:
        raise RequestRefused(
            "home.database",
            "这个数据库属于另一个数据目录（人员标识密钥 person.key 不同）。"
            "请核对 KANGQIAO_HOME 与 KANGQIAO_DATABASE_URL。",
        )


def declare_datasets(institution: Institution, datasets: Iterable[str], *, month: date, at: datetime) -> Declaration:
    """Put down which tables ``institution`` says it sends from ``month`` on; a second one for the month replaces it.

    ``datasets`` are names of the catalogue: the caller has checked them.
    """
    said = {"datasets": sorted(set(datasets)), "declared_at": at}
    declaration, _ = Declaration.objects.update_or_create(institution=institution, month=month, defaults=said)
    return declaration


def register_identities(rows: Iterable[Mapping[str, str]], institutions: Mapping[str, Institution]) -> None:
    """Keep identity values that rows carried; ones that are known already stay as they are.

    Each row has ``token``, ``person_key``, ``_institution`` (a code) and the values by role.
    """
    columns = ("token", "person_key", "institution_id", *Person.__slots__)
    keys = {code: institution.pk for code, institution in institutions.items()}
    _insert_new(
        PersonIdentity,
        columns,
        (
            (
                row["token"],
                row["person_key"] or "",
                keys[row["_institution"]],
                *(row[role] for role in Person.__slots__),
            )
            for row in rows
        ),
    )


def register_pseudonyms(rows: Iterable[Mapping[str, str]]) -> None:
    """Keep the values behind tokens of the lake; ones that are known already stay as they are."""
    _insert_new(Pseudonym, ("token", "value"), ((row["token"], row["value"]) for row in rows))


def _insert_new(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    """Insert rows whose primary key is not there yet. Plain SQL: a month brings millions."""
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING", list(rows))
