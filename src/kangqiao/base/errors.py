"""The exception tree, drawn once.

KangqiaoError
├── DefinitionError      a file of the standards catalogue is wrong (names file and field)
├── Refused              input that is refused whole, with a code and a Chinese sentence
│   ├── FileRefused      a file that cannot be read as its dataset
│   └── RequestRefused   a request naming something unknown or not allowed
└── StateConflict        the ledger or the lake is not in the state an action needs
"""

from __future__ import annotations


class KangqiaoError(Exception):
    """Base of every error this package raises on purpose."""


class DefinitionError(KangqiaoError):
    """A wrong definition in the catalogue. ``where`` is ``file`` or ``file: field``."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class Refused(KangqiaoError):
    """Input refused whole. ``code`` is stable and English; ``message`` is a Chinese sentence for a clerk."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


class FileRefused(Refused):
    """A file that cannot be read as its dataset; nothing of it is stored."""


class RequestRefused(Refused):
    """A request that names something unknown, or that its sender has no right to."""


class StateConflict(KangqiaoError):
    """The ledger or the lake is not in the state an action needs."""
