"""``kangqiao receipt``: the receipt of one submission again, and its rejected rows to be mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from kangqiao.base.errors import RequestRefused
from kangqiao.intake.actions import receipt_of
from kangqiao.intake.models import Submission
from kangqiao.intake.rejected import DUPLICATE, REJECTED, write_rejected_csv

app = typer.Typer(add_completion=False)


@app.command()
def receipt(
    submission: Annotated[str, typer.Argument(metavar="ID", help="上传编号，见 load --json 的 id")],
    rejected: Annotated[Path | None, typer.Option(metavar="OUT.csv", help="把全部被拒收的行写入此文件")] = None,
    duplicates: Annotated[Path | None, typer.Option(metavar="OUT.csv", help="把全部重复的行写入此文件")] = None,
) -> None:
    """输出一份上传的回执（JSON），列出每一处拒收与重复的原因；需要时写出这些行，改好后可以重传。"""
    open_platform()
    found = receipt_of(submission)
    for out, fate in ((rejected, REJECTED), (duplicates, DUPLICATE)):
        if out is not None:
            _write(found.submission, out, fate)
    print(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))


def _write(submission: Submission, out: Path, fate: str) -> None:
    try:
        with out.open("wb") as stream:
            write_rejected_csv(submission, stream, fate)
    except OSError as error:
        raise RequestRefused("out.unwritable", f"不能写入 {out}：{error.strerror}。") from error
