"""Make the platform ready for a process that is not the web server: home folder, Django, database tables.

Importing this module sets Django up; :func:`open_home` brings the database up to date.
"""

from __future__ import annotations

import fcntl
import os

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import Home, current_home

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqiao.web.settings")
django.setup()

# Models can only be read once Django is set up.
from kangqiao.registry.actions import ensure_institutions  # noqa: E402


def open_home() -> Home:
    """Create the home folder, bring its tables up to date, register the institutions.

    Two processes may call it at once. Raises RequestRefused for a path that lake addresses cannot hold.
    """
    home = current_home()
    if unsafe := sorted(set(str(home.root)) & set("#?%")):
        raise RequestRefused("home.path", f"数据目录的路径不能含有 {' '.join(unsafe)}：{home.root}。")
    home.create()
    home.session_key()
    with (home.locks / "open.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
            os.chmod(home.database, 0o600)
        ensure_institutions()
    return home
