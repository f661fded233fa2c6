"""From the last byte to the receipt: stored, only tried, mended, refused; and once, whatever is killed."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.intake.conftest import FACTS, lake_rows
from tests.intake.outbox import DATASET, NAME
from tests.intake.uploads.conftest import Sender, content

from kangqiao.access.audit.models import AuditEvent
from kangqiao.base.home import Home
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.models import Submission, Violation
from kangqiao.intake.uploads.models import Upload
from kangqiao.intake.uploads.storage import path_of
from kangqiao.intake.uploads.taking import take_upload
from kangqiao.jobs.models import Job
from kangqiao.registry.models import PersonIdentity

BODY = content("12.50", "x", "y", "3")
COUNTS = ("received", "stored", "duplicate", "rejected", "replaced")
DOCUMENT = Path(__file__).parents[2] / "engine" / "cda" / "corpus" / "hand" / "C0002-outpatient-record.xml"


def counts(receipt: dict) -> list[int]:
    return [receipt["rows"][name] for name in COUNTS]


def test_a_file_is_loaded_and_its_bytes_go(sender: Sender, home: Home) -> None:
    told = sender.send(BODY, sha256=hashlib.sha256(BODY).hexdigest())
    assert (told["state"], told["code"], len(told["submissions"])) == ("done", None, 1)
    receipt = sender.receipt(told["submissions"][0])
    assert counts(receipt) == [4, 2, 0, 2, 0]
    assert receipt["file"] == "outpatient_charge-2024-06-03.csv"
    assert [row["line"] for row in receipt["rejected_rows"]] == [3, 4]
    assert [key for _, _, key in lake_rows(home)] == ["C0", "C3"]
    assert not path_of(told["id"]).exists()
    assert list(home.work.iterdir()) == []


def test_a_wrong_digest_fails_and_loads_nothing(sender: Sender, home: Home) -> None:
    told = sender.send(BODY, sha256="0" * 64)
    assert (told["state"], told["code"]) == ("failed", "upload.sha256_differs")
    assert not Submission.objects.exists()
    assert lake_rows(home) == []


def test_the_job_may_run_twice(sender: Sender, home: Home) -> None:
    upload_id = sender.announce(len(BODY), BODY)["Location"].rpartition("/")[2]
    take_upload(upload_id, facts=FACTS)
    first = Upload.objects.get().submissions
    # The worker was killed after the load and before it could say so.
    path_of(upload_id).write_bytes(BODY)
    Upload.objects.update(state="checking", submissions=[])
    take_upload(upload_id, facts=FACTS)
    assert Upload.objects.get().submissions == first
    assert Submission.objects.count() == 1
    assert len(lake_rows(home)) == 2


def test_mode_test_stores_nothing_anywhere(sender: Sender, home: Home) -> None:
    told = sender.send(BODY, mode="test")
    assert told["state"] == "done"
    assert told["submissions"] == []
    assert told["result"]["rows"] == {"received": 4, "stored": 2, "duplicate": 0, "rejected": 2}
    (receipt,) = told["result"]["receipts"]
    assert receipt["state"] == "accepted"
    assert [row["line"] for row in receipt["rejected_rows"]] == [3, 4]
    assert NAME not in str(told)
    assert not Submission.objects.exists()
    assert not Violation.objects.exists()
    assert not PersonIdentity.objects.exists()
    assert not list(Lake(home.lake).root.rglob("*.parquet"))
    assert not list(home.rejected.iterdir())
    assert list(home.work.iterdir()) == []


def test_mode_test_judges_against_what_is_stored(sender: Sender, home: Home) -> None:
    sender.send(BODY)
    again = sender.send(content("1").replace(b"2024-06-03", b"2024-06-04"), mode="test", day="2024-06-04")
    assert again["result"]["rows"]["stored"] == 0


def test_mended_rows_come_back(sender: Sender, home: Home) -> None:
    first = sender.send(BODY)["submissions"][0]
    rejected = b"".join(sender.call("GET", f"/api/v1/submissions/{first}/rejected.csv").streaming_content)
    event = AuditEvent.objects.filter(verb="rejected.download").get()
    assert (event.subject, event.detail["rows"]) == (first, 2)
    mended = rejected.replace(b",x,", b",5,").replace(b",y,", b",oh,")
    tried = sender.send(mended, mode="test", amends=first)
    assert tried["result"]["rows"] == {"received": 2, "stored": 1, "duplicate": 0, "rejected": 1}
    assert counts(sender.receipt(first)) == [4, 2, 0, 2, 0]
    told = sender.send(mended, amends=first)
    second = sender.receipt(told["submissions"][0])
    assert (second["amends"], second["is_addition"]) == (first, True)
    assert counts(second) == [2, 1, 0, 1, 0]
    assert counts(sender.receipt(first)) == [4, 2, 0, 0, 2]
    assert [key for _, _, key in lake_rows(home)] == ["C0", "C1", "C3"]
    refused = sender.announce(10, amends=first)
    assert (refused.status_code, refused.json()["code"]) == (409, "amend.nothing")


def test_a_fault_of_the_file_is_a_refused_receipt(sender: Sender, home: Home) -> None:
    bomb = gzip.compress(content("1") + b"\n" * (64 << 20))
    several = io.BytesIO()
    with zipfile.ZipFile(several, "w") as archive:
        archive.writestr("../../a.csv", "x")
        archive.writestr("b.csv", "x")
    for body, code in (
        (b"no,head\n1,2\n", "file.no_header"),
        (bomb, "file.too_large"),
        (several.getvalue(), "file.zip_members"),
        (b"PK\x03\x04broken", "file.damaged"),
    ):
        told = sender.send(body)
        assert told["state"] == "done"
        receipt = sender.receipt(told["submissions"][0])
        assert (receipt["state"], receipt["error"]["code"]) == ("refused", code)
        assert told["id"] not in receipt["error"]["message"]
    assert lake_rows(home) == []


def test_a_zip_of_too_many_documents(sender: Sender) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(3):
            archive.writestr(f"../{number}.xml", "<a/>")
    told = sender.send(packed.getvalue(), filename="docs.zip", channel="document")
    receipts = [sender.receipt(item) for item in told["submissions"]]
    assert [item["state"] for item in receipts] == ["refused"] * 3
    assert sorted(item["file"] for item in receipts) == ["0.xml", "1.xml", "2.xml"]


def test_a_shared_document_tried_and_taken(sender: Sender, home: Home) -> None:
    body = DOCUMENT.read_bytes()
    tried = sender.send(body, filename="病历.xml", mode="test")
    assert not Submission.objects.exists()
    assert not list(home.documents.iterdir())
    told = sender.send(body, filename="病历.xml")
    taken = [sender.receipt(item) for item in told["submissions"]]
    assert [item["dataset"] for item in tried["result"]["receipts"]] == [item["dataset"] for item in taken]
    assert tried["result"]["rows"]["received"] == sum(item["rows"]["received"] for item in taken)


def test_receipts_as_files(sender: Sender) -> None:
    submission = sender.send(BODY)["submissions"][0]
    text = b"".join(sender.call("GET", f"/api/v1/submissions/{submission}/receipt.csv").streaming_content).decode()
    lines = text.splitlines()
    assert lines[:3] == ["\ufeff回执", "项目,内容", f"回执编号,{submission}"]
    assert "收到（条）,4" in lines
    assert "3,拒收,门诊费用金额,type,x,门诊费用金额（total_amount）应为数字" in lines
    book = load_workbook(io.BytesIO(sender.call("GET", f"/api/v1/submissions/{submission}/receipt.xlsx").content))
    assert book.sheetnames == ["回执", "问题", "未入库的行"]
    assert [cell.value for cell in book["未入库的行"][2]][:3] == [3, "拒收", "门诊费用金额"]


def test_lists_and_paging(sender: Sender) -> None:
    submission = sender.send(BODY)["submissions"][0]
    page = sender.call("GET", f"/api/v1/submissions?dataset={DATASET}&state=stored").json()
    assert [item["id"] for item in page["items"]] == [submission]
    assert sender.call("GET", "/api/v1/submissions?state=refused").json()["count"] == 0
    assert sender.call("GET", "/api/v1/submissions?page=9").json()["items"] == []
    assert sender.call("GET", "/api/v1/submissions?state=x").status_code == 422
    assert sender.call("GET", "/api/v1/uploads?state=done").json()["count"] == 1


def test_replay_is_a_job(sender: Sender) -> None:
    submission = sender.send(BODY)["submissions"][0]
    answer = sender.call("POST", f"/api/v1/submissions/{submission}/replay")
    assert answer.status_code == 202
    job = Job.objects.get(pk=answer.json()["job"])
    assert (job.task, job.payload["submission"]) == ("submission.replay", submission)
    assert sender.call("POST", f"/api/v1/submissions/{submission}/replay").json()["job"] == job.pk
    assert AuditEvent.objects.filter(verb="submission.replay").count() == 2


@pytest.mark.parametrize("part", ["", "/receipt.csv", "/receipt.xlsx", "/rejected.csv"])
def test_another_institutions_receipt_is_absent(sender: Sender, part: str) -> None:
    submission = sender.send(BODY)["submissions"][0]
    Submission.objects.update(institution_id=Submission.objects.get().institution_id + 1)
    answer = sender.call("GET", f"/api/v1/submissions/{submission}{part}")
    absent = sender.call("GET", f"/api/v1/submissions/{'0' * 26}{part}")
    assert (answer.status_code, answer.content) == (404, absent.content)
    assert AuditEvent.objects.filter(verb="access.refused").count() == 1
