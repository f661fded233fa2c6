"""The exception tree, drawn once.

KangqiaoError
├── DefinitionError      a file of the standards catalogue is wrong (names file and field)
├── Refused              input that is refused whole, with a code and a Chinese sentence
│   ├── FileRefused      a file that cannot be read as its dataset
│   └── RequestRefused   a request naming something unknown or not allowed
│       └── CallRefused  a call of a machine, with the status that the protocol has for it
└── StateConflict        the ledger or the lake is not in the state an action needs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class KangqiaoError(Exception):
    """Base of every error this package raises on purpose."""


class DefinitionError(KangqiaoError):
    """A wrong definition in the catalogue. ``where`` is ``file`` or ``file: field``.

    ``key`` names the key of the field, or ``at`` the way through the document, that is wrong: the reader finds
    ``line`` from them. As text: ``datasets/foo.yaml:41: fields.sex: unknown value set 'X'``.
    """

    def __init__(
        self, where: str, reason: str, *, key: str = "", at: tuple[str | int, ...] = (), line: int | None = None
    ) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason
        self.key = key
        self.at = at
        self.line = line

    @property
    def file(self) -> str:
        return self.where.partition(": ")[0]

    @property
    def part(self) -> str:
        """The part of the file that is wrong: ``fields.sex``; empty for the file as a whole."""
        return self.where.partition(": ")[2]

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return ": ".join(text for text in (f"{self.file}{line}", self.part, self.reason) if text)


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


class CallRefused(RequestRefused):
    """A call of the API that is refused: answered as a problem (RFC 9457) with this status.

    ``errors`` are dictionaries ``{"field": …, "message": …}`` (with ``"row"`` where there are rows); ``headers`` go
    along with the answer, as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        errors: Sequence[Mapping[str, object]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.errors = [dict(item) for item in errors]
        self.headers = dict(headers or {})


class StateConflict(KangqiaoError):
    """The ledger or the lake is not in the state an action needs."""
