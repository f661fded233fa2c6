"""Who watches: the gate to one institution, and whether a listener still may after hours on an open line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db import transaction
from django.http import Http404, HttpRequest

from kangqiao.access.audit.actions import record_event
from kangqiao.access.queries import reader_of
from kangqiao.access.rights import Reader
from kangqiao.oversight.monitoring.queries import Wanted, desk_institutions
from kangqiao.registry.models import Institution

PERMISSION = "monitoring.view"


def watched_institution(reader: Reader, code: str, month: date) -> Institution:
    """The institution that ``month`` lists under ``code``. Absent and forbidden answer alike; the latter is noted."""
    found = desk_institutions(month, Wanted(institution=code), None)
    if found and reader.covers(PERMISSION, found[0].pk):
        return found[0]
    if found:
        with transaction.atomic():
            record_event(reader, "access.refused", subject=f"monitoring {code}", outcome="refused")
    raise Http404


@dataclass(frozen=True, slots=True)
class Watcher:
    """The account behind a stream, its session, the institutions it may watch (None: all)."""

    account: str
    scope: frozenset[int] | None
    is_allowed: Callable[[], bool]

    @classmethod
    def of(cls, request: HttpRequest) -> Watcher:
        """The watcher that sent ``request``."""
        reader: Reader = request.reader  # type: ignore[attr-defined]
        scope = reader.institutions(PERMISSION)
        session = request.session.session_key or ""
        return cls(reader.name, scope, lambda: scope_of_session(session) == (True, scope))


def scope_of_session(key: str) -> tuple[bool, frozenset[int] | None]:
    """Whether the session still stands and may watch, and whose data: read from the database as it is now."""
    request = HttpRequest()
    request.session = _session(key)
    reader = reader_of(get_user(request))
    return reader.may(PERMISSION), reader.institutions(PERMISSION)


def _session(key: str) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key)
