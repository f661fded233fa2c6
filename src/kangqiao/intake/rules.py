"""Decisions of intake that need neither database nor clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CHANNELS = ("scheduled", "realtime")
DATA_SUFFIXES = (".csv", ".txt", ".tsv", ".gz", ".zip", ".parquet")

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
    parts = ("", "", "", *path.parts)
    return Address(parts[-4], parts[-3], parts[-2], path.name.partition(".")[0])


def is_data_name(name: str) -> bool:
    """Whether a file or folder of this name is meant as data; ``plan.json`` or ``.DS_Store`` are not."""
    return not name.startswith(".") and name.lower().endswith(DATA_SUFFIXES)
