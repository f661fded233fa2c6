"""From a file to the lake, the ledger and the facts."""

from __future__ import annotations

import io
import os
from decimal import Decimal
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from tests.intake.conftest import FACTS, Load, lake_rows
from tests.intake.outbox import CASHIER, CHILDREN, DATASET, DRUM_TOWER, NAME, RESIDENT_ID, charge, send

from kangqiao.base.home import Home
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.actions import roll_back_table
from kangqiao.intake.models import Batch, Submission
from kangqiao.intake.rejected import read_duplicates, read_rejected, write_rejected_csv
from kangqiao.oversight.statistics.models import DailyFact, DailyMeasure
from kangqiao.registry.models import PersonIdentity, Pseudonym
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

DAY, NEXT = "2024-06-03", "2024-06-04"


def rows(receipt: dict) -> tuple[int, ...]:
    """Received, stored, duplicate, rejected, superseded."""
    return tuple(receipt["rows"][name] for name in ("received", "stored", "duplicate", "rejected", "superseded"))


def versions() -> list[int]:
    return list(Batch.objects.values_list("snapshot_id", flat=True))


def test_rows_go_to_the_lake_and_the_receipt_says_so(home: Home, load: Load, tmp_path: Path) -> None:
    path = send(
        tmp_path, DAY, [charge("C1", DAY), charge("C2", DAY, "3.50"), charge("C3", DAY, "x"), charge("C1", DAY)]
    )
    (receipt,) = load(path)
    assert receipt["state"] == "stored"
    assert (receipt["institution"], receipt["channel"]) == (DRUM_TOWER, "scheduled")
    assert (receipt["dataset"], receipt["day"]) == (DATASET, DAY)
    assert rows(receipt) == (4, 2, 1, 1, 0)
    assert [(row["line"], row["field"], row["rule"], row["value"]) for row in receipt["rejected_rows"]] == [
        (4, "total_amount", "type", "x")
    ]
    assert lake_rows(home) == [("NJ-H02", DAY, "C1"), ("NJ-H02", DAY, "C2")]


def test_facts_hold_counts_and_sums(load: Load, tmp_path: Path) -> None:
    load(send(tmp_path, DAY, [charge("C1", DAY), charge("C2", DAY, "3.05"), charge("C3", DAY, "x")]))
    fact = DailyFact.objects.get()
    assert (fact.received, fact.stored, fact.duplicate, fact.rejected) == (3, 2, 0, 1)
    assert DailyMeasure.objects.get(fact=fact, measure="total_amount").value == Decimal("15.55")


def test_no_identity_in_the_lake_but_in_the_registry(home: Home, load: Load, tmp_path: Path) -> None:
    load(send(tmp_path, DAY, [charge("C1", DAY)]))
    table = Lake(home.lake).table(Channel.SCHEDULED, catalogue().dataset(DATASET))
    assert table is not None
    (path,) = table.paths()
    content = Path(path).read_bytes()
    for text in (RESIDENT_ID, NAME, CASHIER):
        assert text.encode() not in content
    person = PersonIdentity.objects.get()
    assert (person.id_no, person.name, person.local_no) == (RESIDENT_ID, NAME, "P1")
    assert Pseudonym.objects.get().value == CASHIER


def test_one_resident_has_one_key_at_two_hospitals(load: Load, tmp_path: Path) -> None:
    send(tmp_path, DAY, [charge("C1", DAY)])
    send(tmp_path, DAY, [charge("C1", DAY, name="赵钱孙儿")], CHILDREN)
    load(tmp_path)
    assert PersonIdentity.objects.count() == 2
    assert PersonIdentity.objects.values("person_key").distinct().count() == 1


def test_the_same_file_twice_changes_nothing_and_says_so(home: Home, load: Load, tmp_path: Path) -> None:
    path = send(tmp_path, DAY, [charge("C1", DAY), charge("C1", DAY), charge("C2", DAY, "x")])
    load(path)
    before = (lake_rows(home), versions(), list(DailyFact.objects.values()))
    (receipt,) = load(path)
    assert receipt["state"] == "unchanged"
    assert rows(receipt) == (3, 0, 2, 1, 0)
    assert (lake_rows(home), versions(), list(DailyFact.objects.values())) == before


def test_a_corrected_file_replaces_exactly_its_day(home: Home, load: Load, tmp_path: Path) -> None:
    send(tmp_path, DAY, [charge("C1", DAY), charge("C2", DAY)])
    send(tmp_path, NEXT, [charge("C3", NEXT)])
    send(tmp_path, DAY, [charge("C1", DAY)], CHILDREN)
    load(tmp_path)
    (receipt,) = load(send(tmp_path, DAY, [charge("C9", DAY, "1.00")]))
    assert rows(receipt) == (1, 1, 0, 0, 2)
    assert lake_rows(home) == [("NJ-H02", DAY, "C9"), ("NJ-H02", NEXT, "C3"), ("NJ-H05", DAY, "C1")]
    fact = DailyFact.objects.get(institution__name=DRUM_TOWER, day=DAY)
    assert (fact.stored, fact.submission_id) == (1, receipt["id"])
    assert sorted(Submission.objects.values_list("state", "is_current")) == [
        ("stored", True),
        ("stored", True),
        ("stored", True),
        ("superseded", False),
    ]


