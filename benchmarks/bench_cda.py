"""Shared documents: how many a second are read, checked and mapped; how long hostile ones take, and how much memory.

python benchmarks/bench_cda.py            the corpus of tests, and hostile documents each in a process of its own
python benchmarks/bench_cda.py --load N   besides, a zip of N laboratory reports through ``kangqiao load``
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.engine.cda import breaking  # noqa: E402
from tests.engine.cda.making import CORPUS  # noqa: E402

from kangqiao.base.errors import FileRefused  # noqa: E402
from kangqiao.engine.cda.documents import read_document  # noqa: E402

ROUNDS = 10


def read_corpus() -> None:
    """Every good document, :data:`ROUNDS` times, after one round to load the definitions."""
    contents = [path.read_bytes() for path in sorted(CORPUS.rglob("*.xml"))]
    for content in contents:
        read_document(content)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(ROUNDS):
        for content in contents:
            read_document(content)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    count = ROUNDS * len(contents)
    size = sum(map(len, contents)) / len(contents) / 1024
    print(f"{count} documents of {size:.1f} KiB: {count / wall:,.0f} a second ({count / cpu:,.0f} a second of CPU)")


def try_hostile() -> None:
    """Each hostile document in a new process: seconds to its refusal, peak memory of the whole process."""
    worst = 0.0, 0.0
    for number, item in enumerate([*breaking.hostile(), *breaking.large(), *breaking.malformed()]):
        done = subprocess.run(
            [sys.executable, __file__, "--hostile", str(number)], capture_output=True, text=True, check=True, cwd=ROOT
        )
        code, seconds, memory = done.stdout.split()
        print(
            f"{item.name:<28}{len(item.content):>12,} bytes  {code:<26}{float(seconds):7.3f} s  {float(memory):5.0f} MB"
        )
        worst = max(worst[0], float(seconds)), max(worst[1], float(memory))
    print(f"worst: {worst[0]:.3f} s, {worst[1]:.0f} MB")


def one_hostile(number: int) -> None:
    content = [*breaking.hostile(), *breaking.large(), *breaking.malformed()][number].content
    started = time.perf_counter()
    try:
        read_document(content)
        code = "read"
    except FileRefused as error:
        code = error.code
    seconds = time.perf_counter() - started
    print(code, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def load_zip(count: int) -> None:
    """A zip of ``count`` laboratory reports, loaded into a new home; seconds are of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reports.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(count):
                text = breaking.LAB.replace("JY20240605003311", f"JY{number:014d}")
                archive.writestr(f"{number}.xml", text.replace("JY24060503311", f"R{number:012d}"))
        environment = os.environ | {"KANGQIAO_HOME": f"{folder}/home"}
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "kangqiao", "load", str(path)], env=environment, capture_output=True, text=True
        )
        seconds = time.perf_counter() - started
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(done.stdout.strip(), done.stderr.strip()[-500:], sep="\n")
        print(f"{count:,} documents loaded in {seconds:.1f} s ({count / seconds:,.0f} a second), peak {memory:,.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--load", type=int, metavar="N", default=0)
    parser.add_argument("--hostile", type=int, default=-1, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.hostile >= 0:
        one_hostile(chosen.hostile)
        return
    read_corpus()
    try_hostile()
    if chosen.load:
        load_zip(chosen.load)


if __name__ == "__main__":
    main()
