"""``/metrics`` for Prometheus: calls counted by every web process, everything else asked of the database.

Only for a collector on this machine that came by no proxy, or for whoever knows the token in ``HOME/metrics.token``.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from kangqiao.access.rights import open_to_all
from kangqiao.base.clock import now
from kangqiao.base.home import current_home
from kangqiao.intake.queries import rows_by_verdict
from kangqiao.jobs.queries import jobs_by_state, oldest_due

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where web processes put their counts for each other; ``kangqiao serve`` makes it."""
LOOPBACK = frozenset({"127.0.0.1", "::1"})
PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30)
KEPT_SECONDS = 5.0

CALLS = Counter("kangqiao_calls", "Answers by route, method and status", ["route", "method", "status"])
CALL_SECONDS = Histogram("kangqiao_call_seconds", "Seconds to an answer", ["route"], buckets=BUCKETS)


class DatabaseFigures:
    """What the tables say, asked at most every five seconds."""

    def __init__(self) -> None:
        self._figures: list[Metric] = []
        self._until = 0.0

    def collect(self) -> Iterable[Metric]:
        if time.monotonic() >= self._until:
            self._figures = list(_asked())
            self._until = time.monotonic() + KEPT_SECONDS
        return self._figures

    def describe(self) -> Iterable[Metric]:
        return []


def _asked() -> Iterator[Metric]:
    yield _labelled("kangqiao_rows", "Rows received, by what became of them", "verdict", rows_by_verdict())
    yield _labelled("kangqiao_jobs", "Background jobs by state", "state", jobs_by_state())
    moment = now()
    due = oldest_due(moment)
    age = (moment - due).total_seconds() if due else 0.0
    yield GaugeMetricFamily("kangqiao_jobs_oldest_due_seconds", "How long the longest waiting job is due", age)


def _labelled(name: str, text: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


FIGURES = DatabaseFigures()


@open_to_all
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text; 404 for whoever may not see it, as if there were nothing."""
    if not may_collect(request):
        return HttpResponse(status=404)
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(FIGURES)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_collect(request: HttpRequest) -> bool:
    """Whether the request comes from this machine itself, or brings the token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = current_home().root / "metrics.token"
    if given and token.is_file():
        return hmac.compare_digest(given.encode(), token.read_bytes().strip())
    by_proxy = any(name in request.META for name in PROXY_HEADERS)
    return request.META.get("REMOTE_ADDR", "") in LOOPBACK and not by_proxy
