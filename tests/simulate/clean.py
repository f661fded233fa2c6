"""Judge rows in memory as a file, with the engine."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from kangqiao.engine.validation.counting import Verdict, count
from kangqiao.engine.validation.judge import Arrival, Judge
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset


def verdict_on(dataset: Dataset, columns: dict[str, list[str]], folder: Path, day: date) -> Verdict:
    """What the engine says of ``columns`` as the file of ``day``."""
    path = folder / f"{dataset.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    with Judge(dataset, catalogue().value_sets, folder) as judge:
        judge.read(Arrival(0, path, "示例", day))
        judge.resolve()
        return count(judge)[0]
