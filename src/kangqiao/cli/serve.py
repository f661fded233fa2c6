"""``kangqiao serve``: the web processes, and a worker beside them."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from django.contrib.staticfiles import finders
from django.db import connections
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from kangqiao.base.home import VARIABLE, current_home

HOSTS = "KANGQIAO_HOSTS"
LOG = "KANGQIAO_LOG"
PARENT = "KANGQIAO_PARENT"
METRICS = "PROMETHEUS_MULTIPROC_DIR"
EVERYWHERE = ("0.0.0.0", "::")
WORKER = (sys.executable, "-c", "from kangqiao.cli.main import main; main()", "work")
WORKER_ENDS_SECONDS = 40
LONGEST_PAUSE = 30.0

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="监听端口", min=1, max=65535)] = 8000,
    processes: Annotated[int, typer.Option("--processes", help="网页进程数", min=1, max=64)] = 2,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="同时启动后台任务进程")] = True,
) -> None:
    """启动网页服务和后台任务；按 Ctrl+C 停止。"""
    open_platform()
    home = current_home()
    # The child processes learn the home, the host and whose children they are from the environment.
    os.environ[VARIABLE] = str(home.root)
    os.environ[PARENT] = str(os.getpid())
    os.environ.setdefault(LOG, "plain" if sys.stderr.isatty() else "json")
    _allow(host)
    connections.close_all()
    if finders.find("vendor/tabler.min.css") is None:
        print("网页样式还没有生成，页面会没有格式；请先运行 make setup。", file=sys.stderr)
    shown = f"[{host}]" if ":" in host else host
    print(f"康桥已启动：http://{shown}:{port}/ ，数据目录 {home.root}，按 Ctrl+C 停止。", flush=True)
    counts = os.environ[METRICS] = tempfile.mkdtemp(prefix="kangqiao-metrics-")
    beside = WorkerBeside() if worker else None
    try:
        _server(host, port, processes).serve()  # type: ignore[attr-defined]
    finally:
        if beside:
            beside.end()
        shutil.rmtree(counts, ignore_errors=True)


def _server(host: str, port: int, processes: int) -> Server:  # type: ignore[valid-type]
    multiprocessing.set_start_method("spawn", force=True)  # this process has threads: a fork could inherit a held lock
    return Server(
        "kangqiao.web.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=processes,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024),
        backlog=2048,
        backpressure=2048,  # open connections of a process; slow senders hold nothing else
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_level=LogLevels.warning,
    )


class WorkerBeside:
    """A worker as a child process; started again, after a growing pause, whenever it is gone."""

    def __init__(self) -> None:
        self._is_ending = threading.Event()
        self._process = self._started()
        self._watch = threading.Thread(target=self._keep, daemon=True)
        self._watch.start()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(WORKER, stdin=subprocess.DEVNULL, process_group=0)

    def _keep(self) -> None:
        pause, began = 0.5, time.monotonic()
        while not self._is_ending.wait(0.2):
            if self._process.poll() is None:
                continue
            pause = 0.5 if time.monotonic() - began > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            if not self._is_ending.wait(pause):
                print("后台任务进程已退出，正在重新启动。", file=sys.stderr, flush=True)
                self._process, began = self._started(), time.monotonic()

    def end(self) -> None:
        """Ask the worker to end; kill it when it does not."""
        self._is_ending.set()
        self._watch.join()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=WORKER_ENDS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _allow(host: str) -> None:
    """Let pages be asked for by the address they are served at; other names come from ``KANGQIAO_HOSTS``."""
    if host in EVERYWHERE:
        if HOSTS not in os.environ:
            print(f"要从其他电脑访问，请把网址中的主机名写入环境变量 {HOSTS}（逗号分隔）。", file=sys.stderr)
        return
    name = f"[{host}]" if ":" in host else host
    os.environ.setdefault(HOSTS, f"localhost,127.0.0.1,[::1],{name}")
