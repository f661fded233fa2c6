"""What a hospital puts into its outgoing folder, in tests: charges of a day."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

DRUM_TOWER = "南京鼓楼医院"
CHILDREN = "南京市儿童医院"
DATASET = "outpatient_charge"
HEADER = "charge_no,patient_no,id_type,id_no,patient_name,charged_at,department_name,total_amount,cashier_name"
RESIDENT_ID = "11010519491231002X"
NAME = "赵钱孙"
CASHIER = "周吴郑"


def charge(number: str, day: str, amount: str = "12.50", name: str = NAME) -> str:
    """One row of a charge; ``amount`` that is no number makes it a rejected one."""
    moment = day.replace("-", "") + "T101500"
    return f"{number},P1,01,{RESIDENT_ID},{name},{moment},内科,{amount},{CASHIER}"


def send(folder: Path, day: str, rows: Iterable[str], institution: str = DRUM_TOWER, suffix: str = ".csv") -> Path:
    """Write a day's file where the platform expects it; answers its path."""
    path = folder / institution / "scheduled" / DATASET / f"{day}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "\n".join([HEADER, *rows, ""]).encode()
    path.write_bytes(gzip.compress(content, mtime=0) if suffix.endswith(".gz") else content)
    return path
