"""Every run has a home and a cache of its own, never those of the working folder and the user, and no city's standards.

``KANGQIAO_TEST_DATABASE=postgresql`` (``make test-postgres``) runs everything on a private PostgreSQL server, also what
tests start as processes. ``KANGQIAO_NO_SKIPS=1`` (CI sets it) turns a skipped test into a failed one: there every part
must be installed.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Django reads the home when it loads its settings, so the place is set before anything else is imported.
os.environ["KANGQIAO_HOME"] = tempfile.mkdtemp(prefix="kangqiao-test-")
os.environ["KANGQIAO_CACHE"] = os.path.join(os.environ["KANGQIAO_HOME"], "cache")
os.environ.pop("KANGQIAO_STANDARDS", None)
os.environ.pop("KANGQIAO_DATABASE_URL", None)
# Playwright's plain API keeps an event loop in its thread; Django would take later tests there for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django
import pytest
from tests import postgres

ROOT = Path(__file__).parents[1]
WITH_POSTGRESQL = os.environ.get("KANGQIAO_TEST_DATABASE") == "postgresql"
HAS_POSTGRESQL = WITH_POSTGRESQL and postgres.binaries() is not None
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings_postgres" if HAS_POSTGRESQL else "kangqiao.web.settings"
if HAS_POSTGRESQL:
    # Processes that tests start read the same settings.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]).rstrip(
        ":"
    )
    if postgres.SERVER not in os.environ:  # a worker of xdist has it from the process that started it
        atexit.register(postgres.start_server().close)

django.setup()
atexit.register(shutil.rmtree, os.environ["KANGQIAO_HOME"], ignore_errors=True)

NO_SKIPS = os.environ.get("KANGQIAO_NO_SKIPS") == "1"


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """The server is removed with all that is in it: no database is dropped, which a session left open would hinder."""
    return django_db_keepdb or HAS_POSTGRESQL


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:  # what shares a fixture runs in one process: a file, or all that looks at the running platform
        together = "platform" if "platform" in getattr(item, "fixturenames", ()) else str(item.path)
        item.add_marker(pytest.mark.xdist_group(together))
    if WITH_POSTGRESQL and not HAS_POSTGRESQL:
        reason = f"no PostgreSQL {postgres.OLDEST} or newer on this machine; as root: {postgres.INSTALL}"
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be skipped here: {report.longrepr}"
    return report
