"""What a test does to the jobs of a home from outside: ``open``, ``enqueue TASK JSON``, ``expire`` all leases."""

from __future__ import annotations

import json
import sys

from kangqiao.web.boot import open_home  # isort: skip  (it sets Django up)

from datetime import timedelta

from kangqiao.base.clock import now
from kangqiao.jobs.actions import enqueue
from kangqiao.jobs.models import Job

open_home()
words = sys.argv[1:]
while words:
    verb = words.pop(0)
    if verb == "enqueue":
        enqueue(words.pop(0), json.loads(words.pop(0)))
    if verb == "expire":
        Job.objects.filter(state="running").update(lease_until=now() - timedelta(seconds=1))
