"""Documents as received, kept under their SHA-256: ``HOME/documents/ab/abcd….xml``, readable by the owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from kangqiao.base.home import Home
from kangqiao.base.ids import new_id


def document_path(home: Home, sha256: str) -> Path:
    """Where the bytes of this digest lie, or would."""
    return home.documents / sha256[:2] / f"{sha256}.xml"


def keep_document(home: Home, sha256: str, content: bytes) -> Path:
    """Keep ``content``; a name is whole or absent, and bytes that are kept already are left alone."""
    path = document_path(home, sha256)
    if path.exists():
        return path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{new_id()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return path
