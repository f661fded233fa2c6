"""Find the files that a load is asked to take, in an order that does not depend on the file system."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from kangqiao.base.errors import RequestRefused
from kangqiao.intake.rules import is_data_name


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Every data file at or below ``paths``, absolute, each once.

    A path that is named outright is taken as it is, whatever it is called; below a folder only names that mean
    data count, a folder named like a file among them (it will be refused by name).
    """
    found: dict[Path, None] = {}
    for path in paths:
        absolute = Path(os.path.abspath(path))
        is_folder = absolute.is_dir() and not is_data_name(absolute.name)
        for item in _below(absolute) if is_folder else (absolute,):
            found[item] = None
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    """Data files below ``folder``. Links to folders are followed, a folder met twice is read once."""
    seen: set[str] = set()
    for name, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        seen.add(os.path.realpath(name))
        like_files = [child for child in folders if is_data_name(child)]
        others = (child for child in folders if child not in like_files)
        folders[:] = sorted(child for child in others if os.path.realpath(os.path.join(name, child)) not in seen)
        yield from (Path(name, child) for child in sorted([*files, *like_files]) if is_data_name(child))


def _refuse(error: OSError) -> None:
    raise RequestRefused("path.unreadable", f"没有权限读取目录 {error.filename}，未加载任何文件。") from error
