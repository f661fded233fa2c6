"""Find the files that a load is asked to take, in an order that does not depend on the file system."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

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
    for name, folders, files in os.walk(folder):
        like_files = [child for child in folders if is_data_name(child)]
        folders[:] = sorted(child for child in folders if child not in like_files)
        yield from (Path(name, child) for child in sorted([*files, *like_files]) if is_data_name(child))
