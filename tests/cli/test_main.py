"""What every command shares: Chinese sentences on stderr, exit code 2, and no trace of a call that did nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from tests import databases

WRONG = [
    ((), "请写明命令。用法见 kangqiao --help（usage）"),
    (("nosuch",), "没有命令 nosuch。用法见 kangqiao --help（usage）"),
    (("lake", "nosuch"), "没有命令 nosuch。用法见 kangqiao lake --help（usage）"),
    (("load",), "缺少 PATH...。用法见 kangqiao load --help（usage）"),
    (("load", "--jsn", "x"), "没有选项 --jsn。用法见 kangqiao load --help（usage）"),
    (("simulate",), "缺少 --out。用法见 kangqiao simulate --help（usage）"),
    (("simulate", "--seed", "-1", "--out", "x"), "--seed 不能小于 0。用法见 kangqiao simulate --help（usage）"),
    (("serve", "--port", "65536"), "--port 不能大于 65535。用法见 kangqiao serve --help（usage）"),
    (("serve", "--port", "x"), "--port 应为整数。用法见 kangqiao serve --help（usage）"),
    (("bulletin", "2024-06", "2024-07"), "多出了：2024-07。用法见 kangqiao bulletin --help（usage）"),
    (("--home",), "--home 后面要写数据目录。（home.missing）"),
    (
        ("bulletin", "2024-06", "--format", "pdf"),
        "--format 应为 'text', 'html', 'xlsx', 'json' 之一。用法见 kangqiao bulletin --help（usage）",
    ),
    (("standards", "export", "a file"), "不能读写文件 a file/templates：Not a directory。（platform.fault）"),
    (("simulate", "--out", "a file"), "不能读写文件 a file：Not a directory。（platform.fault）"),
]


def kangqiao(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kangqiao", *arguments]
    environment = {"PATH": "/usr/bin:/bin", **databases.environment()}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder, env=environment)


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_call_is_one_chinese_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "a file").touch()
    done = kangqiao(tmp_path, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence + "\n")


@pytest.mark.parametrize("command", ["load", "receipt", "lake", "bulletin", "serve", "demo"])
def test_a_help_page_writes_nothing(tmp_path: Path, command: str) -> None:
    done = kangqiao(tmp_path, command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("lake", "list"), ("bulletin", "2024-06"), ("load", "x"), ("serve",)])
def test_a_home_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "home").touch()
    done = kangqiao(tmp_path, *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("处理中断：")
    assert done.stderr.endswith("（platform.fault）\n")
    assert done.stderr.count("\n") == 1


def test_an_account_is_given_a_password_that_opens_it(tmp_path: Path) -> None:
    first, second = (kangqiao(tmp_path, "account", "clerk") for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    passwords = [re.fullmatch(r"登录名 clerk，密码 (\S{16})\n", done.stdout)[1] for done in (first, second)]
    assert passwords[0] != passwords[1]
    ((name, stored),) = databases.rows(tmp_path / "home", "SELECT username, password FROM access_user")
    assert name == "clerk"
    assert [Argon2PasswordHasher().verify(password, stored) for password in passwords] == [False, True]


def test_an_account_name_no_page_would_take_is_refused(tmp_path: Path) -> None:
    done = kangqiao(tmp_path, "account", "a b")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("登录名“a b”不行：")
    assert not (tmp_path / "home").exists()
