"""Rows per second and peak memory of check and load, beside DuckDB's bare typed conversion of the same file.

    python benchmarks/bench_load.py [--rows 2000000] [--runs 3]

The bare conversion reads the CSV with types declared and writes Parquet with the same compression: what the
machine can do at best without judging anything. All commands are processes of their own, run in turn in one run;
quoted are medians. Prints a table and writes ``benchmarks/results/load.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kangqiao.engine.compute.duck import connect

DATASET = "outpatient_registration"
INSTITUTION = "南京鼓楼医院"
RESULTS = Path(__file__).parent / "results"

COLUMNS = {
    "registration_no": ("'G' || lpad(i::VARCHAR, 12, '0')", "VARCHAR"),
    "patient_no": ("'P' || (i % {people})", "VARCHAR"),
    "id_type": ("'01'", "VARCHAR"),
    "id_no": ("id || id_check_character(id)", "VARCHAR"),
    "patient_name": ("'居民' || (i % {people})", "VARCHAR"),
    "sex": ("id_sex(id || 'X')", "VARCHAR"),
    "birth_date": ("substr(id, 7, 8)", "DATE"),
    "phone": ("'138' || lpad((i % {people})::VARCHAR, 8, '0')", "VARCHAR"),
    "registered_at": ("'20240603T' || lpad((8 + i % 10)::VARCHAR, 2, '0') || '3015'", "TIMESTAMP"),
    "visit_date": ("'20240603'", "DATE"),
    "department_code": ("'D' || i % 40", "VARCHAR"),
    "department_name": ("'第' || i % 40 || '科'", "VARCHAR"),
    "doctor_code": ("'S' || i % 900", "VARCHAR"),
    "doctor_name": ("'医师' || i % 900", "VARCHAR"),
    "registration_fee": ("(i % 5 * 10)::VARCHAR || '.00'", "DECIMAL(7,2)"),
    "consultation_fee": ("(i % 7 * 10)::VARCHAR || '.50'", "DECIMAL(7,2)"),
    "is_cancelled": ("'F'", "VARCHAR"),
}
"""Column → expression over row ``i`` and 17-digit number ``id``, and the type of the bare conversion."""
PEOPLE = 100_000
ID = (
    "'320102' || strftime(DATE '1940-01-01' + (i % {people} % 28000)::INTEGER, '%Y%m%d')"
    " || lpad((i % {people} % 999)::VARCHAR, 3, '0')"
)
BARE = """
COPY (SELECT * FROM read_csv('{file}', header = true, delim = ',', quote = '"', columns = {columns},
  dateformat = '%Y%m%d', timestampformat = '%Y%m%dT%H%M%S')) TO '{out}' (FORMAT parquet, COMPRESSION zstd)
"""


@dataclass(frozen=True)
class Run:
    """One process: wall seconds, peak memory in MiB."""

    seconds: float
    mebibytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kangqiao-bench-") as folder:
        report = measure(Path(folder), options.rows, options.runs)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "load.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print_report(report)


def measure(folder: Path, rows: int, runs: int) -> dict[str, object]:
    """Run all commands ``runs`` times in turn."""
    file = folder / INSTITUTION / "scheduled" / DATASET / "2024-06-03.csv"
    file.parent.mkdir(parents=True)
    write_file(file, rows)
    commands: dict[str, Callable[[], list[str]]] = {
        "bare": lambda: bare_command(file, folder / "bare.parquet"),
        "check": lambda: ["-m", "kangqiao", "check", str(file), "--dataset", DATASET, "--json"],
        "load": lambda: ["-m", "kangqiao", "--home", fresh(folder / "home"), "load", str(file), "--json"],
    }
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(run([sys.executable, *command()]))
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "dataset": DATASET,
        "rows": rows,
        "columns": len(COLUMNS),
        "megabytes": round(file.stat().st_size / 1e6, 1),
        "commands": {name: summary(items, found["bare"], rows) for name, items in found.items()},
    }


def write_file(file: Path, rows: int) -> None:
    """A clean file of the dataset: 100,000 people, each with a right identity number."""
    selected = ", ".join(f"{expression} AS {name}" for name, (expression, _) in COLUMNS.items())
    numbered = f"SELECT i, {ID} AS id FROM range({rows}) AS t(i)"
    statement = f"COPY (SELECT {selected} FROM ({numbered})) TO '{file}' (HEADER, DELIMITER ',')"
    with connect(file.parent) as connection:
        connection.execute(statement.replace("{people}", str(PEOPLE)))


def bare_command(file: Path, out: Path) -> list[str]:
    """DuckDB's own conversion, in a process of its own."""
    declared = "{" + ", ".join(f"'{name}': '{kind}'" for name, (_, kind) in COLUMNS.items()) + "}"
    statement = BARE.format(file=file, out=out, columns=declared)
    return ["-c", f"import duckdb; duckdb.execute({statement!r})"]


def fresh(home: Path) -> str:
    shutil.rmtree(home, ignore_errors=True)
    return str(home)


def run(command: list[str]) -> Run:
    """Run a process to its end; its peak memory is what the kernel accounted to it."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(time.perf_counter() - start, usage.ru_maxrss / 1024)


def summary(items: list[Run], bare: list[Run], rows: int) -> dict[str, float]:
    """Medians, and the ratio to the bare conversion pair by pair."""
    seconds = statistics.median(item.seconds for item in items)
    ratio = statistics.median(item.seconds / other.seconds for item, other in zip(items, bare, strict=True))
    return {
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "peak_mebibytes": round(statistics.median(item.mebibytes for item in items)),
        "ratio_to_bare": round(ratio, 2),
    }


def print_report(report: dict[str, object]) -> None:
    print(f"{report['dataset']}: {report['rows']:,} rows, {report['megabytes']} MB, {report['machine']}")
    print(f"{'':8}{'seconds':>10}{'rows/s':>12}{'peak MiB':>10}{'x bare':>8}")
    commands = report["commands"]
    assert isinstance(commands, dict)
    for name, item in commands.items():
        figures = f"{item['seconds']:>10}{item['rows_per_second']:>12,}{item['peak_mebibytes']:>10}"
        print(f"{name:8}{figures}{item['ratio_to_bare']:>8}")


if __name__ == "__main__":
    main()
