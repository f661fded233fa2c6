"""The platform's own settings on the tests' server: each home has a database there, as each has a file with SQLite."""

from __future__ import annotations

import os

from tests.postgres import TEMPLATE, home_database

from kangqiao.base.home import current_home

os.environ["KANGQIAO_DATABASE_URL"] = home_database(current_home().root)

from kangqiao.web.settings import *  # noqa: F403
from kangqiao.web.settings import DATABASES

DATABASES["default"]["TEST"] = {"TEMPLATE": TEMPLATE}
