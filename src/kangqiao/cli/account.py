"""``kangqiao account``: who may sign in to the web pages."""

from __future__ import annotations

from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from django.core.exceptions import ValidationError

from kangqiao.access.actions import give_password
from kangqiao.access.models import User
from kangqiao.base.errors import RequestRefused

app = typer.Typer(add_completion=False)


@app.command()
def account(name: Annotated[str, typer.Argument(metavar="NAME", help="登录名")]) -> None:
    """开通一个网页登录账号，或给已有的账号换一个新密码；密码只显示这一次。"""
    try:
        User._meta.get_field("username").run_validators(name)
    except ValidationError as error:
        raise RequestRefused("account.name", f"登录名“{name}”不行：{'；'.join(error.messages)}") from error
    open_platform()
    print(f"登录名 {name}，密码 {give_password(name)}")
