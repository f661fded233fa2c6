"""Separate identity from clinical values in the table ``judged``.

Two tables are made beside it, of accepted rows only:

``identity``   one row for each distinct set of identity values of the residents that rows are about
``pseudonym``  one row for each distinct other name, phone, address or number (doctors, contacts)

All keys are the first 128 bits of HMAC-SHA-256 (RFC 2104) in hexadecimal, over a labelled text. ``person_key`` is
taken over the identity document alone (type and number, 15-digit numbers in their 18-digit form), so that one
resident has one key at every institution; without a document over the institution's own patient number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.validation.compile import ACCEPTED
from kangqiao.standards.model import Dataset, Field, Person

ROLES = Person.__slots__
_FETCH = 20_000
_BLOCK = 64  # bytes of a SHA-256 block


@dataclass(frozen=True, slots=True)
class Separated:
    """Names of a dataset's fields by what becomes of them."""

    kept: tuple[Field, ...]
    """Fields that go to the lake as they are."""
    tokens: tuple[Field, ...]
    """Fields that go to the lake as ``<name>_token``."""


def separate(dataset: Dataset) -> Separated:
    """Which fields of ``dataset`` the lake may hold: none that identifies a person."""
    subject = set(dataset.person.fields().values())
    kept = tuple(field for field in dataset.fields if field.identifies is None)
    tokens = tuple(field for field in dataset.fields if field.identifies and field.name not in subject)
    return Separated(kept, tokens)


def create_identity(connection: duckdb.DuckDBPyConnection, dataset: Dataset, key: bytes) -> None:
    """Make the tables ``identity`` and ``pseudonym`` from ``judged``."""
    pads = pads_of(key)
    by_local_no = _hmac("'local|' || _institution || '|' || local_no")
    roles = dataset.person.fields()
    columns = ", ".join(f"any_value({_text(roles.get(role))}) AS {role}" for role in ROLES)
    token = _hmac(f"concat_ws(chr(31), 'identity', _institution, {', '.join(ROLES)})")
    connection.execute(
        f"""
        CREATE TABLE identity AS
        WITH person AS (
          SELECT _who, any_value(_institution) AS _institution, {columns}
          FROM judged WHERE _status = {ACCEPTED} AND _who IS NOT NULL GROUP BY _who)
        SELECT *,
          CASE WHEN id_no <> '' THEN {document_key("id_type", "id_no")}
               WHEN local_no <> '' THEN {by_local_no} END AS person_key,
          {token} AS token
        FROM person""",
        pads,
    )
    names = [q(field.name) for field in separate(dataset).tokens]
    source = (
        f"SELECT DISTINCT unnest([{', '.join(names)}]) AS value FROM judged WHERE _status = {ACCEPTED}"
        if names
        else "SELECT NULL::VARCHAR AS value"
    )
    token = _hmac("'value|' || value")
    connection.execute(
        f"CREATE TABLE pseudonym AS SELECT value, {token} AS token FROM ({source}) WHERE value IS NOT NULL", pads
    )


def document_key(id_type: str, id_no: str) -> str:
    """SQL for the key of the person whose document ``id_no`` is; both are columns that are not NULL.

    Binds the parameters of :func:`pads_of`.
    """
    by_card = _hmac(f"'id|01|' || id_18({id_no})")
    by_document = _hmac(f"'id|' || {id_type} || '|' || upper({id_no})")
    return f"CASE WHEN {id_type} IN ('', '01') THEN {by_card} ELSE {by_document} END"


def identities(connection: duckdb.DuckDBPyConnection) -> Iterator[list[dict[str, Any]]]:
    """The rows of ``identity`` in blocks: token, person_key, institution and the values by role."""
    names = ["token", "person_key", "_institution", *ROLES]
    yield from _blocks(connection, f"SELECT {', '.join(names)} FROM identity", names)


def pseudonyms(connection: duckdb.DuckDBPyConnection) -> Iterator[list[dict[str, Any]]]:
    """The rows of ``pseudonym`` in blocks: token and value."""
    yield from _blocks(connection, "SELECT token, value FROM pseudonym", ["token", "value"])


def _blocks(connection: duckdb.DuckDBPyConnection, statement: str, names: list[str]) -> Iterator[list[dict[str, Any]]]:
    cursor = connection.cursor()
    cursor.execute(statement)
    while rows := cursor.fetchmany(_FETCH):
        yield [dict(zip(names, row, strict=True)) for row in rows]


def _text(name: str | None) -> str:
    return f"COALESCE(CAST({q(name)} AS VARCHAR), '')" if name else "''"


def _hmac(message: str) -> str:
    """SQL for the first 32 hexadecimal digits of HMAC-SHA-256 over ``message``; binds ``$inner``, ``$outer``."""
    return f"left(sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode({message})))), 32)"


def pads_of(key: bytes) -> dict[str, bytes]:
    """The key as both blocks of HMAC take it."""
    padded = key.ljust(_BLOCK, b"\0")
    return {"inner": bytes(byte ^ 0x36 for byte in padded), "outer": bytes(byte ^ 0x5C for byte in padded)}
