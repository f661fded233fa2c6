"""The process that runs jobs, one at a time: it may hang, run out of memory or be killed without harm to others."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import django
from django.db import close_old_connections, connections

from kangqiao.jobs.registry import TASKS
from kangqiao.jobs.rules import Outcome, outcome_of

log = logging.getLogger("kangqiao.jobs")


def run_orders(orders: Connection) -> None:
    """Take orders ``(task, payload)`` and answer each with its outcome, until the line is closed.

    The first word on the line, ``None``, says that it has started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    django.setup()
    orders.send(None)
    while True:
        try:
            name, payload = orders.recv()
        except EOFError:
            return
        orders.send(run_task(name, payload))


def run_task(name: str, payload: dict[str, Any]) -> Outcome:
    """Call the task on connections of its own; whatever it raises is an outcome."""
    close_old_connections()
    try:
        return call_task(name, payload)
    finally:
        _close_connections()


def call_task(name: str, payload: dict[str, Any]) -> Outcome:
    """Call the task; whatever it raises is an outcome."""
    try:
        TASKS[name].call(**payload)
    except BaseException as error:  # the one place where any end of a task is caught
        log.warning("task %s failed", name, exc_info=error)
        return outcome_of(error)
    return Outcome()


def _close_connections() -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
