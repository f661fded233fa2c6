"""The house keeps its shape: imports run down, at the top of a module; files stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "kangqiao"
FILES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
TREES = {path: ast.parse(path.read_text("utf-8")) for path in FILES}
ROOMS = [
    "base",
    "standards",
    "engine",
    "simulate",
    "agent",
    "jobs",
    "access",
    "registry",
    "intake",
    "oversight",
    "web",
    "cli",
]
"""From the ground up; a room may use what stands below it."""
LONGEST = 500


def names(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def imported(tree: ast.AST) -> list[str]:
    """Names of our own modules that ``tree`` imports."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [item.name for item in node.names]
        if isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    return [name for name in found if name.split(".")[0] == "kangqiao"]


def test_import_contracts() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_no_function_imports_our_own_package() -> None:
    offenders = [
        (names(path), node.name)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and imported(node)
    ]
    assert offenders == []


def test_no_room_uses_one_above() -> None:
    offenders = [
        (names(path), name)
        for path, tree in TREES.items()
        if (room := path.relative_to(SOURCE).parts[0]) in ROOMS
        for name in imported(tree)
        if name.partition(".")[2].split(".")[0] in ROOMS[ROOMS.index(room) + 1 :]
    ]
    assert offenders == []


def test_files_are_short() -> None:
    assert [names(path) for path in FILES if len(path.read_text("utf-8").splitlines()) >= LONGEST] == []


def test_every_room_is_known() -> None:
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert rooms == set(ROOMS)
