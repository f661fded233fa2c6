"""``kangqiao serve``: the web pages."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from django.contrib.staticfiles import finders
from django.db import connections
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from kangqiao.base.home import VARIABLE, current_home

HOSTS = "KANGQIAO_HOSTS"
EVERYWHERE = ("0.0.0.0", "::")

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="监听端口", min=1, max=65535)] = 8000,
) -> None:
    """启动网页服务；按 Ctrl+C 停止。"""
    open_platform()
    home = current_home()
    # The workers are new processes: they learn the home and the host from the environment.
    os.environ[VARIABLE] = str(home.root)
    _allow(host)
    connections.close_all()
    if finders.find("vendor/tabler.min.css") is None:
        print("网页样式还没有生成，页面会没有格式；请先运行 make setup。", file=sys.stderr)
    shown = f"[{host}]" if ":" in host else host
    print(f"康桥已启动：http://{shown}:{port}/ ，数据目录 {home.root}，按 Ctrl+C 停止。", flush=True)
    Server(
        "kangqiao.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=4,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


def _allow(host: str) -> None:
    """Let pages be asked for by the address they are served at; other names come from ``KANGQIAO_HOSTS``."""
    if host in EVERYWHERE:
        if HOSTS not in os.environ:
            print(f"要从其他电脑访问，请把网址中的主机名写入环境变量 {HOSTS}（逗号分隔）。", file=sys.stderr)
        return
    name = f"[{host}]" if ":" in host else host
    os.environ.setdefault(HOSTS, f"localhost,127.0.0.1,[::1],{name}")
