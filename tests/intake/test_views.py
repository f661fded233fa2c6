"""The list of submissions, receipts, rejected rows."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from django.test import Client
from tests.cast import DISTRICT, HOSPITAL, MORNING, OTHER_HOSPITAL, reader, submission

from kangqiao.access.audit.models import AuditEvent
from kangqiao.base.home import current_home
from kangqiao.intake.masking import shown_row
from kangqiao.intake.models import Batch, SubmissionState, Violation
from kangqiao.intake.rejected import RejectedRow
from kangqiao.standards.catalogue import catalogue

pytestmark = pytest.mark.django_db
DAY = date(2024, 6, 3)
HEADER = ["charge_no", "patient_name", "id_no", "备注"]
CELLS = ["C1", "张三丰", "320102199001011235", "电话13912345678"]


@pytest.fixture
def signed_in(client: Client) -> Client:
    client.force_login(reader())
    return client


@pytest.fixture
def three(signed_in):
    return [
        submission(HOSPITAL, "outpatient_charge", DAY, received=1000, rejected=10, duplicate=5),
        submission(OTHER_HOSPITAL, "lab_report", date(2024, 6, 4), received=20, channel="realtime"),
        submission(DISTRICT, "bed", DAY, is_current=False, state=SubmissionState.REFUSED, refusal_message="=没有表头"),
    ]


def listed(client: Client, query: str, items: list) -> list[int]:
    page = client.get(f"/submissions/?{query}").content.decode()
    return [number for number, item in enumerate(items) if f'href="/submissions/{item.pk}/"' in page]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [0, 1, 2]),
        ("institution=NJ-H01", [0]),
        ("channel=realtime", [1]),
        ("dataset=bed", [2]),
        ("state=refused", [2]),
        ("day_from=2024-06-04", [1]),
        ("day_to=2024-06-03", [0, 2]),
        ("institution=NJ-H01&day_from=2024-06-04", []),
        ("institution=nobody", []),
        ("day_from=yesterday", []),
        ("day_from=2024-06-05&day_to=2024-06-01", []),
    ],
)
def test_the_list_is_narrowed_by_every_filter(signed_in, three, query, found):
    assert listed(signed_in, query, three) == found


def test_wrong_filters_are_named(signed_in, three):
    assert "数据日期从：日期请写成 2024-06-30" in signed_in.get("/submissions/?day_from=x").content.decode()
    page = signed_in.get("/submissions/?day_from=2024-06-05&day_to=2024-06-01").content.decode()
    assert "到：结束日期早于开始日期" in page
    assert "机构：没有这个选项，请重新选择" in signed_in.get("/submissions/?institution=x").content.decode()


def test_nothing_found_says_what_to_do(signed_in):
    assert "没有符合条件的上传记录。" in signed_in.get("/submissions/").content.decode()


def test_newest_first_fifty_a_page(signed_in):
    items = [submission(HOSPITAL, "bed", date(2024, 5, 1), received=1, is_current=False) for _ in range(51)]
    first = signed_in.get("/submissions/?dataset=bed").content.decode()
    assert "共 51 份，第 1–50 份" in first
    assert first.index(items[50].pk) < first.index(items[49].pk)
    assert 'href="/submissions/?dataset=bed&amp;page=2"' in first
    assert listed(signed_in, "dataset=bed&page=2", items) == [0]


def test_htmx_gets_the_results_alone(signed_in, three):
    headers = {"HX-Request": "true", "HX-Target": "results"}
    part = signed_in.get("/submissions/?channel=realtime", headers=headers).content.decode()
    assert "<html" not in part
    assert three[1].pk in part
    back = signed_in.get("/submissions/", headers=headers | {"HX-History-Restore-Request": "true"})
    assert "<html" in back.content.decode()


def test_the_export_has_exactly_what_is_listed(signed_in, three):
    response = signed_in.get("/submissions/export.csv?day_to=2024-06-03")
    text = b"".join(response.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff编号,")
    rows = list(csv.reader(StringIO(text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == [three[2].pk, three[0].pk]
    assert rows[2][2:7] == [HOSPITAL, "定时", "门急诊收费记录", "2024-06-03", "已入库"]
    assert rows[2][8:13] == ["1000", "985", "5", "10", "0"]
    assert rows[1][13] == "'=没有表头"


def receipt(**values) -> object:
    batch = Batch.objects.create(
        id="rejected".zfill(26), load_id="0" * 26, channel="scheduled", dataset="outpatient_charge", created_at=MORNING
    )
    filled = {"received": 1000, "rejected": 2, "duplicate": 3, "header": HEADER, "batch": batch, **values}
    item = submission(HOSPITAL, "outpatient_charge", DAY, **filled)
    keep_rejected(item)
    return item


def keep_rejected(item) -> None:
    """Rejected rows as the ledger keeps them: one whose identity number is wrong, one that is no row, and 43 more."""
    folder = current_home().rejected
    folder.mkdir(parents=True, exist_ok=True)
    target: Path = folder / f"{item.batch_id}.parquet"
    finding = "STRUCT(rule VARCHAR, field VARCHAR, value VARCHAR, message VARCHAR)[]"
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE kept (submission VARCHAR, fate VARCHAR, line BIGINT, cells VARCHAR[], raw VARCHAR, "
            f"raw_file VARCHAR, findings {finding})"
        )
        wrong = [{"rule": "checksum", "field": "id_no", "value": CELLS[2], "message": f"身份证 {CELLS[2]} 不对"}]
        ragged = [{"rule": "ragged", "field": "", "value": None, "message": "本行有 1 列，表头有 4 列"}]
        connection.execute("INSERT INTO kept VALUES (?, 'rejected', 2, ?, '', '', ?)", [item.pk, CELLS, wrong])
        connection.execute("INSERT INTO kept VALUES (?, 'rejected', 7, NULL, '李四光', '', ?)", [item.pk, ragged])
        connection.execute(
            "INSERT INTO kept SELECT ?, 'rejected', n, ?, '', '', [] FROM range(8, 51) AS more(n)", [item.pk, CELLS]
        )
        connection.execute(f"COPY kept TO '{target}' (FORMAT parquet)")


def test_a_receipt_adds_up(signed_in):
    item = receipt()
    page = signed_in.get(f"/submissions/{item.pk}/").content.decode()
    assert "收到 1,000 条，入库 995 条，" in page
    figures = [f"<dd>{n}<small>条</small></dd>" for n in ("1,000", "995", "3", "2")]
    places = [page.index(figure) for figure in figures]
    assert places == sorted(places)
    assert "门急诊收费记录" in page


def test_violations_are_shown_in_words_with_their_shares(signed_in):
    item = receipt()
    for rule, field, dimension, severity in (
        ("checksum", "id_no", "conformity", "error"),
        ("reference", "visit_no", "linkage", "warning"),
        ("gone", "", "usability", "warning"),
    ):
        Violation.objects.create(
            submission=item, rule=rule, field=field, dimension=dimension, severity=severity, rows=2, denominator=1000
        )
    page = signed_in.get(f"/submissions/{item.pk}/").content.decode()
    assert "校验位不对" in page
    assert "<td>身份证件号码</td><td>规范性</td>" in page
    assert "门（急）诊号在就诊记录中不存在" in page
    assert "<td>整行</td><td>可用性</td>" in page
    assert page.count('<td class="number">0.20%</td>') == 3


def test_rejected_rows_show_nobody(signed_in):
    item = receipt()
    page = signed_in.get(f"/submissions/{item.pk}/").content.decode()
    for hidden in ("张三丰", "320102199001011235", "13912345678", "李四光"):
        assert hidden not in page
    assert '<td class="code">C1</td><td class="code">张**</td><td class="code">3201**********1235</td>' in page
    assert "身份证 3201**********1235 不对" in page
    assert "这一行的列数与表头不符" in page


@pytest.mark.parametrize(
    ("head", "value", "shown"),
    [
        ("patient_name", "欧阳娜娜", "欧***"),
        ("门诊费用金额", "88.00", "88.00"),
        ("院内备注", "张三", "张*"),
        ("sex", "32010219900101123X", "3201**********123X"),
        ("department_name", "请电13912345678联系", "请电139******78联系"),
        ("department_name", "长" * 90, "长" * 80 + "…"),
        ("department_name", None, ""),
    ],
)
def test_a_cell_shows_what_its_head_allows_and_never_a_number_of_a_person(head, value, shown):
    row = RejectedRow(2, [value], "", "", ())
    assert shown_row(row, [head], catalogue().dataset("outpatient_charge")).cells == [shown]


def test_cells_of_an_unknown_dataset_or_beyond_the_header_are_masked():
    row = RejectedRow(2, ["张三", "李四"], "", "", ())
    assert shown_row(row, ["sex"], None).cells == ["张*", "李*"]
    assert shown_row(row, ["department_name"], catalogue().dataset("outpatient_charge")).cells == ["张三", "李*"]


def test_the_sender_downloads_the_rejected_rows_unmasked_and_that_is_noted(signed_in):
    item = receipt()
    response = signed_in.get(f"/submissions/{item.pk}/rejected.csv")
    text = b"".join(response.streaming_content).decode("utf-8")
    rows = list(csv.reader(StringIO(text.removeprefix("\ufeff"))))
    assert text.startswith("\ufeff")
    assert rows[0] == ["_line", "_rule", "_message", *HEADER]
    assert rows[1] == ["2", "checksum", "身份证 320102199001011235 不对", *CELLS]
    event = AuditEvent.objects.get(verb="rejected.download")
    assert (event.name, event.subject, event.institution_id) == ("reader", item.pk, item.institution_id)
    assert response.headers["Content-Disposition"].startswith('attachment; filename="rejected-')


def test_htmx_pages_through_the_rejected_rows_alone(signed_in):
    item = receipt(rejected=45)
    headers = {"HX-Request": "true", "HX-Target": "rejected"}
    part = signed_in.get(f"/submissions/{item.pk}/?page=3", headers=headers).content.decode()
    assert "<html" not in part
    assert "第 3 / 3 页" in part
    assert "共 45 条，第 41–45 条" in part


def test_a_replaced_receipt_and_its_successor_name_each_other(signed_in):
    old = submission(HOSPITAL, "bed", DAY, received=7, is_current=False, state=SubmissionState.SUPERSEDED)
    new = submission(HOSPITAL, "bed", DAY, received=8, replaces=old, superseded=7)
    assert f'href="/submissions/{new.pk}/"' in signed_in.get(f"/submissions/{old.pk}/").content.decode()
    page = signed_in.get(f"/submissions/{new.pk}/").content.decode()
    assert f'href="/submissions/{old.pk}/"' in page
    assert "原有 7 条作废" in page


def test_a_refused_file_says_why_and_shows_no_sums(signed_in, three):
    page = signed_in.get(f"/submissions/{three[2].pk}/").content.decode()
    assert "整份拒收，没有任何数据入库。" in page
    assert "=没有表头" in page
    assert 'class="tiles' not in page


def test_an_absent_receipt_is_not_found_and_a_stranger_learns_nothing(client, signed_in):
    assert signed_in.get("/submissions/nothing/rejected.csv").status_code == 404
    item = receipt()
    stranger = Client()
    for address in (f"/submissions/{item.pk}/", f"/submissions/{item.pk}/rejected.csv", "/submissions/nothing/"):
        response = stranger.get(address)
        assert (response.status_code, response.content) == (302, b"")
