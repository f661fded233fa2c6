"""How long the catalogue takes: read from its files, read compiled, and ``kangqiao check`` as a whole.

``python benchmarks/bench_catalogue.py [RUNS]`` prints the median of RUNS (5) fresh processes each.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.export import template

LOADING = """
import time
from kangqiao.standards.catalogue import catalogue
began = time.perf_counter()
catalogue()
print(time.perf_counter() - began)
"""


def run(command: list[str], cache: str) -> tuple[float, str]:
    """Seconds of a fresh process, and what it prints."""
    began = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, "KANGQIAO_CACHE": cache}, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - began, done.stdout


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    known = catalogue()
    rules = sum(len(item.rules) for item in known.datasets.values())
    fields = sum(len(item.fields) for item in known.datasets.values())
    print(f"{len(known.datasets)} datasets, {fields} fields, {rules} rules, {len(known.value_sets)} value sets")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bed.csv"
        file.write_bytes(template(known.dataset("bed"), chinese=False))
        loading = [sys.executable, "-c", LOADING]
        check = [str(Path(sys.executable).with_name("kangqiao")), "check", str(file), "--dataset", "bed"]
        catalogue_seconds = {
            "cold": [float(run(loading, "")[1]) for _ in range(runs)],
            "warm": [float(run(loading, folder)[1]) for _ in range(runs + 1)][1:],
        }
        for name, seconds in catalogue_seconds.items():
            print(f"catalogue() {name}: {statistics.median(seconds):.3f} s")
        for name, cache in (("cold", ""), ("warm", folder)):
            print(f"kangqiao check {name}: {statistics.median(run(check, cache)[0] for _ in range(runs)):.3f} s")


if __name__ == "__main__":
    main()
