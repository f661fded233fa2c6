"""``kangqiao audit``: whether the audit trail is as it was written."""

from __future__ import annotations

from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from kangqiao.access.audit.models import AuditEvent
from kangqiao.access.audit.queries import check_heads, heads_text, verify_trail
from kangqiao.base.clock import BEIJING
from kangqiao.base.text import aligned

app = typer.Typer(add_completion=False, help="审计记录：verify 核验，head 取链尾另存，list 列出。")


@app.command()
def verify(
    head: Annotated[str, typer.Option("--head", help="以前用 head 取得并另存的链尾，一并核对")] = "",
) -> None:
    """核验审计记录是否被改动、删除或调换次序；完好退出码为 0，否则为 1。"""
    open_platform()
    count, breaks = verify_trail()
    breaks += check_heads(head)
    for found in breaks:
        print(f"链 {found.chain}：{found.sentence}。")
    if breaks:
        raise typer.Exit(1)
    print(f"审计记录共 {count} 条，完好。")


@app.command("head")
def print_head() -> None:
    """打印各链的链尾；另存到别处，日后可证明此前的记录没有整段删除。"""
    open_platform()
    print(heads_text())


@app.command("list")
def list_events(
    verb: Annotated[str, typer.Option("--verb", help="只列某种操作")] = "",
    who: Annotated[str, typer.Option("--who", help="只列某人")] = "",
    limit: Annotated[int, typer.Option("--limit", help="最多列出条数", min=1)] = 50,
) -> None:
    """列出最近的审计记录，新的在前。"""
    open_platform()
    wanted = {name: value for name, value in (("verb", verb), ("name", who)) if value}
    rows = [("时间", "谁", "操作", "对象", "结果")]
    for event in AuditEvent.objects.filter(**wanted)[:limit]:
        at = f"{event.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
        rows.append((at, event.name or "未登录", event.verb, event.subject, event.get_outcome_display()))
    print("\n".join(aligned(rows)))
