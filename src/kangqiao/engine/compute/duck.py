"""DuckDB connections, and the small vocabulary of functions that rules are written in.

``KANGQIAO_THREADS`` and ``KANGQIAO_MEMORY`` (such as ``4GB``) bound what one connection takes; by default
all cores, and half of the machine's memory but 3 GB at most; what does not fit is spilled to disk.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

MEMORY_CEILING = 3000
"""Megabytes."""

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Weights of the 17 digits: 2^(18-i) mod 11 (GB 11643-1999, 表 1)."""
_ID_SUM = " + ".join(f"((n // {10 ** (16 - place)}) % 10) * {weight}" for place, weight in enumerate(_ID_WEIGHTS))

FUNCTIONS = (
    # matches(text, pattern): the regular expression is found in the text
    "CREATE MACRO matches(value, pattern) AS regexp_matches(value, pattern)",
    # age_years(birth, moment): completed years (周岁); who was born on 29 February is a year older on 1 March
    """CREATE MACRO age_years(birth, moment) AS year(moment) - year(birth)
        - CASE WHEN month(moment) * 100 + day(moment) < month(birth) * 100 + day(birth) THEN 1 ELSE 0 END""",
    # GB 11643-1999: 17 digits and a check character over GF(11). The lambda binds the number once; its digits are
    # taken by division, four times faster than by text.
    f"""CREATE MACRO id_check_character(id) AS substr('10X98765432', 1 + CAST(list_transform(
        [TRY_CAST(substr(id, 1, 17) AS BIGINT)], lambda n: ({_ID_SUM}) % 11)[1] AS INTEGER), 1)""",
    """CREATE MACRO id_birth_date(id) AS CASE
        WHEN regexp_full_match(id, '[0-9]{17}[0-9Xx]') THEN CAST(try_strptime(substr(id, 7, 8), '%Y%m%d') AS DATE)
        WHEN regexp_full_match(id, '[0-9]{15}')
            THEN CAST(try_strptime('19' || substr(id, 7, 6), '%Y%m%d') AS DATE) END""",
    """CREATE MACRO id_sex(id) AS CASE
        WHEN regexp_full_match(id, '[0-9]{17}[0-9Xx]')
            THEN CASE (ascii(substr(id, 17, 1)) - 48) % 2 WHEN 1 THEN '1' ELSE '2' END
        WHEN regexp_full_match(id, '[0-9]{15}')
            THEN CASE (ascii(substr(id, 15, 1)) - 48) % 2 WHEN 1 THEN '1' ELSE '2' END END""",
    """CREATE MACRO is_resident_id(id) AS id_birth_date(id) IS NOT NULL AND CASE length(id)
        WHEN 18 THEN id_check_character(id) = upper(substr(id, 18, 1)) ELSE TRUE END""",
    # the 18-digit form of a resident identity number: old 15-digit numbers get their century and check character
    """CREATE MACRO id_18(id) AS CASE WHEN regexp_full_match(id, '[0-9]{15}')
        THEN substr(id, 1, 6) || '19' || substr(id, 7)
             || id_check_character(substr(id, 1, 6) || '19' || substr(id, 7)) ELSE upper(id) END""",
    # GB 32100-2015: 18 characters without I, O, S, V, Z; weights 3^(i-1) mod 31
    """CREATE MACRO is_uscc(code) AS CASE WHEN regexp_full_match(code, '[0-9A-HJ-NP-RTUW-Y]{18}') THEN
        substr('0123456789ABCDEFGHJKLMNPQRTUWXY', 1 + CAST((31 -
            list_sum(list_transform(range(1, 18), lambda i:
                (instr('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, CAST(i AS INTEGER), 1)) - 1)
                * [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28][i])) % 31) % 31 AS INTEGER), 1)
        = substr(code, 18, 1) ELSE FALSE END""",
)


def connect(scratch: Path, database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A connection that spills to ``scratch``, loads no extension, keeps the order of rows, knows our functions."""
    connection = duckdb.connect(
        database,
        config={
            "threads": int(os.environ.get("KANGQIAO_THREADS") or os.cpu_count() or 1),
            "memory_limit": os.environ.get("KANGQIAO_MEMORY") or _default_memory(),
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "true",
            "ieee_floating_point_ops": "false",  # a division by nought has no value, so its rule does not apply
        },
    )
    for statement in FUNCTIONS:
        connection.execute(statement)
    return connection


def _default_memory() -> str:
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 21
    return f"{min(half, MEMORY_CEILING)}MB"


def quote_name(name: str) -> str:
    """An identifier from the catalogue, quoted."""
    return '"' + name.replace('"', '""') + '"'
