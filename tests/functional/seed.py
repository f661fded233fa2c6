"""A month for pages to show, written into the home of ``KANGQIAO_HOME``; prints the password of ``demo``.

Run as a script, in a process of its own: python tests/functional/seed.py [EVERY]; with EVERY only each such
institution sends anything.
"""

from __future__ import annotations

import random
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

from kangqiao.base.home import Home
from kangqiao.web.boot import open_home

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.cast import MORNING, submission

from kangqiao.access.actions import give_password
from kangqiao.intake.models import Batch, BatchState, Submission, SubmissionState, Violation
from kangqiao.oversight.statistics.actions import rebuild_daily_facts
from kangqiao.registry.models import Institution
from kangqiao.registry.queries import active_institutions
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Prescription

JUNE = date(2024, 6, 1)
HEADER = ["charge_no", "patient_name", "id_no", "sex", "charged_at", "total_amount"]
CHANCE = {"full": 1.0, "part": 0.97, "weak": 0.6}


def seed(every: int) -> None:
    """Most institutions complete, some with gaps, two silent; one receipt with everything on it."""
    dice = random.Random(20240601)
    silent = {"秦淮区", "东部战区总医院秦淮医疗区"}
    for number, institution in enumerate(active_institutions()):
        if institution.name not in silent and number % every == 0:
            chance = CHANCE["weak" if number % 9 == 4 else "part" if number % 3 else "full"]
            Submission.objects.bulk_create(_month(institution, chance, dice), batch_size=500)
    rebuild_daily_facts(JUNE)


def _month(institution: Institution, chance: float, dice: random.Random) -> list[Submission]:
    items = []
    for entry in catalogue().profile(institution.kind).prescriptions:
        if entry.every == "any":
            continue
        days = range(30) if entry.every == "day" else [0]
        for offset in days:
            if dice.random() <= chance:
                items.append(_submission(institution, entry, JUNE + timedelta(days=offset), dice))
    return items


def _submission(institution: Institution, entry: Prescription, day: date, dice: random.Random) -> Submission:
    received = dice.randrange(50, 9000) if entry.channel == "scheduled" else dice.randrange(5, 90)
    rejected = dice.randrange(0, received // 40 + 1)
    duplicate = dice.randrange(0, received // 90 + 1)
    measures = {"total_amount": f"{received * 218.37:.2f}"} if entry.dataset.endswith("charge") else {}
    received_at = MORNING + (day - JUNE) + timedelta(seconds=dice.randrange(7200))
    return Submission(
        id=f"{received_at:%Y%m%d%H%M%S}{dice.getrandbits(48):012x}", load_id="0" * 26, institution=institution,
        institution_text=institution.name, channel=entry.channel, dataset=entry.dataset, day=day,
        day_text=day.isoformat(), state=SubmissionState.STORED, is_current=True,
        file_name=f"{institution.code}/{entry.channel}/{entry.dataset}/{day}.csv",
        received=received, stored=received - rejected - duplicate, duplicate=duplicate, rejected=rejected,
        measures=measures, received_at=received_at,
    )  # fmt: skip


def showcase() -> None:
    """A receipt that replaces another, with rejected rows and violations; and a file refused whole."""
    day = date(2024, 6, 30)
    first = Submission.objects.get(
        institution__name="江苏省中医院", channel="scheduled", dataset="outpatient_charge", day=day
    )
    Submission.objects.filter(pk=first.pk).update(is_current=False, state=SubmissionState.SUPERSEDED)
    batch = Batch.objects.create(
        id="b" * 26,
        load_id="0" * 26,
        channel="scheduled",
        dataset="outpatient_charge",
        state=BatchState.DONE,
        created_at=MORNING,
    )
    item = submission(
        "江苏省中医院", "outpatient_charge", day, id="showcase", batch=batch, received=20738, rejected=104,
        duplicate=31, superseded=first.stored, replaces=first, header=HEADER, unknown_columns=["备注", "院内流水"],
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", size=3456789, encoding="gb18030",
        delimiter=",", file_name="江苏省中医院/scheduled/outpatient_charge/2024-06-30.csv",
        received_at=MORNING + timedelta(days=40), measures={"total_amount": "4512345.67"},
    )  # fmt: skip
    for rule, field, dimension, severity, rows in (
        ("required", "charge_no", "completeness", "error", 12),
        ("checksum", "id_no", "conformity", "error", 61),
        ("id_birth_date", "birth_date", "usability", "error", 40),
        ("reference", "visit_no", "linkage", "warning", 311),
        ("duplicate", "charge_no", "conformity", "error", 31),
    ):
        Violation.objects.create(
            submission=item, rule=rule, field=field, dimension=dimension, severity=severity, rows=rows,
            denominator=20738,
        )  # fmt: skip
    submission(
        "南京鼓楼医院", "lab_report", day, id="refused", state=SubmissionState.REFUSED, is_current=False,
        refusal_code="header.missing", refusal_message="文件缺少必填列：检验报告单编号（report_no）。",
        received_at=MORNING + timedelta(days=41),
    )  # fmt: skip
    rebuild_daily_facts(JUNE)


def rejected_rows(home: Home) -> None:
    """The rejected rows of the showcase as the ledger keeps them."""
    cells = ["", "张三", "320102199001011235", "1", "20240630T093000", "88.00"]
    wrong = [{"rule": "checksum", "field": "id_no", "value": cells[2], "message": "身份证件号码（id_no）校验位不正确"}]
    ragged = [{"rule": "ragged", "field": "", "value": "", "message": "本行有 2 列，表头有 6 列，列数不一致"}]
    target = home.rejected / f"{'b' * 26}.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE kept (submission VARCHAR, fate VARCHAR, line BIGINT, cells VARCHAR[], raw VARCHAR, "
            "raw_file VARCHAR, findings STRUCT(rule VARCHAR, field VARCHAR, value VARCHAR, message VARCHAR)[])"
        )
        row = "INSERT INTO kept SELECT 'showcase', 'rejected', n, ?, '', '', ? FROM range(?, ?) AS lines(n)"
        connection.execute(row, [cells, wrong, 2, 105])
        connection.execute(row, [None, ragged, 105, 106])
        connection.execute(f"COPY kept TO '{target}' (FORMAT parquet)")


if __name__ == "__main__":
    opened = open_home()
    seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    showcase()
    rejected_rows(opened)
    print(give_password("demo"))
