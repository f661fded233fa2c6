"""The home folder (数据目录): all state of one platform lives in it.

::

    HOME/                  0700
      kangqiao.db          ledger, registry, accounts, facts (SQLite; or KANGQIAO_DATABASE_URL)
      secret.key           0600  web sessions
      person.key           0600  keyed hash of persons
      audit.key            0600  chain of the audit trail
      lake/                data files and catalog.db (see kangqiao.engine.lake)
      rejected/            rows that were not stored, with reasons
      documents/           shared documents as received, 0600, each under its SHA-256
      uploads/             files on their way in, 0600, each under its upload's id
      locks/               one file a lake table
      work/                scratch of running loads
      standards/           the city's own standards, if it has any (see kangqiao.standards.overlay)
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "KANGQIAO_HOME"


@dataclass(frozen=True, slots=True)
class Home:
    """Paths inside one home folder."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "kangqiao.db"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def rejected(self) -> Path:
        return self.root / "rejected"

    @property
    def documents(self) -> Path:
        return self.root / "documents"

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def standards(self) -> Path:
        return self.root / "standards"

    def create(self) -> None:
        """Make the folders; nobody but the owner may look inside."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.lake, self.rejected, self.documents, self.uploads, self.locks, self.work):
            folder.mkdir(mode=0o700, exist_ok=True)

    def person_key(self) -> bytes:
        """The key of ``person_key`` hashes: 32 random bytes, made once, mode 0600."""
        return bytes.fromhex(_secret_file(self.root / "person.key"))

    def audit_key(self) -> bytes:
        """The key that chains the audit trail: 32 random bytes, made once, mode 0600."""
        return bytes.fromhex(_secret_file(self.root / "audit.key"))

    def session_key(self) -> str:
        """The key that signs web sessions, made once, mode 0600."""
        return _secret_file(self.root / "secret.key")


def current_home() -> Home:
    """The home named by ``KANGQIAO_HOME``, else ``home`` in the working folder."""
    return Home(Path(os.environ.get(VARIABLE) or "home").resolve())


def _secret_file(path: Path) -> str:
    """Read the secret in ``path``; make it first if there is none. Safe when two processes begin at once."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_hex(32))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text("ascii").strip()