def test_a_key_of_another_day_is_a_duplicate(home: Home, load: Load, tmp_path: Path) -> None:
    load(send(tmp_path, DAY, [charge("C1", DAY)]))
    (receipt,) = load(send(tmp_path, NEXT, [charge("C1", NEXT), charge("C2", NEXT)]))
    assert rows(receipt) == (2, 1, 1, 0, 0)
    assert lake_rows(home) == [("NJ-H02", DAY, "C1"), ("NJ-H02", NEXT, "C2")]


def test_days_of_one_load_are_judged_as_if_one_after_the_other(home: Home, load: Load, tmp_path: Path) -> None:
    send(tmp_path, NEXT, [charge("C1", NEXT)])
    send(tmp_path, DAY, [charge("C1", DAY)])
    receipts = {item["day"]: rows(item) for item in load(tmp_path)}
    assert receipts == {DAY: (1, 1, 0, 0, 0), NEXT: (1, 0, 1, 0, 0)}
    assert len(versions()) == 1


def test_a_head_line_alone_is_a_zero_report(home: Home, load: Load, tmp_path: Path) -> None:
    (receipt,) = load(send(tmp_path, DAY, []))
    assert (receipt["state"], rows(receipt)) == ("stored", (0, 0, 0, 0, 0))
    load(send(tmp_path, DAY, [charge("C1", DAY)]))
    (receipt,) = load(send(tmp_path, DAY, []))
    assert rows(receipt) == (0, 0, 0, 0, 1)
    assert lake_rows(home) == []


def test_a_second_file_of_a_day_is_a_resend_of_the_first(home: Home, load: Load, tmp_path: Path) -> None:
    send(tmp_path, DAY, [charge("C1", DAY)])
    send(tmp_path, DAY, [charge("C2", DAY)], suffix=".csv.gz")
    assert [rows(item) for item in load(tmp_path)] == [(1, 1, 0, 0, 0), (1, 1, 0, 0, 1)]
    assert lake_rows(home) == [("NJ-H02", DAY, "C2")]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("无此医院/scheduled/outpatient_charge/2024-06-03.csv", "institution.unknown"),
        ("南京鼓楼医院/hourly/outpatient_charge/2024-06-03.csv", "path.layout"),
        ("南京鼓楼医院/scheduled/outpatient_chargee/2024-06-03.csv", "dataset.unknown"),
        ("南京鼓楼医院/scheduled/outpatient_charge/2024-06-31.csv", "day.invalid"),
        ("南京鼓楼医院/scheduled/outpatient_charge/20240603.csv", "day.invalid"),
        ("南京鼓楼医院/realtime/bed/2024-06-03.csv", "channel.not_prescribed"),
        ("南京鼓楼医院/scheduled/department/2024-06-03.csv", "file.columns_missing"),
    ],
)
def test_a_wrong_address_is_refused_and_the_others_go_on(
    home: Home, load: Load, tmp_path: Path, address: str, code: str
) -> None:
    good = send(tmp_path, DAY, [charge("C1", DAY)])
    wrong = tmp_path / address
    if code.startswith("file."):
        wrong.parent.mkdir(parents=True)
        wrong.write_text("department_code,foo\n1,2\n", "utf-8")
    else:
        wrong.parent.mkdir(parents=True, exist_ok=True)
        wrong.write_bytes(good.read_bytes())
    found = {item["state"]: item for item in load(tmp_path)}
    assert found["refused"]["error"]["code"] == code
    assert rows(found["refused"]) == (0, 0, 0, 0, 0)
    assert rows(found["stored"]) == (1, 1, 0, 0, 0)
    assert Submission.objects.filter(state="refused").count() == 1


def test_a_refused_file_leaves_the_day_as_it_was(home: Home, load: Load, tmp_path: Path) -> None:
    path = send(tmp_path, DAY, [charge("C1", DAY)])
    load(path)
    path.write_bytes(path.read_bytes() + b"\0")
    (receipt,) = load(path)
    assert receipt["error"]["code"] == "file.nul"
    assert lake_rows(home) == [("NJ-H02", DAY, "C1")]


def test_other_files_in_the_folder_are_passed_over(load: Load, tmp_path: Path) -> None:
    send(tmp_path, DAY, [charge("C1", DAY)])
    (tmp_path / "plan.json").write_text("{}", "utf-8")
    (tmp_path / DRUM_TOWER / ".DS_Store").write_bytes(b"\0")
    assert [item["state"] for item in load(tmp_path)] == ["stored"]


