"""Hold rows against what is stored of the same person elsewhere (时序): no visit after a death.

The person is known by ``person_key``, made of the identity document alone; rows without one are not judged. Of what is
stored only keys and moments are read, and only the persons of the rows under judgement are kept. Nothing is worked out
while nothing is stored to hold them against.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.identity.separation import document_key, pads_of
from kangqiao.engine.validation.checks import Check
from kangqiao.engine.validation.compile import ACCEPTED, text_of
from kangqiao.standards.model import Dataset, Order, Succession

Files = Mapping[str, tuple[str, ...]]
"""Dataset → Parquet files of all institutions and channels."""


def resolve_successions(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, checks: tuple[Check, ...], files: Files, key: bytes
) -> None:
    """Write violations to ``unresolved``; ``beside`` is the other moment's day."""
    pairs = [(check, check.source) for check in checks if isinstance(check.source, Succession)]
    known = [(check, item) for check, item in pairs if files.get(item.dataset)]
    if known:
        _create_bearers(connection, dataset, key)
    for check, item in known:
        _resolve(connection, dataset, check.number, item, files[item.dataset])


def has_document(dataset: Dataset) -> str:
    """The condition under which a row of ``judged`` says who the person is."""
    return f"COALESCE({q(dataset.person.id_no)}, '') <> ''"


def _create_bearers(connection: duckdb.DuckDBPyConnection, dataset: Dataset, key: bytes) -> None:
    """The table ``bearer``: one row for each distinct set of identity values, with its person's key."""
    id_type = f"any_value({q(dataset.person.id_type)})" if dataset.person.id_type else "''"
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE bearer AS
        SELECT _who, {document_key("id_type", "id_no")} AS person_key
        FROM (SELECT _who, any_value({q(dataset.person.id_no)}) AS id_no, COALESCE({id_type}, '') AS id_type
              FROM judged WHERE _status = {ACCEPTED} AND {has_document(dataset)} GROUP BY _who)""",
        pads_of(key),
    )


_NOT_AFTER = ("max", ">", "min", "< $limit::DATE")
"""The last day of the rows; what a wrong row's day is to the other; the other that decides; those that can decide."""
_NOT_BEFORE = ("min", "<", "max", ">= $limit::DATE + INTERVAL 1 DAY")


def _resolve(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, number: int, item: Succession, files: tuple[str, ...]
) -> None:
    """Only the first moment of a person matters to what must not come after it, only the last to the contrary."""
    day, moment = f"CAST({q(item.field)} AS DATE)", f"CAST({q(item.moment)} AS DATE)"
    widest, wrong, nearest, bound = _NOT_AFTER if item.order is Order.NOT_AFTER else _NOT_BEFORE
    limit = connection.execute(f"SELECT {widest}({day}) FROM judged WHERE _status = {ACCEPTED}").fetchall()[0][0]
    connection.execute(
        f"""
        INSERT INTO unresolved
        WITH known AS (
          SELECT person_key, {nearest}({moment}) AS moment
          FROM read_parquet($files, union_by_name=true, hive_partitioning=false)
          WHERE {q(item.moment)} {bound} AND person_key IN (SELECT person_key FROM bearer)
          GROUP BY person_key)
        SELECT _file, _line, $number, {text_of(dataset.by_name[item.field])}, strftime(known.moment, '%Y-%m-%d')
        FROM judged JOIN bearer USING (_who) JOIN known USING (person_key)
        WHERE _status = {ACCEPTED} AND {day} {wrong} known.moment""",
        {"files": list(files), "number": number, "limit": limit},
    )
