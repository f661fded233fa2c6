"""Every run has a home and a cache of its own, never those of the working folder and the user, and no city's standards.

``KANGQIAO_NO_SKIPS=1`` (CI sets it) turns a skipped test into a failed one: there every part must be installed.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# Django reads the home when it loads its settings, so the place is set before anything else is imported.
os.environ["KANGQIAO_HOME"] = tempfile.mkdtemp(prefix="kangqiao-test-")
os.environ["KANGQIAO_CACHE"] = os.path.join(os.environ["KANGQIAO_HOME"], "cache")
os.environ.pop("KANGQIAO_STANDARDS", None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqiao.web.settings")
# Playwright's plain API keeps an event loop in its thread; Django would take later tests there for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django
import pytest

django.setup()
atexit.register(shutil.rmtree, os.environ["KANGQIAO_HOME"], ignore_errors=True)

NO_SKIPS = os.environ.get("KANGQIAO_NO_SKIPS") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be skipped here: {report.longrepr}"
    return report