def test_rejected_rows_come_back_as_a_file_that_can_be_mended(load: Load, tmp_path: Path) -> None:
    (receipt,) = load(send(tmp_path, DAY, [charge("C1", DAY, "x"), charge("C2", DAY), "a,b"]))
    submission = Submission.objects.get(pk=receipt["id"])
    assert [(row.line, row.findings[0].rule) for row in read_rejected(submission)] == [(2, "type"), (4, "ragged")]
    stream = io.BytesIO()
    write_rejected_csv(submission, stream)
    mended = stream.getvalue().replace(b",x,", b",1.00,")
    (tmp_path / "mended").mkdir()
    path = send(tmp_path / "mended", NEXT, [])
    path.write_bytes(mended)
    (receipt,) = load(path)
    assert (rows(receipt), receipt["unknown_columns"]) == ((2, 1, 0, 1, 0), [])


def test_a_duplicate_with_other_contents_is_not_lost(load: Load, tmp_path: Path) -> None:
    (receipt,) = load(send(tmp_path, DAY, [charge("C1", DAY), charge("C1", DAY, "99.90")]))
    assert [(row["line"], row["rule"], row["message"]) for row in receipt["duplicate_rows"]] == [
        (3, "duplicate", "主键（收费流水号）与本文件第 2 行重复，本行不再入库")
    ]
    (row,) = read_duplicates(Submission.objects.get(pk=receipt["id"]))
    assert row.cells == charge("C1", DAY, "99.90").split(",")


def test_a_resend_is_judged_anew_when_other_days_have_changed(home: Home, load: Load, tmp_path: Path) -> None:
    load(send(tmp_path, DAY, [charge("C1", DAY), charge("C5", DAY)]))
    second = send(tmp_path, NEXT, [charge("C5", NEXT), charge("C6", NEXT)])
    assert rows(load(second)[0]) == (2, 1, 1, 0, 0)
    load(send(tmp_path, DAY, [charge("C1", DAY)]))
    assert rows(load(second)[0]) == (2, 2, 0, 0, 1)
    assert lake_rows(home) == [("NJ-H02", DAY, "C1"), ("NJ-H02", NEXT, "C5"), ("NJ-H02", NEXT, "C6")]
    assert load(second)[0]["state"] == "unchanged"


def test_a_folder_name_in_gbk_is_understood(load: Load, tmp_path: Path) -> None:
    gbk = os.path.join(os.fsencode(tmp_path), DRUM_TOWER.encode("gbk"), b"scheduled", DATASET.encode())
    os.makedirs(gbk)
    Path(os.fsdecode(os.path.join(gbk, b"\xff\xfe.csv"))).write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path)
    (receipt,) = load(tmp_path)
    assert (receipt["institution"], receipt["error"]["code"]) == (DRUM_TOWER, "day.invalid")


def test_rollback_takes_lake_ledger_and_facts_back(home: Home, load: Load, tmp_path: Path) -> None:
    load(send(tmp_path, DAY, [charge("C1", DAY)]))
    first = versions()[0]
    load(send(tmp_path, DAY, [charge("C2", DAY), charge("C3", DAY)]))
    load(send(tmp_path, NEXT, [charge("C4", NEXT)]))
    undone = roll_back_table(Channel.SCHEDULED, catalogue().dataset(DATASET), first, facts=FACTS)
    assert len(undone) == 2
    assert lake_rows(home) == [("NJ-H02", DAY, "C1")]
    assert [(fact.day.isoformat(), fact.stored) for fact in DailyFact.objects.all()] == [(DAY, 1)]
    assert sorted(Submission.objects.values_list("state", "is_current")) == [
        ("rolled_back", False),
        ("rolled_back", False),
        ("stored", True),
    ]
    (receipt,) = load(tmp_path / DRUM_TOWER / "scheduled" / DATASET / f"{NEXT}.csv")
    assert rows(receipt) == (1, 1, 0, 0, 0)


def test_an_earlier_version_can_still_be_read(home: Home, load: Load, tmp_path: Path) -> None:
    load(send(tmp_path, DAY, [charge("C1", DAY)]))
    load(send(tmp_path, DAY, []))
    table = Lake(home.lake).table(Channel.SCHEDULED, catalogue().dataset(DATASET))
    assert table is not None
    assert [item.rows for item in table.versions()] == [1, 0]
    (path,) = table.paths(snapshot_id=table.versions()[0].snapshot_id)
    assert Path(path).exists()
    assert table.paths() == ()


def test_another_engine_reads_the_table_by_its_format(home: Home, load: Load, tmp_path: Path) -> None:
    send(tmp_path, DAY, [charge("C1", DAY, "3.05"), charge("C2", DAY)])
    send(tmp_path, NEXT, [charge("C3", NEXT)], CHILDREN)
    load(tmp_path)
    load(send(tmp_path, DAY, [charge("C1", DAY, "3.05")]))
    catalog = SqlCatalog(
        "kangqiao", uri=f"sqlite:///{home.lake / 'catalog.db'}", warehouse=f"file://{home.lake / 'data'}"
    )
    rows = catalog.load_table(("scheduled", DATASET)).scan(row_filter="_day < '2024-06-04'").to_arrow().to_pylist()
    assert [(row["_institution"], row["charge_no"], row["total_amount"]) for row in rows] == [
        ("NJ-H02", "C1", Decimal("3.05"))
    ]
    assert rows[0]["charged_at"].isoformat() == "2024-06-03T10:15:00"
