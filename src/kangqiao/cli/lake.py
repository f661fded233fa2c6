"""``kangqiao lake``: what the lake holds, its versions, and the way back."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from kangqiao.cli.platform import FACTS, open_platform  # isort: skip  (Django first)

from kangqiao.base.clock import BEIJING
from kangqiao.base.home import current_home
from kangqiao.base.text import display_width, pad
from kangqiao.engine.lake.lake import Lake, Version
from kangqiao.intake.actions import roll_back_table
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CHANNEL_TITLES, Channel

app = typer.Typer(add_completion=False, help="查看数据湖各表与历史版本，按版本回退。", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
ChannelOption = Annotated[Channel, typer.Option(help="上传方式：scheduled 定时，realtime 实时")]


@app.command("list")
def list_tables(as_json: AsJson = False) -> None:
    """各表现有行数与版本数。"""
    open_platform()
    lake = Lake(current_home().lake)
    rows: list[dict[str, Any]] = []
    for channel in Channel:
        for dataset in catalogue().datasets.values():
            if table := lake.table(channel, dataset):
                item = {"channel": str(channel), "dataset": dataset.name, "title": dataset.title}
                rows.append(item | {"rows": table.rows(), "versions": len(table.versions())})
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    width = max((display_width(row["title"]) for row in rows), default=0)
    for row in rows:
        title = pad(row["title"], width)
        counts = f"{row['rows']:>14,} 行  {row['versions']:>4} 个版本"
        print(f"{CHANNEL_TITLES[Channel(row['channel'])]}  {title}  {row['dataset']:<28}{counts}")


@app.command()
def versions(dataset: str, channel: ChannelOption = Channel.SCHEDULED, as_json: AsJson = False) -> None:
    """一张表的历史版本，旧的在前。"""
    open_platform()
    table = Lake(current_home().lake).table(channel, catalogue().dataset(dataset))
    found = [_version(item) for item in table.versions()] if table else []
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for row in found:
        print(f"{row['version']:>20}  {row['committed_at']}  {row['rows']:>14,} 行")


def _version(item: Version) -> dict[str, Any]:
    moment = item.committed_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    return {"version": item.snapshot_id, "committed_at": moment, "batch": item.batch, "rows": item.rows}


@app.command()
def rollback(
    dataset: str,
    to: Annotated[int, typer.Option(help="回到哪个版本，见 kangqiao lake versions")],
    channel: ChannelOption = Channel.SCHEDULED,
) -> None:
    """把一张表连同台账与统计退回到较早的版本。"""
    open_platform()
    known = catalogue().dataset(dataset)
    undone = roll_back_table(channel, known, to, facts=FACTS)
    print(f"{known.title}已退回到版本 {to}，撤销了 {len(undone):,} 份上传。")
