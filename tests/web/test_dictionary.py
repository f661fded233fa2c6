"""The dictionary: what its pages say, what they give away, and what they answer to names that do not exist."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from urllib.parse import quote

import openpyxl
import pytest
from django.test import Client
from tests.cast import HOSPITAL, reader, submission

from kangqiao.engine.validation.counting import count
from kangqiao.engine.validation.judge import Arrival, Judge
from kangqiao.intake.models import Violation
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.pages import shelves

pytestmark = pytest.mark.django_db

LAB = "/standards/datasets/lab_report/"


@pytest.fixture
def signed_in(client: Client) -> Client:
    client.force_login(reader())
    return client


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def heading(page: str) -> str:
    found = re.search("<h1>(.*?)</h1>", page)
    assert found is not None
    return found[1]


def test_a_stranger_is_asked_for_an_account(client):
    for address in ("/standards/", LAB, f"{LAB}rules/id_sex/", f"{LAB}template.csv", "/standards/value-sets/"):
        response = client.get(address)
        assert (response.status_code, response.headers["Location"]) == (302, f"/sign-in/?next={address}")


def test_the_contents_list_every_dataset_once_by_category(signed_in):
    page = text_of(signed_in, "/standards/")
    known = catalogue()
    rules = sum(len(item.rules) for item in known.datasets.values())
    fields = sum(len(item.fields) for item in known.datasets.values())
    assert (
        f"{len(known.datasets)} 个数据集，{fields:,} 个字段，{rules:,} 条规则，{len(known.value_sets)} 个值域。" in page
    )
    assert re.findall(r'<a href="/standards/datasets/(\w+)/">', page) == [
        line.name for shelf in shelves(known) for line in shelf.datasets
    ]
    assert '<td class="number">11</td><td class="number">5</td><td>医院（定时按月）；区平台（定时按月）</td>' in page
    assert re.findall(r"<h2>(.*?)</h2>", page) == [shelf.title for shelf in shelves(known)]


def test_every_page_leads_to_the_dictionary(signed_in):
    page = text_of(signed_in, "/")
    assert '<a href="/standards/">数据字典</a>' in page
    assert '<a class="btn" href="/standards/">查数据字典</a>' in page


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("检验报告", LAB),
        ("lab_report", LAB),
        ("HDSD00.05.002", f"{LAB}#field-sampled_at"),
        ("DE04.50.137.00", f"{LAB}#field-sampled_at"),
        ("接收标本时间早于采样时间", f"{LAB}rules/sample_receive_order/"),
        ("sample_receive_order", f"{LAB}rules/sample_receive_order/"),
        ("GBT2261.1-2003", "/standards/value-sets/GBT2261.1-2003/"),
        ("未说明的性别", "/standards/value-sets/GBT2261.1-2003/?q=9"),
    ],
)
def test_a_search_leads_to_what_was_meant(signed_in, words, address):
    page = text_of(signed_in, f"/standards/?q={quote(words)}")
    assert heading(page) == f"查找“{words}”"
    assert f'<th scope="row"><a href="{address}">' in page
    assert f'value="{words}"' in page


def test_a_search_shows_twenty_of_a_kind_and_all_on_demand(signed_in):
    page = text_of(signed_in, f"/standards/?q={quote('性别代码')}")
    total = int(re.search(r"<h2>字段</h2><span class=\"quiet\">共 (\d+) 处，列出前 20 处", page)[1])
    fields = text_of(signed_in, f"/standards/?q={quote('性别代码')}&kind=field")
    assert fields.count("#field-") == total
    assert re.findall("<h2>(.*?)</h2>", fields) == ["字段"]


def test_a_search_that_finds_nothing_says_what_to_do(signed_in):
    page = text_of(signed_in, "/standards/?q=qqqq")
    assert "没有与“qqqq”相符的数据集、字段、规则、值域或代码。" in page
    assert "<script>" not in text_of(signed_in, "/standards/?q=<script>x")


def test_a_dataset_says_what_to_send(signed_in):
    page = text_of(signed_in, LAB)
    assert heading(page) == '检验报告 <span class="quiet code h1-code">lab_report</span>'
    assert "一行是一条检验报告，由检验报告单编号唯一确定；归入检验报告日期时间所在的日期。" in page
    assert "<dd>WS 445.4-2014 第4部分：检查检验记录 HDSD00.05 检验记录</dd>" in page
    assert "<dd>医院（定时按日、实时）；区平台（定时按日、实时）</dd>" in page
    names = [item.name for item in catalogue().dataset("lab_report").fields]
    assert re.findall(r'<tr id="field-(\w+)">', page) == names
    sex = re.search(r'<tr id="field-sex">.*?</tr>', page)[0]
    assert '<th scope="row">性别代码<span class="quiet code rule-code">sex</span></th>' in sex
    assert '<span class="state state-must">必填</span>' in sex
    assert "代码：填值域 GBT2261.1-2003 中的代码" in sex
    assert '<a href="/standards/value-sets/GBT2261.1-2003/">人的性别代码</a>' in sex
    assert '<td class="code">DE02.01.040.00（2011）</td><td class="code">HDSD00.05.069</td>' in sex
    person = re.search(r'<tr id="field-id_no">.*?</tr>', page)[0]
    assert "能识别个人：证件号码" in person
    assert "居民身份证校验码（GB 11643）" in person


def test_a_dataset_lists_its_references_rules_and_checks(signed_in):
    page = text_of(signed_in, LAB)
    assert '<a href="/standards/datasets/outpatient_visit/">门急诊就诊记录</a></td><td>门（急）诊号</td>' in page
    assert '<a href="/standards/datasets/lab_result_item/">检验结果明细</a>' in page
    rules = [rule.code for rule in catalogue().dataset("lab_report").rules]
    assert re.findall(r"lab_report/rules/(\w+)/", page) == rules
    assert re.findall(r'<tr id="check-(\w+)">', page) == [
        *("required", "type", "format", "length", "value_set", "checksum", "event_day", "reference", "duplicate"),
        *("ragged", "unclosed_quote", "too_long"),
    ]


def test_the_example_rows_are_clean(signed_in, tmp_path):
    for name in ("lab_report", "outpatient_visit", "hypertension_followup"):
        response = signed_in.get(f"/standards/datasets/{name}/example.csv")
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}.example.csv"'
        path = tmp_path / f"{name}.csv"
        path.write_bytes(response.content)
        with Judge(catalogue().dataset(name), catalogue().value_sets, tmp_path) as judge:
            judge.read(Arrival(0, path))
            judge.resolve()
            verdict = count(judge)[0]
        assert verdict.rows() == {"received": 3, "accepted": 3, "rejected": 0, "duplicate": 0}
        assert verdict.violations == ()


def test_a_rule_says_why_a_row_is_refused_and_how_to_mend_it(signed_in):
    page = text_of(signed_in, f"{LAB}rules/sample_receive_order/")
    assert heading(page) == "接收标本时间早于采样时间"
    assert "有这个问题的行拒收，不入库。" in page
    assert (
        "<dd>与原始记录核对“标本采样日期时间”、“接收标本日期时间”，改正填错的一项，"
        "然后把这一天的数据整份重新上传；重传会替换原来的一份。</dd>" in page
    )
    assert "<code>sampled_at &lt;= received_at</code>" in page
    rows = re.findall(r'<tr><th scope="row"><span class="state ?\S*">(.*?)</span></th>(.*?)</tr>', page)
    drawn = [(verdict, *re.findall('<td class="code">(.*?)</td>', cells)) for verdict, cells in rows]
    assert drawn == [
        ("合格", "20240601T080000", "20240601T090000"),
        ("合格", "20240601T080000", "20240601T080000"),
        ("不合格", "20240601T090000", "20240601T080000"),
        ("不适用", '<span class="quiet">（没有填）</span>', "20240601T080000"),
        ("不适用", "20240601T080000", '<span class="quiet">（没有填）</span>'),
    ]
    assert f'<a class="btn" rel="next" href="{LAB}rules/receive_report_order/">' in page


def test_codes_in_drawn_rows_are_named(signed_in):
    page = text_of(signed_in, f"{LAB}rules/id_sex/")
    assert '<td class="code">1<span class="quiet"> 男性</span></td>' in page


def test_a_value_set_and_a_search_within(signed_in):
    page = text_of(signed_in, "/standards/value-sets/GBT2261.1-2003/")
    assert heading(page) == '人的性别代码 <span class="quiet code h1-code">GBT2261.1-2003</span>'
    assert "<dd>GB/T 2261.1-2003</dd>" in page
    codes = re.compile(r'<th scope="row" class="code">(\d)</th><td class="words">(.*?)</td>')
    everything = [("0", "未知的性别"), ("1", "男性"), ("2", "女性"), ("9", "未说明的性别")]
    assert codes.findall(page) == everything
    assert '<a href="/standards/datasets/bed/' not in page
    assert f'<a href="{LAB}#field-sex">检验报告 · 性别代码</a>' in page
    found = text_of(signed_in, f"/standards/value-sets/GBT2261.1-2003/?q={quote('女')}")
    assert codes.findall(found) == [("2", "女性")]
    assert "没有与“x”相符的代码。" in text_of(signed_in, "/standards/value-sets/GBT2261.1-2003/?q=x")


def test_all_value_sets(signed_in):
    page = text_of(signed_in, "/standards/value-sets/")
    assert re.findall('<th scope="row"><a href="/standards/value-sets/(.*?)/">', page) == list(catalogue().value_sets)


@pytest.mark.parametrize(
    ("address", "said", "near"),
    [
        ("/standards/datasets/lab_reprt/", "没有名为“lab_reprt”的数据集。", LAB),
        ("/standards/datasets/检验报告/", "没有名为“检验报告”的数据集。", LAB),
        ("/standards/datasets/lab_reprt/template.csv", "没有名为“lab_reprt”的数据集。", LAB),
        (f"{LAB}rules/id_sx/", "没有名为“id_sx”的检验报告的规则。", f"{LAB}rules/id_sex/"),
        ("/standards/value-sets/GBT2261.1/", "没有名为“GBT2261.1”的值域。", "/standards/value-sets/GBT2261.1-2003/"),
    ],
)
def test_a_name_that_does_not_exist_is_answered_with_near_ones(signed_in, address, said, near):
    page = text_of(signed_in, address, 404)
    assert heading(page) == "没有找到这个名称"
    assert said in page
    assert f'<li><a href="{near}">' in page


def test_a_name_like_no_other(signed_in):
    assert "也没有与它相近的名称。" in text_of(signed_in, "/standards/datasets/00/", 404)


def test_downloads_of_a_dataset(signed_in):
    titles = [item.title for item in catalogue().dataset("bed").fields]
    names = [item.name for item in catalogue().dataset("bed").fields]
    chinese = signed_in.get("/standards/datasets/bed/template.csv")
    assert chinese.headers["Content-Disposition"] == 'attachment; filename="bed.csv"'
    assert chinese.content == b"\xef\xbb\xbf" + (",".join(titles) + "\r\n").encode()
    assert signed_in.get("/standards/datasets/bed/template.en.csv").content == (",".join(names) + "\r\n").encode()
    schema = signed_in.get("/standards/datasets/bed/schema.json").json()
    assert (schema["name"], schema["primaryKey"]) == ("bed", list(catalogue().dataset("bed").key))
    codes = signed_in.get("/standards/value-sets/local.bed_state/codes.csv").content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(codes))) == [["代码", "名称"], ["1", "空闲"], ["2", "占用"], ["3", "停用"]]


def test_the_workbook_and_the_package(signed_in):
    book = openpyxl.load_workbook(io.BytesIO(signed_in.get("/standards/data-dictionary.xlsx").content), read_only=True)
    assert book.sheetnames[0] == "目录"
    assert len(book.sheetnames) >= len(catalogue().datasets) + 3
    package = signed_in.get("/standards/package.zip")
    assert package.headers["Content-Disposition"] == 'attachment; filename="kangqiao-standards.zip"'
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        held = set(archive.namelist())
    expected = {"data-dictionary.xlsx", "datapackage.json", "templates/bed.csv", "schemas/bed.json", "pages/bed.md"}
    assert expected - held == set()


def test_a_receipt_leads_to_the_dataset_and_to_each_rule(signed_in):
    item = submission(HOSPITAL, "lab_report", date(2024, 6, 3), received=10, rejected=2)
    shown = {"dimension": "usability", "severity": "error", "rows": 1, "denominator": 10}
    Violation.objects.create(submission=item, rule="id_sex", field="sex", **shown)
    Violation.objects.create(submission=item, rule="required", field="report_no", **shown)
    Violation.objects.create(submission=item, rule="gone", field="sex", **shown)
    page = text_of(signed_in, f"/submissions/{item.pk}/")
    assert f'<a href="{LAB}">检验报告</a>' in page
    assert f'<a href="{LAB}rules/id_sex/">id_sex</a>' in page
    assert f'<a href="{LAB}#check-required">required</a>' in page
    assert '<span class="quiet code rule-code">gone</span>' in page
    unknown = submission(HOSPITAL, "no_such", date(2024, 6, 3))
    assert "/standards/datasets/no_such/" not in text_of(signed_in, f"/submissions/{unknown.pk}/")
