"""Every test runs in a home of its own, never in the one of the working folder.

``KANGQIAO_NO_SKIPS=1`` (CI sets it) turns a skipped test into a failed one: there every part must be installed.
"""

from __future__ import annotations

import os
import tempfile

# Django reads the home when it loads its settings, so the place is set before anything else is imported.
os.environ["KANGQIAO_HOME"] = tempfile.mkdtemp(prefix="kangqiao-test-")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqiao.web.settings")
# Playwright's plain API keeps an event loop in its thread; Django would take later tests there for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django
import pytest

django.setup()

NO_SKIPS = os.environ.get("KANGQIAO_NO_SKIPS") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be skipped here: {report.longrepr}"
    return report
