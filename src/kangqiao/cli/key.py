"""``kangqiao key``: keys that institutions' machines sign their calls with."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from kangqiao.access.keys.actions import KeyWish, create_key, revoke_key, rotate_key
from kangqiao.access.keys.models import MachineKey
from kangqiao.access.keys.queries import keys_for
from kangqiao.access.keys.rules import MACHINE_PERMISSIONS
from kangqiao.access.rights import Reader
from kangqiao.base.clock import BEIJING, now
from kangqiao.base.errors import RequestRefused
from kangqiao.base.text import aligned
from kangqiao.registry.models import Institution
from kangqiao.registry.queries import institution_by_text

app = typer.Typer(add_completion=False, help="接口密钥：create 发放，list 列出，rotate 轮换，revoke 吊销。")

Number = Annotated[str, typer.Argument(metavar="ID", help="密钥编号（kq_ 后的 26 位）")]


@app.command()
def create(
    institution: Annotated[str, typer.Argument(metavar="INSTITUTION", help="机构名称或代码")],
    label: Annotated[str, typer.Option("--label", help="给哪台机器或哪个程序使用")],
    permission: Annotated[list[str] | None, typer.Option("--permission", help="权限，可多次；默认全部报送权限")] = None,
    dataset: Annotated[list[str] | None, typer.Option("--dataset", help="只能报送的数据集，可多次；默认不限")] = None,
    network: Annotated[list[str] | None, typer.Option("--network", help="只能从这些地址或网段使用，可多次")] = None,
    days: Annotated[int, typer.Option("--days", help="有效天数", min=1, max=3650)] = 365,
    calls: Annotated[int, typer.Option("--calls", help="每分钟最多调用次数", min=1)] = 600,
    rows: Annotated[int, typer.Option("--rows", help="每分钟最多发送行数", min=1)] = 300_000,
) -> None:
    """发放一把密钥；密钥只显示这一次。"""
    open_platform()
    found = institution_by_text(institution)
    if found is None:
        raise RequestRefused("institution.unknown", f"没有登记名为“{institution}”的机构。")
    wish = KeyWish(
        found.pk, label, tuple(permission or MACHINE_PERMISSIONS), tuple(dataset or ()), tuple(network or ()),
        calls, rows, now() + timedelta(days=days),
    )  # fmt: skip
    key, text = create_key(wish, by=Reader.of_command())
    print(f"机构 {found.name}，编号 {key.pk}，有效期至 {_day(key)}")
    print(f"密钥 {text}")


@app.command("list")
def list_keys() -> None:
    """列出所有密钥；密钥本身不再显示。"""
    open_platform()
    names = {item.pk: item.name for item in Institution.objects.all()}
    rows = [("编号", "机构", "用途", "有效期至", "状态")]
    for key in keys_for(Reader.of_command()):
        rows.append((key.pk, names[key.institution_id], key.label, _day(key), _state(key)))
    print("\n".join(aligned(rows)))


@app.command()
def rotate(number: Number) -> None:
    """换一把新密钥；旧密钥再用 7 天，其间两把都有效。"""
    open_platform()
    key, text = rotate_key(_key(number), by=Reader.of_command())
    print(f"新编号 {key.pk}，有效期至 {_day(key)}")
    print(f"密钥 {text}")


@app.command()
def revoke(number: Number) -> None:
    """立即吊销一把密钥。"""
    open_platform()
    revoke_key(_key(number), by=Reader.of_command())
    print(f"密钥 {number} 已吊销。")


def _key(number: str) -> MachineKey:
    found = MachineKey.objects.filter(pk=number).first()
    if found is None:
        raise RequestRefused("key.unknown", f"没有编号为 {number} 的密钥。")
    return found


def _day(key: MachineKey) -> str:
    return f"{key.expires_at.astimezone(BEIJING):%Y-%m-%d}"


def _state(key: MachineKey) -> str:
    if key.revoked_at:
        return "已吊销"
    return "有效" if key.expires_at > now() else "已过期"
