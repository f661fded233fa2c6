"""Cost of validation per row against the number of rules of a dataset.

    python benchmarks/bench_rules.py [--rows 300000] [--runs 3]

One clean file is judged by the same dataset with 0, 10, 20 … 160 rules: the dataset's own rules over and over, each
time with another limit, so that no two are the same expression. Sizes take turns in one run; quoted are medians. The
last column is what one more rule costs a row, against the size before: growth is linear when it stays the same and
worse than linear when it rises with the number. Prints a table and writes ``benchmarks/results/rules.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from bench_load import DATASET, INSTITUTION, RESULTS, write_file

from kangqiao.engine.validation.counting import count
from kangqiao.engine.validation.judge import Arrival, Judge
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset, Dimension, Rule, Severity

SIZES = (0, 10, 20, 40, 80, 160)
SHAPES = (
    "registration_fee <= {limit}",
    "age_years(birth_date, visit_date) <= {limit}",
    "CAST(registered_at AS DATE) <= visit_date + INTERVAL {limit} DAY",
    "CASE WHEN is_cancelled THEN consultation_fee + registration_fee <= {limit} END",
    "matches(department_code, '^D[0-9]{{1,{limit}}}$')",
    "CASE WHEN COALESCE(id_type, '01') = '01' THEN id_sex(id_no) = sex OR length(patient_no) > {limit} END",
)
"""The kinds of rule that the catalogue's datasets have most."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kangqiao-bench-") as name:
        report = measure(Path(name), options.rows, options.runs)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "rules.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print_report(report)


def with_rules(dataset: Dataset, number: int) -> Dataset:
    """``dataset`` with ``number`` rules in place of its own."""
    rules = tuple(
        Rule(
            f"rule_{place}",
            Severity.WARNING,
            Dimension.USABILITY,
            SHAPES[place % len(SHAPES)].format(limit=200 + place),
            "超出限度",
        )
        for place in range(number)
    )
    return replace(dataset, rules=rules, references=(), digest=f"bench-{number}")


def measure(folder: Path, rows: int, runs: int) -> dict[str, object]:
    """Judge the file by every size in turn, ``runs`` times."""
    file = folder / "rows.csv"
    write_file(file, rows)
    datasets = {size: with_rules(catalogue().dataset(DATASET), size) for size in SIZES}
    seconds: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(runs):
        for size, dataset in datasets.items():
            seconds[size].append(judged(file, dataset, rows))
    medians = {size: statistics.median(found) for size, found in seconds.items()}
    per_rule = {more: (medians[more] - medians[fewer]) / (more - fewer) / rows * 1e9 for fewer, more in pairwise(SIZES)}
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "rows": rows,
        "sizes": {
            size: {
                "seconds": round(medians[size], 3),
                "microseconds_per_row": round(medians[size] / rows * 1e6, 3),
                "nanoseconds_per_row_and_further_rule": round(per_rule[size], 1) if size in per_rule else None,
            }
            for size in SIZES
        },
    }


def judged(file: Path, dataset: Dataset, rows: int) -> float:
    """Seconds to judge ``file``; every row must come back judged."""
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as scratch,
        Judge(dataset, catalogue().value_sets, Path(scratch)) as judge,
    ):
        judge.read(Arrival(0, file, INSTITUTION, date(2024, 6, 3), "s1"))
        judge.resolve()
        verdict = count(judge)[0]
    assert verdict.received == rows
    return time.perf_counter() - start


def print_report(report: dict[str, object]) -> None:
    print(f"{report['rows']:,} rows, {report['machine']}")
    print(f"{'rules':>6}{'seconds':>10}{'us/row':>9}{'ns/row and further rule':>26}")
    sizes = report["sizes"]
    assert isinstance(sizes, dict)
    for size, item in sizes.items():
        further = item["nanoseconds_per_row_and_further_rule"]
        print(
            f"{size:>6}{item['seconds']:>10}{item['microseconds_per_row']:>9}{'' if further is None else further:>26}"
        )


if __name__ == "__main__":
    main()
