"""``kangqiao demo``: a small city's month, from upload to bulletin, in one go.

It plays two parts: the city's institutions, which write files into a folder as their systems would, and the
centre, which takes them. The home it works in is made anew each time and holds nothing else.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from django.core.management import call_command
from django.db.models import Count, Sum

from kangqiao.cli.platform import FACTS, open_platform  # isort: skip  (Django first)

from kangqiao.access.actions import give_password
from kangqiao.base.clock import parse_month
from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import current_home
from kangqiao.base.text import pad
from kangqiao.cli.load import progress_bar
from kangqiao.cli.serve import serve
from kangqiao.intake.actions import load_files
from kangqiao.intake.discovery import find_files
from kangqiao.intake.models import Violation
from kangqiao.oversight.bulletin.documents import text_document
from kangqiao.oversight.bulletin.queries import bulletin_tables
from kangqiao.simulate.city import write_city
from kangqiao.simulate.scale import Wish
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import DIMENSION_TITLES, Dimension
from kangqiao.web.boot import is_in_home, open_home

app = typer.Typer(add_completion=False)

MARK = "demo.json"
SESSION_KEY = "secret.key"
"""Made when any page or command first needs it; it says nothing about the home."""
USER = "demo"
RULES_SHOWN = 12


@app.command()
def demo(
    month: Annotated[str, typer.Option(help="月份")] = "2024-06",
    rows: Annotated[str, typer.Option(help="规模：公布数据量的倍数")] = "0.001",
    faults: Annotated[str, typer.Option(help="故意出错的行所占比例")] = "0.02",
    port: Annotated[int, typer.Option(help="网页服务端口")] = 8000,
    is_serving: Annotated[bool, typer.Option("--serve/--no-serve", help="结束后启动网页服务")] = True,
) -> None:
    """演示：一个小城市的一个月，从上传到简报。"""
    started = time.monotonic()
    outbox = _fresh_home()
    print(
        f"一、51 家机构各自导出 {month} 的数据（真实规模的 {rows} 倍，其中 {float(faults):.0%} 的行故意有错）",
        flush=True,
    )
    plan = _simulate(Wish(month, rows, faults, 7, (), None), outbox)
    print(f"    {plan['files']:,} 个文件，{plan['total_rows']:,} 行，在 {outbox}\n")
    print("二、接收、校验、入库", flush=True)
    total = _load(outbox)
    print(_accounting(total), "\n")
    print("三、简报\n")
    print(text_document(bulletin_tables(parse_month(month))))
    print("四、校验发现的问题（次数最多的规则）\n")
    print(_problems())
    print(f"\n{_against(plan)}\n用时 {time.monotonic() - started:.0f} 秒。数据目录：{current_home().root}")
    password = give_password(USER)
    if is_serving:
        print(f"\n登录名 {USER}，密码 {password}（只用于这个演示目录）", flush=True)
        serve(host="127.0.0.1", port=port)
    else:
        print(f"\n再看网页：kangqiao --home {current_home().root} serve ，登录名 {USER}，密码 {password}")


def _fresh_home() -> Path:
    """Empty the demo's home. Raises RequestRefused when it holds something that no demo made."""
    home = current_home()
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = [path for path in home.root.iterdir() if path.name != SESSION_KEY]
    if found and not (home.root / MARK).exists():
        raise RequestRefused("demo.home", f"{home.root} 不是演示用的目录，为免误删数据，请用 --home 另指定一个。")
    if found and not is_in_home(home):
        open_home()
        call_command("flush", interactive=False, verbosity=0)
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (home.root / MARK).write_text("{}\n", "utf-8")
    open_platform()
    return home.root / "outbox"


def _simulate(wish: Wish, outbox: Path) -> dict[str, Any]:
    with progress_bar() as bar:
        task = bar.add_task("    导出", total=None)
        return write_city(wish, outbox, tell=lambda done, total: bar.update(task, completed=done, total=total))


def _load(outbox: Path) -> dict[str, int]:
    files = find_files([outbox])
    total = dict.fromkeys(("received", "stored", "duplicate", "rejected", "refused"), 0)
    with progress_bar() as bar:
        task = bar.add_task("    校验入库", total=len(files))
        for receipt in load_files(files, facts=FACTS, progress=lambda done: bar.advance(task, done)):
            for name in ("received", "stored", "duplicate", "rejected"):
                total[name] += getattr(receipt.submission, name)
            total["refused"] += bool(receipt.submission.refusal_code)
    return total


def _accounting(total: dict[str, int]) -> str:
    return (
        f"    收到 {total['received']:,} 行 = 入库 {total['stored']:,} + 重复 {total['duplicate']:,}"
        f" + 拒收 {total['rejected']:,}；整份拒收 {total['refused']:,} 个文件"
    )


def _problems() -> str:
    found = (
        Violation.objects.values("rule", "field", "dimension", "severity", "submission__dataset")
        .annotate(total=Sum("rows"), files=Count("submission"))
        .order_by("-total", "rule", "submission__dataset")
    )
    lines = [_problem(item) for item in found[:RULES_SHOWN]]
    return "\n".join(lines) + f"\n    共 {found.count():,} 条规则有问题。"


def _problem(item: Mapping[str, Any]) -> str:
    title = catalogue().datasets[item["submission__dataset"]].title
    severity = "错误" if item["severity"] == "error" else "提醒"
    rule = f"{item['rule']}（{item['field']}）" if item["field"] else item["rule"]
    dimension = DIMENSION_TITLES[Dimension(item["dimension"])]
    return f"    {severity}  {dimension}  {pad(title, 24)}{pad(rule, 44)}{item['total']:>8,} 行"


def _against(plan: dict[str, Any]) -> str:
    """Whether what was found is what was planted, rule by rule."""
    planted = {
        (item["channel"], item["dataset"], item["rule"], item["field"]): item["rows"] for item in plan["faults_planted"]
    }
    names = ("submission__channel", "submission__dataset", "rule", "field")
    found = {
        tuple(item[name] for name in names): item["total"]
        for item in Violation.objects.values(*names).annotate(total=Sum("rows"))
    }
    rows = f"埋下的 {sum(planted.values()):,} 处差错、{len(planted):,} 种（按数据集与规则）"
    if found == planted:
        return f"{rows}全部查出，不多不少。"
    different = sum(found.get(key) != planted.get(key) for key in {*found, *planted})
    return f"{rows}中有 {different:,} 种查出的数目不同，请查看。"
