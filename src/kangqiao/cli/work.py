"""``kangqiao work``: background jobs."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform, plain_faults  # isort: skip  (Django first)

from kangqiao.base.home import VARIABLE, current_home
from kangqiao.jobs.worker import Worker

app = typer.Typer(add_completion=False)


@app.command()
def work(
    once: Annotated[bool, typer.Option("--once", help="做完到期的任务就结束")] = False,
    processes: Annotated[int, typer.Option("--processes", "--threads", help="同时执行几个任务", min=1, max=32)] = 3,
) -> None:
    """执行后台任务；按 Ctrl+C 停止。"""
    os.environ.setdefault("KANGQIAO_LOG", "plain" if sys.stderr.isatty() else "json")
    open_platform()
    os.environ[VARIABLE] = str(current_home().root)
    with plain_faults():
        Worker(processes).run(once=once)
