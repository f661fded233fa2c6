"""A Parquet file as a relation of text columns, so that the same SQL judges it."""

from __future__ import annotations

import hashlib

import duckdb

from kangqiao.base.errors import FileRefused
from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.formats.header import Layout, match_columns
from kangqiao.engine.formats.received import Received
from kangqiao.engine.formats.text_file import ReadFile
from kangqiao.standards.model import Dataset

_INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
_FRACTIONS = ("DECIMAL", "DOUBLE", "FLOAT")
_NATIVE = {
    "N": (*_INTEGERS, *_FRACTIONS),
    "D": ("DATE",),
    "DT": ("TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP_S"),
    "L": ("BOOLEAN",),
}
_ROW_NUMBER = "file_row_number"
_AS_TEXT = {"DATE": "strftime({}, '%Y%m%d')", "BOOLEAN": "CASE {} WHEN TRUE THEN 'T' WHEN FALSE THEN 'F' END"}


_ALL_NULL = '"NULL"'
"""The type of a column without a single value."""


def open_parquet(connection: duckdb.DuckDBPyConnection, dataset: Dataset, received: Received) -> tuple[ReadFile, str]:
    """The layout of a Parquet file, and a relation over it with ``$path`` and ``$number`` to be bound.

    A column is text in the standard's notation, or has the field's own type (DATE for D, TIMESTAMP for DT,
    a number for N, BOOLEAN for L). ``_line`` is the row's number, from 1.
    Raises FileRefused: damaged, no known column, required column missing, a column of another type.
    """
    name = received.path.name
    try:
        columns = connection.execute(
            "SELECT column_name, column_type FROM "
            "(DESCRIBE SELECT * FROM read_parquet($path, hive_partitioning=false))",
            {"path": literal_path(received)},
        ).fetchall()
    except duckdb.Error as error:
        raise FileRefused("file.damaged", f"{name} 不是完整的 Parquet 文件，不能读取。") from error
    if _ROW_NUMBER in (column.lower() for column, _ in columns):
        raise FileRefused("file.columns_reserved", f"Parquet 文件的列名不能用 {_ROW_NUMBER}。")
    layout = match_columns(dataset, tuple(column for column, _ in columns))
    _refuse_types(dataset, layout, [kind for _, kind in columns])
    _refuse_nul(connection, received, [column for column, kind in columns if _base(kind) == "VARCHAR"])
    with received.path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    texts = ", ".join(_text(column, kind) + f" AS c{index}" for index, (column, kind) in enumerate(columns))
    relation = (
        f"(SELECT $number AS _file, {_ROW_NUMBER} + 1 AS _line, {texts} "
        f"FROM read_parquet($path, hive_partitioning=false, {_ROW_NUMBER}=true))"
    )
    return ReadFile(digest, received.size, "parquet", layout), relation


def literal_path(received: Received) -> str:
    """The path to bind as ``$path``: DuckDB would read ``*`` and ``[`` in a name as a pattern, ``~`` as a home."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(received.path.absolute()))


def _refuse_nul(connection: duckdb.DuckDBPyConnection, received: Received, columns: list[str]) -> None:
    condition = " OR ".join(f"contains({q(column)}, chr(0))" for column in columns) or "FALSE"
    try:
        found = connection.execute(
            f"SELECT {_ROW_NUMBER} + 1 FROM read_parquet($path, hive_partitioning=false, {_ROW_NUMBER}=true) "
            f"WHERE {condition} LIMIT 1",
            {"path": literal_path(received)},
        ).fetchone()
    except duckdb.Error as error:
        raise FileRefused("file.damaged", f"{received.path.name} 已损坏，不能读完。") from error
    if found:
        raise FileRefused("file.nul", f"{received.path.name} 第 {found[0]} 行含有 NUL 字节，不是文本。")


def _base(kind: str) -> str:
    return kind.partition("(")[0].upper()


def _refuse_types(dataset: Dataset, layout: Layout, kinds: list[str]) -> None:
    wrong = []
    for name, kind in zip(layout.fields, kinds, strict=True):
        if name is None or _base(kind) in ("VARCHAR", _ALL_NULL):
            continue
        field = dataset.by_name[name]
        if _base(kind) not in _NATIVE.get(field.type, ()):
            wrong.append(f"{field.title}（{name}）应为文本或 {field.type} 类型，实为 {kind}")
    if wrong:
        raise FileRefused("file.parquet_type", f"Parquet 文件的列类型不符：{'；'.join(wrong)}。")


def _text(column: str, kind: str) -> str:
    """A column as text in the standard's notation; what the notation cannot say stays visible and is rejected."""
    base = _base(kind)
    if base.startswith("TIMESTAMP"):
        whole = f"date_trunc('second', CAST({q(column)} AS TIMESTAMP)) = {q(column)}"
        return f"CASE WHEN {whole} THEN strftime({q(column)}, '%Y%m%dT%H%M%S') ELSE CAST({q(column)} AS VARCHAR) END"
    if base in _FRACTIONS:  # 5.00 and 5 are one number, and N..3 has no decimals
        return rf"regexp_replace(CAST({q(column)} AS VARCHAR), '\.0+$|(\.[0-9]*[1-9])0+$', '\1')"
    if base in _AS_TEXT:
        return _AS_TEXT[base].format(q(column))
    return f"NULLIF(CAST({q(column)} AS VARCHAR), '')"
