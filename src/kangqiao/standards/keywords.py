"""Words of SQL that a field may not be called: in a rule they would not be read as a field.

DuckDB's reserved words and names of functions and types, and the words with which a statement begins for sqlglot.
"""

from __future__ import annotations

SQL_KEYWORDS = frozenset(
    """
    all alter analyse analyze and anti any array as asc asof asymmetric at attach authorization begin between binary
    both by cache call case cast check collate collation column columns comment commit concurrently connect
    constraint copy create cross default deferrable delete desc describe detach disconnect distinct do drop else end
    except execute explain false fetch for force foreign freeze from full generated glob grant group having if ilike
    in initially inner insert install intersect interval into is isnull join lambda lateral leading left like limit
    load map merge natural not notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider
    placing positional pragma prepare primary qualify references rename reset returning revoke right rollback select
    semi set show similar some struct summarize symmetric table tablesample then to trailing true truncate try_cast
    tuple union unique unpack unpivot update use using vacuum variadic verbose when where window with
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
