"""Decisions of intake that need neither database nor clock."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CHANNELS = ("scheduled", "realtime")
DATA_SUFFIXES = (".csv", ".txt", ".tsv", ".gz", ".zip", ".parquet", ".xls", ".xlsx", ".xml")
"""Spreadsheets are here so that they are refused by name, not passed over."""

SUBMISSION_MOVES = {
    "prepared": ("stored", "aborted"),
    "stored": ("superseded", "rolled_back"),
    "superseded": ("stored", "rolled_back"),
    "unchanged": (),
    "refused": (),
    "aborted": (),
    "rolled_back": (),
}
"""State → states a submission may move to. A superseded one comes back when its successor is rolled back."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a file says it belongs: ``INSTITUTION/CHANNEL/DATASET/DAY.csv[.gz]``, as written."""

    institution: str
    channel: str
    dataset: str
    day: str


def address_of(path: Path) -> Address:
    """The address in the last four parts of ``path``; missing parts are empty."""
    parts = ("", "", "", *map(readable, path.parts))
    return Address(parts[-4], parts[-3], parts[-2], parts[-1].partition(".")[0])


def readable(name: str) -> str:
    """A file's name as text: names that are no UTF-8 are read as GB18030, as Windows archives write them."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace")


def is_data_name(name: str) -> bool:
    """Whether a file or folder of this name is meant as data; ``plan.json`` or ``.DS_Store`` are not."""
    return not name.startswith(".") and name.lower().endswith(DATA_SUFFIXES)
