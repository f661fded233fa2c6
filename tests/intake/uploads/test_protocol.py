"""The tus protocol: what is taken, what is refused, and that nothing happens when it is refused."""

from __future__ import annotations

import base64
import hashlib

import pytest
from tests.intake.outbox import CHILDREN
from tests.intake.uploads.conftest import NAME, Sender, content, sender_of

from kangqiao.base.home import Home
from kangqiao.intake.uploads import protocol
from kangqiao.intake.uploads.actions import expire_uploads
from kangqiao.intake.uploads.models import Upload
from kangqiao.intake.uploads.storage import lock_file, path_of
from kangqiao.jobs.models import Job

BODY = content("12.50", "7")


def checksum(body: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, body).digest()).decode()}"


def test_what_the_server_can_do(sender: Sender) -> None:
    answer = sender.call("OPTIONS", "/api/v1/uploads")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,creation-with-upload,checksum,expiration,termination"
    assert answer["Tus-Checksum-Algorithm"] == "sha256,sha1"


def test_a_file_in_pieces(sender: Sender) -> None:
    announced = sender.announce(len(BODY))
    assert (announced.status_code, announced["Upload-Offset"]) == (201, "0")
    address = announced["Location"]
    first = sender.patch(address, 0, BODY[:50])
    assert (first.status_code, first["Upload-Offset"]) == (204, "50")
    assert sender.offset(address) == 50
    last = sender.patch(address, 50, BODY[50:], Upload_Checksum=checksum(BODY[50:], "sha1"))
    assert (last.status_code, last["Upload-Offset"]) == (204, str(len(BODY)))
    upload = Upload.objects.get()
    assert (upload.state, upload.dataset, str(upload.day)) == ("waiting", "outpatient_charge", "2024-06-03")
    assert path_of(upload.pk).read_bytes() == BODY
    assert path_of(upload.pk).stat().st_mode & 0o777 == 0o600
    assert Job.objects.filter(task="upload.take").count() == 1


@pytest.mark.parametrize(
    ("offset", "body", "headers", "status", "code"),
    [
        (0, b"abc", {}, 409, "upload.offset"),
        (11, b"abc", {}, 409, "upload.offset"),
        (10, b"x" * len(BODY), {}, 413, "upload.too_long"),
        (10, b"abc", {"Upload_Checksum": checksum(b"abd")}, 460, "upload.checksum_differs"),
        (10, b"abc", {"Upload_Checksum": "md5 kAFQmDzST7DWlj99KOF/cg=="}, 400, "upload.checksum_algorithm"),
        (10, b"abc", {"Upload_Checksum": "sha256 not base64"}, 400, "upload.checksum_header"),
        (10, b"abc", {"Upload_Checksum": "sha256 YWJj"}, 400, "upload.checksum_header"),
        (10, b"abc", {"Content-Type": "text/plain"}, 415, "upload.content_type"),
        (10, b"abc", {"Tus_Resumable": "0.2"}, 412, "upload.version"),
        (10, b"abc", {"Upload_Offset": "-1"}, 400, "upload.header"),
        (10, b"abc", {"Upload_Offset": "１０"}, 400, "upload.header"),
    ],
)
def test_a_piece_that_is_refused_changes_nothing(
    sender: Sender, offset: int, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    address = sender.announce(len(BODY), BODY[:10])["Location"]
    answer = sender.call("PATCH", address, body, **{"Upload_Offset": str(offset), **headers})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert sender.offset(address) == 10
    assert sender.patch(address, 10, BODY[10:]).status_code == 204


def test_what_was_never_acknowledged_is_cut_off(sender: Sender) -> None:
    address = sender.announce(len(BODY), BODY[:10])["Location"]
    with path_of(address.rpartition("/")[2]).open("ab") as handle:
        handle.write(b"written, and then the power went")
    assert sender.offset(address) == 10
    sender.patch(address, 10, BODY[10:])
    assert path_of(address.rpartition("/")[2]).read_bytes() == BODY


def test_one_writer_at_a_time(sender: Sender) -> None:
    address = sender.announce(len(BODY))["Location"]
    with lock_file(address.rpartition("/")[2]):
        for method in ("PATCH", "DELETE"):
            answer = sender.call(method, address, b"abc", Upload_Offset="0")
            assert (answer.status_code, answer.json()["code"]) == (423, "upload.locked")
    assert sender.patch(address, 0, b"abc").status_code == 204


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"filename": "../../etc/passwd"}, "upload.filename"),
        ({"filename": "..\\boot.ini"}, "upload.filename"),
        ({"filename": ".."}, "upload.filename"),
        ({"filename": ".hidden.csv"}, "upload.filename"),
        ({"filename": "长" * 86}, "upload.filename"),
        ({"filename": "a\nb.csv"}, "upload.metadata"),
        ({"filename": "a\u202eb.csv"}, "upload.metadata"),
        ({"mode": "dry"}, "upload.mode"),
        ({"channel": "fax"}, "upload.channel"),
        ({"day": "2024-02-30"}, "upload.day"),
        ({"dataset": "nothing"}, "dataset.unknown"),
        ({"sha256": "abc"}, "upload.sha256"),
        ({"institution": CHILDREN}, "institution.unknown"),
    ],
)
def test_an_announcement_that_is_refused(sender: Sender, values: dict[str, str], code: str) -> None:
    answer = sender.announce(10, **values)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["filename", "filename !!!", "filename /w==", "a b,a b", "x" * 9000, "filename QQ==,filename QQ==", "名 QQ=="],
)
def test_metadata_that_is_garbage(sender: Sender, text: str) -> None:
    answer = sender.call("POST", "/api/v1/uploads", Upload_Length="1", Upload_Metadata=text)
    assert answer.status_code == 400
    assert answer.json()["code"] in {"upload.metadata", "upload.filename"}
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("length", "status"), [("-1", 400), ("1e3", 400), ("", 400), ("99999999999999999999", 400), (str(9 << 30), 413)]
)
def test_a_length_that_is_refused(sender: Sender, length: str, status: int) -> None:
    answer = sender.call("POST", "/api/v1/uploads", Upload_Length=length, Upload_Metadata="filename QQ==")
    assert answer.status_code == status


