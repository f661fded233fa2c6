"""The ``kangqiao`` command: one thin module a noun, loaded only when it is asked for.

``kangqiao check`` must start fast on a hospital's machine, so nothing here imports Django; a module that needs
the platform imports :mod:`kangqiao.web.boot` first.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kangqiao.base.errors import KangqiaoError, Refused, RequestRefused
from kangqiao.base.home import VARIABLE

NOUNS = {
    "standards": "查数据集标准：list、show、export",
    "check": "上传前自查一个文件（不需要数据目录，不保存任何内容）",
    "load": "接收文件或目录，校验入库，打印回执",
    "receipt": "再看一份上传的回执，取回被拒收的行",
    "lake": "查看数据湖各表、历史版本，按版本回退",
    "bulletin": "输出某月数据采集情况",
    "simulate": "生成一个模拟城市某月上传的文件",
    "serve": "启动网页服务",
    "demo": "演示：一个小城市的一个月，从上传到简报",
}


class Nouns(TyperGroup):
    """A group whose subcommands live in ``kangqiao.cli.<noun>`` and are imported on use."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(NOUNS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in NOUNS:
            return None
        module = importlib.import_module(f"kangqiao.cli.{cmd_name}")
        return typer.main.get_command(module.app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("命令"):
            formatter.write_dl(list(NOUNS.items()))


app = typer.Typer(cls=Nouns, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(help="康桥：一座城市的健康信息平台。")
def root(
    home: Annotated[
        str | None,
        typer.Option(metavar="DIR", help=f"数据目录，也可用环境变量 {VARIABLE} 指定；默认为当前目录下的 home。"),
    ] = None,
) -> None:
    """``--home`` is taken out by :func:`main` before any module reads it; it stands here for the help page."""


def take_home(arguments: list[str]) -> list[str]:
    """Take ``--home DIR`` or ``--home=DIR``, wherever it stands, out of the arguments into the environment.

    Raises RequestRefused when no folder follows.
    """
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*rest, word, *words]
        if word == "--home" or word.startswith("--home="):
            value = word.removeprefix("--home=") if "=" in word else next(words, "")
            if not value:
                raise RequestRefused("home.missing", "--home 后面要写数据目录。")
            os.environ[VARIABLE] = value
        else:
            rest.append(word)
    return rest


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; a refusal is a sentence on stderr and exit code 2."""
    try:
        words = take_home(sys.argv[1:] if arguments is None else arguments)
        typer.main.get_command(app).main(args=words, prog_name="kangqiao")
    except Refused as error:
        print(f"{error.message}（{error.code}）", file=sys.stderr)
        sys.exit(2)
    except KangqiaoError as error:
        print(str(error), file=sys.stderr)
        sys.exit(2)
