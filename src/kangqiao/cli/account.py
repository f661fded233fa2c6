"""``kangqiao account``: who may sign in to the web pages."""

from __future__ import annotations

from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from django.core.exceptions import ValidationError

from kangqiao.access.actions import give_password
from kangqiao.access.models import User
from kangqiao.base.errors import RequestRefused
from kangqiao.registry.queries import institution_by_text

app = typer.Typer(add_completion=False)


@app.command()
def account(
    name: Annotated[str, typer.Argument(metavar="NAME", help="登录名")],
    role: Annotated[str, typer.Option(help="角色，如 data_manager、institution_engineer")] = "",
    institution: Annotated[str, typer.Option(help="机构名称或代码，只用于机构工程师")] = "",
) -> None:
    """开通一个网页登录账号，或给已有的账号换一个新密码；密码只显示这一次。不指定角色的新账号是数据管理员。"""
    try:
        User._meta.get_field("username").run_validators(name)
    except ValidationError as error:
        raise RequestRefused("account.name", f"登录名“{name}”不行：{'；'.join(error.messages)}") from error
    open_platform()
    print(f"登录名 {name}，密码 {give_password(name, role, _institution_key(institution))}")


def _institution_key(text: str) -> int | None:
    if not text:
        return None
    found = institution_by_text(text)
    if found is None:
        raise RequestRefused("account.institution", f"没有“{text}”这家机构，请用机构的全称或代码。")
    return found.pk
