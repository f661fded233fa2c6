"""Judge a simulated city with the engine: which checks its files violate, and how many rows are stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kangqiao.engine.validation.counting import count
from kangqiao.engine.validation.judge import Arrival, Judge, Stored
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset


@dataclass
class Judged:
    """What the engine says of one channel."""

    received: int = 0
    stored: int = 0
    rejected: int = 0
    duplicate: int = 0
    violations: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Rows by dataset, rule and field."""


def judge_channel(city: Path, channel: str, scratch: Path) -> Judged:
    """Judge all files of ``channel``, each dataset with the accepted rows of those it refers to."""
    result = Judged()
    stored: dict[str, tuple[str, ...]] = {}
    for dataset in catalogue().in_loading_order():
        paths = sorted(city.glob(f"*/{channel}/{dataset.name}/*.csv*"))
        if paths:
            stored[dataset.name] = _judge(dataset, paths, stored, scratch, result)
    return result


def _judge(
    dataset: Dataset, paths: list[Path], stored: dict[str, tuple[str, ...]], scratch: Path, result: Judged
) -> tuple[str, ...]:
    folder = scratch / dataset.name
    folder.mkdir(parents=True)
    with Judge(dataset, catalogue().value_sets, folder) as judge:
        for number, path in enumerate(paths):
            day = date.fromisoformat(path.name.partition(".")[0])
            judge.read(Arrival(number, path, path.parts[-4], day, str(number)))
        judge.resolve(Stored(others=stored))
        for verdict in count(judge).values():
            result.received += verdict.received
            result.stored += verdict.accepted
            result.rejected += verdict.rejected
            result.duplicate += verdict.duplicate
            for item in verdict.violations:
                result.violations[dataset.name, item.check.rule, item.check.field] += item.rows
        kept = str(folder / "kept.parquet")
        judge.connection.execute(f"COPY (SELECT * FROM judged WHERE _status = 0) TO '{kept}' (FORMAT parquet)")
    return (kept,)
