"""Shared documents come in: every row accounted for, every document kept, a new version in place of the old."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.engine.cda.breaking import LAB, changed, hostile
from tests.engine.cda.making import CORPUS
from tests.intake.conftest import FACTS, Load
from tests.intake.outbox import CHILDREN, DRUM_TOWER, charge, send

from kangqiao.base.home import Home
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.actions import load_paths, receipt_of, roll_back_table
from kangqiao.intake.document_store import document_path
from kangqiao.intake.models import Document, Submission
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

ITEMS, REPORTS = "lab_result_item", "lab_report"
LAB_BYTES = LAB.encode()


def put(folder: Path, content: bytes, name: str = "report.xml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def version(number: int, amount: str = "6.91") -> bytes:
    """The laboratory report in another version, with another glucose."""
    text = LAB.replace('versionNumber value="1"', f'versionNumber value="{number}"')
    return text.replace('value="6.91"', f'value="{amount}"').encode()


def another(number: int) -> bytes:
    """The laboratory report of another number."""
    text = LAB.replace("JY20240605003311", f"JY2024060500{number:04d}").replace(
        "JY24060503311", f"JY2406050{number:04d}"
    )
    return text.encode()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def fates(receipts: list[dict[str, Any]]) -> list[tuple[str, str, tuple[int, ...]]]:
    """Dataset, state, and rows received, stored, duplicate, rejected, superseded."""
    return [(item["dataset"], item["state"], tuple(item["rows"].values())) for item in receipts]


def stored(home: Home, dataset: str, column: str) -> list[str]:
    table = Lake(home.lake).table(Channel.DOCUMENT, catalogue().dataset(dataset))
    paths = table.paths() if table else ()
    if not paths:
        return []
    query = f"SELECT CAST({column} AS VARCHAR) FROM read_parquet($paths, hive_partitioning=false)"
    return sorted(row[0] for row in duckdb.execute(query, {"paths": list(paths)}).fetchall())


def test_a_document_becomes_rows_and_is_kept(home: Home, load: Load, tmp_path: Path) -> None:
    receipts = load(put(tmp_path, LAB_BYTES))
    assert fates(receipts) == [(REPORTS, "stored", (1, 1, 0, 0, 0)), (ITEMS, "stored", (3, 3, 0, 0, 0))]
    digest = hashlib.sha256(LAB_BYTES).hexdigest()
    assert {item["sha256"] for item in receipts} == {digest}
    assert {(item["institution"], item["day"], item["channel"]) for item in receipts} == {
        (DRUM_TOWER, "2024-06-05", "document")
    }
    assert receipts[0]["document"] == {
        "type": "C0007",
        "number": "JY20240605003311",
        "version": 1,
        "sha256": digest,
        "findings": [],
    }
    path = document_path(home, digest)
    assert path.read_bytes() == LAB_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stored(home, ITEMS, "quantitative_result") == ["4.8200", "6.9100", "71.0000"]
    assert receipt_of(receipts[0]["id"]).as_dict()["document"] == receipts[0]["document"]


def test_no_person_is_in_the_lake(home: Home, load: Load, tmp_path: Path) -> None:
    load(put(tmp_path, LAB_BYTES))
    for path in (home.lake / "data" / "document").rglob("*.parquet"):
        rows = duckdb.execute("SELECT * FROM read_parquet($path)", {"path": str(path)}).fetchall()
        assert not [cell for row in rows for cell in row if cell in ("钱二娘", "11010519491231002X", "13900000000")]
        assert b"110105194912310" not in path.read_bytes()


def test_the_same_document_again_changes_nothing(home: Home, load: Load, tmp_path: Path) -> None:
    path = put(tmp_path, LAB_BYTES)
    load(path)
    assert fates(load(path)) == [(REPORTS, "unchanged", (1, 0, 1, 0, 0)), (ITEMS, "unchanged", (3, 0, 3, 0, 0))]
    assert Document.objects.count() == 1
    assert len(stored(home, ITEMS, "item_no")) == 3


def test_a_new_version_takes_the_place_of_the_old(home: Home, load: Load, tmp_path: Path) -> None:
    load(put(tmp_path, version(1)), put(tmp_path, another(17), "other.xml"))
    receipts = load(put(tmp_path, version(2, "5.55"), "second.xml"))
    assert fates(receipts) == [(REPORTS, "stored", (1, 1, 0, 0, 1)), (ITEMS, "stored", (3, 3, 0, 0, 3))]
    assert stored(home, ITEMS, "quantitative_result") == ["4.8200", "4.8200", "5.5500", "6.9100", "71.0000", "71.0000"]
    states = Submission.objects.filter(dataset=ITEMS).order_by("pk").values_list("state", "is_current")
    assert sorted(states) == [("stored", True), ("stored", True), ("superseded", False)]
    assert Document.objects.count() == 3


def test_an_older_version_is_refused(home: Home, load: Load, tmp_path: Path) -> None:
    load(put(tmp_path, version(2)))
    (receipt,) = load(put(tmp_path, version(1), "first.xml"))
    assert (receipt["state"], receipt["error"]["code"]) == ("refused", "cda.version_old")
    assert stored(home, REPORTS, "report_no") == ["JY24060503311"]


def test_another_content_under_the_same_version_is_refused(home: Home, load: Load, tmp_path: Path) -> None:
    load(put(tmp_path, version(1)))
    (receipt,) = load(put(tmp_path, version(1, "9.99"), "again.xml"))
    assert (receipt["state"], receipt["error"]["code"]) == ("refused", "cda.version_conflict")
    assert stored(home, ITEMS, "quantitative_result") == ["4.8200", "6.9100", "71.0000"]


def test_both_versions_in_one_load(home: Home, load: Load, tmp_path: Path) -> None:
    path = zipped(tmp_path / "both.zip", {"b.xml": version(2, "5.55"), "a.xml": version(1)})
    receipts = load(path)
    assert [(item["dataset"], item["rows"]["superseded"]) for item in receipts] == [
        (REPORTS, 0),
        (ITEMS, 0),
        (REPORTS, 1),
        (ITEMS, 3),
    ]
    assert stored(home, ITEMS, "quantitative_result") == ["4.8200", "5.5500", "71.0000"]


def test_rows_that_a_new_version_no_longer_has_step_back(home: Home, load: Load, tmp_path: Path) -> None:
    load(put(tmp_path, version(1)))
    text = version(2).decode()
    start = text.index('<entry>\n<organizer classCode="CLUSTER"')
    end = text.rindex("</organizer>\n</entry>\n") + len("</organizer>\n</entry>\n")
    method = text.index('<entry>\n<observation classCode="OBS" moodCode="EVN">\n  <code code="DE02.10.027.00"')
    loose = text[method : text.index("</entry>\n", method) + len("</entry>\n")]
    receipts = load(put(tmp_path, (text[:start] + text[end:]).replace(loose, "").encode(), "second.xml"))
    assert fates(receipts) == [(REPORTS, "stored", (1, 1, 0, 0, 1)), (ITEMS, "stored", (0, 0, 0, 0, 3))]
    assert stored(home, ITEMS, "item_no") == []


def test_documents_of_a_day_stand_beside_each_other(home: Home, load: Load, tmp_path: Path) -> None:
    load(zipped(tmp_path / "one.zip", {f"{number}.xml": another(number) for number in range(5)}))
    load(zipped(tmp_path / "two.zip", {f"{number}.xml": another(number) for number in range(5, 8)}))
    assert len(stored(home, REPORTS, "report_no")) == 8
    fact = DailyFact.objects.get(dataset=ITEMS, channel="document")
    assert (fact.received, fact.stored) == (24, 24)


def test_the_same_row_in_another_document_is_a_duplicate(home: Home, load: Load, tmp_path: Path) -> None:
    load(put(tmp_path, LAB_BYTES))
    other = LAB.replace("JY20240605003311", "JY20240605009999").encode()
    receipts = load(put(tmp_path, other, "other.xml"))
    assert fates(receipts) == [(REPORTS, "stored", (1, 0, 1, 0, 0)), (ITEMS, "stored", (3, 0, 3, 0, 0))]
    assert stored(home, REPORTS, "report_no") == ["JY24060503311"]


def test_tables_of_the_day_are_left_alone(home: Home, load: Load, tmp_path: Path) -> None:
    send(tmp_path, "2024-06-05", [charge("C1", "2024-06-05")])
    put(tmp_path, LAB_BYTES)
    receipts = load(tmp_path)
    assert [(item["channel"], item["dataset"], item["rows"]["stored"]) for item in receipts] == [
        ("scheduled", "outpatient_charge", 1),
        ("document", REPORTS, 1),
        ("document", ITEMS, 3),
    ]


def test_a_row_that_breaks_a_rule_is_rejected_and_the_others_stored(home: Home, load: Load, tmp_path: Path) -> None:
    receipts = load(put(tmp_path, changed('code="2" displayName="异常"', 'code="7" displayName="异常"')))
    assert fates(receipts) == [(REPORTS, "stored", (1, 1, 0, 0, 0)), (ITEMS, "stored", (3, 2, 0, 1, 0))]
    assert [(row["line"], row["field"], row["rule"]) for row in receipts[1]["rejected_rows"]] == [
        (1, "result_code", "value_set")
    ]
    assert [item["code"] for item in receipts[1]["document"]["findings"]] == ["cda.code_unknown"]


def test_a_refused_document_is_in_the_ledger_with_its_findings(home: Home, load: Load, tmp_path: Path) -> None:
    broken = changed('extension="11010519491231002X"', 'extension="110105194912310021"')
    (receipt,) = load(put(tmp_path, broken))
    assert (receipt["state"], receipt["dataset"], receipt["error"]["code"]) == (
        "refused",
        "C0007",
        "cda.patient_id_invalid",
    )
    assert [item["code"] for item in receipt["document"]["findings"]] == ["cda.patient_id_invalid"]
    assert "110105194912310021" not in str(receipt)
    assert Submission.objects.get().state == "refused"
    assert list(home.documents.rglob("*.xml")) == []


def test_every_member_of_a_zip_is_taken_or_refused_for_itself(home: Home, load: Load, tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x.xml", LAB_BYTES)
    members = {
        "../../etc/good.xml": LAB_BYTES,
        "readme.txt": b"hello",
        "inner.zip": inner.getvalue(),
        "hidden.xml": inner.getvalue(),
        "broken.xml": LAB_BYTES[:3000],
        "laughs.xml": next(hostile()).content,
    }
    receipts = load(zipped(tmp_path / "mixed.zip", members))
    refused = {item["file"]: item["error"]["code"] for item in receipts if item["state"] == "refused"}
    assert refused == {
        "readme.txt": "cda.not_a_document",
        "inner.zip": "cda.nested_archive",
        "hidden.xml": "cda.nested_archive",
        "broken.xml": "cda.truncated",
        "laughs.xml": "cda.doctype_refused",
    }
    assert {item["file"] for item in receipts if item["state"] == "stored"} == {"good.xml"}
    assert [path.name for path in tmp_path.rglob("*.xml") if "home" not in path.parts] == []


def test_a_zip_bomb_is_refused_before_it_is_unpacked(home: Home, load: Load, tmp_path: Path) -> None:
    bomb = b"<a>" + b" " * (64 << 20)
    many = zipped(tmp_path / "bomb.zip", {"one.xml": bomb})
    (receipt,) = load(many)
    assert (receipt["state"], receipt["error"]["code"]) == ("refused", "cda.too_large")
    small = b"<a>" + b" " * (3 << 20)
    receipts = load(zipped(tmp_path / "many.zip", {f"{number}.xml": small for number in range(20)}))
    assert receipts[-1]["error"]["code"] == "file.too_large"


def test_a_damaged_zip_is_refused_by_name(home: Home, load: Load, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.xml": LAB_BYTES})
    content = bytearray(path.read_bytes())
    content[60:90] = b"\0" * 30
    path.write_bytes(bytes(content))
    (receipt,) = load(path)
    assert (receipt["state"], receipt["error"]["code"]) == ("refused", "file.damaged")


def test_the_folder_may_name_the_sender_but_not_another_one(home: Home, load: Load, tmp_path: Path) -> None:
    (receipt,) = load(put(tmp_path / CHILDREN, LAB_BYTES))
    assert receipt["error"]["code"] == "cda.custodian_differs"
    unnamed = LAB.replace("<name>南京鼓楼医院</name>", "<name>某医院</name>").encode()
    (receipt,) = load(put(tmp_path / "somewhere", unnamed))
    assert (receipt["error"]["code"], receipt["error"]["message"]) == (
        "institution.unknown",
        "没有登记名为“某医院”的机构。",
    )
    receipts = load(put(tmp_path / CHILDREN, unnamed))
    assert {item["institution"] for item in receipts} == {CHILDREN}


def test_rolling_back_brings_the_version_before_again(home: Home, load: Load, tmp_path: Path) -> None:
    load(put(tmp_path, version(1)))
    dataset = catalogue().dataset(ITEMS)
    table = Lake(home.lake).table(Channel.DOCUMENT, dataset)
    assert table is not None
    before = table.versions()[-1].snapshot_id
    load(put(tmp_path, version(2, "5.55"), "second.xml"))
    undone = roll_back_table(Channel.DOCUMENT, dataset, before, facts=FACTS)
    assert [item.superseded for item in undone] == [3]
    assert stored(home, ITEMS, "quantitative_result") == ["4.8200", "6.9100", "71.0000"]
    assert Submission.objects.get(dataset=ITEMS, is_current=True).document.version == 1  # type: ignore[union-attr]
    assert DailyFact.objects.get(dataset=ITEMS).stored == 3


@pytest.mark.parametrize("folder", ["hand", "written"])
def test_the_whole_corpus_is_stored_and_adds_up(home: Home, load: Load, folder: str) -> None:
    receipts = load(CORPUS / folder)
    assert [item for item in receipts if item["state"] != "stored"] == []
    for item in receipts:
        rows = item["rows"]
        assert rows["received"] == rows["stored"] + rows["duplicate"] + rows["rejected"]
    assert [(item["file"], item["dataset"]) for item in receipts if item["rows"]["rejected"]] == []
    assert len({item["document"]["type"] for item in receipts}) == len(list((CORPUS / folder).glob("*.xml")))


def test_a_load_cut_off_between_two_tables_is_made_whole_by_the_next(home: Home, load: Load, tmp_path: Path) -> None:
    path = put(tmp_path, LAB_BYTES)
    receipts = load_paths([path], facts=FACTS)
    assert next(receipts).as_dict()["dataset"] == REPORTS
    receipts.close()  # type: ignore[attr-defined]
    assert stored(home, ITEMS, "item_no") == []
    assert fates(load(path)) == [(REPORTS, "unchanged", (1, 0, 1, 0, 0)), (ITEMS, "stored", (3, 3, 0, 0, 0))]
