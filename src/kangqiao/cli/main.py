"""The ``kangqiao`` command: one thin module a noun, loaded only when it is asked for.

``kangqiao check`` must start fast on a hospital's machine, so nothing here imports Django; a module that needs
the platform imports :mod:`kangqiao.web.boot` first.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from kangqiao.base.errors import DefinitionError, KangqiaoError, Refused, RequestRefused
from kangqiao.base.home import VARIABLE
from kangqiao.standards.complaints import in_chinese

NOUNS = {
    "standards": "查数据集标准：list、show、search、diff、export、check",
    "check": "上传前自查一个文件（不需要数据目录，不保存任何内容）",
    "cda": "共享文档（WS/T 500）：types 文档类型，write 用数据行生成文档",
    "load": "接收文件或目录，校验入库，打印回执",
    "receipt": "再看一份上传的回执，取回被拒收的行",
    "lake": "查看数据湖各表、历史版本，按版本回退",
    "tables": "某月各机构应报、申报、已报的数据集；登记申报",
    "bulletin": "输出某月数据采集情况",
    "simulate": "生成一个模拟城市某月上传的文件",
    "serve": "启动网页服务和后台任务",
    "work": "只执行后台任务（另一台电脑，或 serve --no-worker 时）",
    "account": "开通网页登录账号，或换密码",
    "key": "接口密钥：发放、列出、轮换、吊销",
    "audit": "审计记录：核验、取链尾、列出",
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
    """Run the command line; a refusal, a wrong call, a fault of the machine: a sentence on stderr, exit code 2."""
    try:
        words = take_home(sys.argv[1:] if arguments is None else arguments)
        code = typer.main.get_command(app).main(args=words, prog_name="kangqiao", standalone_mode=False)
    except DefinitionError as error:
        _end(f"标准定义有误，未执行：{in_chinese(error)}（definition.wrong）")
    except Refused as error:
        _end(f"{error.message}（{error.code}）")
    except KangqiaoError as error:
        _end(str(error))
    except typer.TyperException as error:
        _end(wrong_call(error))
    except OSError as error:
        name = f" {error.filename}" if error.filename else ""
        _end(f"不能读写文件{name}：{error.strerror or error}。（platform.fault）")
    sys.exit(code)


def _end(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


WRONG_CALLS = (
    (r"No such command '(.*?)'\..*", r"没有命令 \1。"),
    (r"No such option: (\S+)(?: \(Possible options: (.+)\))?.*", r"没有选项 \1。"),
    (r"Missing (?:option|argument) '(.*?)'\..*", r"缺少 \1。"),
    (r"Missing command\.", r"请写明命令。"),
    (r"Option '(.*?)' requires an argument\.", r"\1 后面要写值。"),
    (r"Got unexpected extra argument\S* \((.*)\)", r"多出了：\1。"),
    (r"Invalid value for '(.*?)': .*?not one of (.+)\.", r"\1 应为 \2 之一。"),
    (r"Invalid value for '(.*?)': .*?greater than or equal to (\d+)", r"\1 不能小于 \2。"),
    (r"Invalid value for '(.*?)': .*?less than or equal to (\d+)", r"\1 不能大于 \2。"),
    (r"Invalid value for '(.*?)': .*integer.*", r"\1 应为整数。"),
    (r"Invalid value for '(.*?)': .*", r"\1 的值不对。"),
)
"""What the parser says of a wrong call → the same in Chinese."""


def wrong_call(error: typer.TyperException) -> str:
    """The parser's complaint in Chinese, and where to read on; the help page where the parser shows that."""
    said = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "kangqiao"
    for english, chinese in WRONG_CALLS:
        if found := re.fullmatch(english, said, re.DOTALL):
            return f"{found.expand(chinese)}用法见 {path} --help（usage）"
    return said
