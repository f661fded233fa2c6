"""The platform's settings and the trial's tasks."""

from kangqiao.web.settings import *  # noqa: F403
from kangqiao.web.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.trial"]
