"""The version of a catalogue: ``catalogue.yaml`` beside its folders; a folder without one has no version."""

from __future__ import annotations

import re
from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.documents import Shape, check_shape, read_document
from kangqiao.standards.model import Edition

_EDITION = Shape({"version": "text", "date": "text"}, {"note": "text"})
_VERSION = re.compile(r"\d{4}\.\d{2}(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_edition(path: Path, where: str) -> Edition:
    """Read version, date and note. Raises DefinitionError."""
    if not path.is_file():
        return Edition()
    document = read_document(path, where)
    check_shape(document, _EDITION, where)
    if not _VERSION.fullmatch(document["version"]):
        raise DefinitionError(
            where, f"version {document['version']!r} must be like 2026.11 or 2026.11.1", key="version"
        )
    if not _DATE.fullmatch(document["date"]):
        raise DefinitionError(where, f"date {document['date']!r} must be like 2026-11-23", key="date")
    return Edition(document["version"], document["date"], document.get("note", ""))