def test_too_many_open_uploads(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANGQIAO_UPLOAD_MAX_OPEN", "2")
    assert protocol.limits().max_open == 2
    assert [sender.announce(10).status_code for _ in range(3)] == [201, 201, 429]
    assert Upload.objects.count() == 2


def test_a_thousand_crumbs(sender: Sender) -> None:
    address = sender.announce(2000)["Location"]
    Upload.objects.update(pieces=499)
    assert sender.patch(address, 0, b"x").status_code == 204
    answer = sender.patch(address, 1, b"x")
    assert (answer.status_code, answer.json()["code"]) == (429, "upload.pieces_too_many")
    assert sender.offset(address) == 1


def test_giving_up_and_expiring(sender: Sender, home: Home) -> None:
    given_up, late = (sender.announce(10)["Location"] for _ in range(2))
    assert sender.call("DELETE", given_up).status_code == 204
    item = Upload.objects.get(pk=late.rpartition("/")[2])
    assert expire_uploads(now=item.expires_at) == 1
    for address in (given_up, late):
        assert sender.call("HEAD", address).status_code == 410
        assert sender.patch(address, 0, b"x").status_code == 410
        assert sender.call("GET", address).json()["state"] == "expired"
    assert not path_of(given_up.rpartition("/")[2]).exists()


def test_a_complete_upload_takes_no_more(sender: Sender) -> None:
    address = sender.announce(len(BODY), BODY)["Location"]
    assert sender.patch(address, len(BODY), b"").status_code == 204
    assert sender.patch(address, len(BODY), b"x").status_code == 413
    assert sender.patch(address, 0, BODY).status_code == 409
    assert sender.call("DELETE", address).status_code == 409


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "DELETE"])
def test_another_institutions_is_absent(sender: Sender, method: str) -> None:
    address = sender.announce(len(BODY))["Location"]
    other = sender_of(CHILDREN, sender.client)
    foreign = other.call(method, address, b"x", Upload_Offset="0")
    absent = other.call(method, "/api/v1/uploads/" + "0" * 26, b"x", Upload_Offset="0")
    assert (foreign.status_code, foreign.content) == (404, absent.content)
    assert sender.offset(address) == 0


def test_a_key_for_some_datasets(sender: Sender) -> None:
    narrow = sender_of(CHILDREN, sender.client, datasets=("lab_report",))
    assert narrow.announce(10).json()["code"] == "key.dataset"
    assert narrow.announce(10, filename="a.xml").json()["code"] == "key.dataset"
    assert not Upload.objects.exists()


def test_without_a_key(sender: Sender) -> None:
    answer = sender.client.post("/api/v1/uploads", headers={"Tus-Resumable": "1.0.0"})
    assert answer.status_code == 401
    assert NAME not in answer.content.decode()
