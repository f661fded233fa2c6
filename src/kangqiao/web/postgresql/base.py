"""Text is compared by code point, as SQLite and Python do, whatever order of text the server was set up with.

A city's server may sort by ``zh_CN``, ``en_US`` or pinyin: lists, pages after an id and ``groupby`` over sorted rows
would then differ from place to place. Every text column that a migration makes therefore says ``COLLATE "C"``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.backends.postgresql import base, schema

CODE_POINTS = "C"
TEXT = ("varchar", "text")


def _collation(column_type: str, wished: str | None) -> str | None:
    return wished or (CODE_POINTS if column_type.startswith(TEXT) else None)


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Both ways a column gets its type: when it is made, and when it is altered."""

    def _iter_column_sql(
        self, column_db_type: str, params: Any, model: Any, field: Any, field_db_params: dict[str, Any], default: bool
    ) -> Iterator[str]:
        parent: Any = super()
        wished = {**field_db_params, "collation": _collation(column_db_type, field_db_params.get("collation"))}
        yield from parent._iter_column_sql(column_db_type, params, model, field, wished, default)

    def _alter_column_type_sql(
        self, model: Any, old_field: Any, new_field: Any, new_type: str, old_collation: Any, new_collation: Any
    ) -> Any:
        parent: Any = super()
        wished = _collation(new_type, new_collation)
        return parent._alter_column_type_sql(model, old_field, new_field, new_type, old_collation, wished)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
