"""Tables prescribed, declared and uploaded, and the bulletin in the layout of 2020."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest
from tests.cast import DISTRICT, HOSPITAL, OTHER_HOSPITAL, counted, reader

from kangqiao.base.clock import BEIJING
from kangqiao.oversight.bulletin.documents import xlsx_document
from kangqiao.oversight.bulletin.queries import bulletin_tables
from kangqiao.oversight.bulletin.rules import Layout, layout_of
from kangqiao.oversight.statistics.queries import month_tables, prescribed_tables
from kangqiao.registry.actions import declare_datasets, ensure_institutions
from kangqiao.registry.queries import institution_by_text

pytestmark = pytest.mark.django_db
MAY = date(2020, 5, 1)
DAY = date(2020, 5, 7)
DISTRICTS = len(prescribed_tables("district"))
HOSPITALS = len(prescribed_tables("hospital"))


def declare(name, *datasets, month=MAY):
    at = datetime(2020, 5, 2, tzinfo=BEIJING)
    declare_datasets(institution_by_text(name), datasets, month=month, at=at)


@pytest.fixture
def may():
    ensure_institutions()
    counted(HOSPITAL, "lab_report", DAY, received=100, rejected=3)
    counted(HOSPITAL, "outpatient_visit", DAY, received=40, rejected=1, duplicate=2)
    counted(HOSPITAL, "outpatient_visit", date(2020, 5, 8), received=10)
    counted(HOSPITAL, "exam_report", DAY, received=0)
    counted(HOSPITAL, "lab_report", date(2020, 4, 30), received=999)
    counted(OTHER_HOSPITAL, "inpatient_discharge", DAY, received=500)
    counted(DISTRICT, "resident_basic_info", date(2020, 3, 1), received=70)
    counted(DISTRICT, "resident_basic_info", DAY, received=30, rejected=1, duplicate=4)
    counted(DISTRICT, "resident_basic_info", date(2020, 6, 1), received=8)
    counted(DISTRICT, "hypertension_followup", DAY, received=9)
    declare(HOSPITAL, "lab_report", "exam_report", "outpatient_visit")
    declare(DISTRICT, "resident_basic_info", month=date(2020, 1, 1))
    return bulletin_tables(MAY)


def test_a_month_of_2020_is_printed_as_in_2020():
    assert layout_of(date(2023, 12, 1)) is Layout.OF_2020
    assert layout_of(date(2024, 1, 1)) is Layout.OF_2024


def test_heads_of_2020(may):
    assert [column.head for column in may[0].columns] == [
        "区名称", "申报表数/应报表数", "上传表数", "上传数据量（条）", "上传天数", "门诊人次", "出院人次",
        "健康档案—个人基本信息", "健康档案—高血压", "健康档案—糖尿病",
    ]  # fmt: skip
    assert [column.head for column in may[1].columns][2] == "上传表数（CDA）"


def test_hospitals_stand_in_the_order_of_their_rows(may):
    assert may[1].rows[:3] == (
        (OTHER_HOSPITAL, f"未反馈/{HOSPITALS}", 1, 500, 1, 0, 500),
        (HOSPITAL, f"3/{HOSPITALS}", 2, 150, 2, 47, 0),
        ("东部战区总医院", f"未反馈/{HOSPITALS}", 0, 0, 0, 0, 0),
    )


def test_health_records_are_those_stored_up_to_the_end_of_the_month(may):
    assert may[0].rows[0] == (DISTRICT, f"1/{DISTRICTS}", 2, 39, 1, 0, 0, 95, 9, 0)


def test_the_institutions_of_2020_are_listed_by_the_names_of_2020(may):
    names = [row[0] for row in may[1].rows]
    assert len(names) == 25
    assert {"南京市江北人民医院", "南京市职业病防治院", "江苏省级机关医院"} < set(names)
    assert "南京明基医院" not in names


def test_an_institution_that_is_not_listed_has_a_row_when_it_sends(may):
    counted("南京明基医院", "lab_report", DAY, received=5)
    assert bulletin_tables(MAY)[1].rows[2][:4] == ("南京明基医院", f"未反馈/{HOSPITALS}", 1, 5)


def test_missing_and_undeclared_tables(may):
    counted(HOSPITAL, "staff", DAY, received=1)
    coverage = next(item.coverage for item in month_tables(MAY) if item.institution == HOSPITAL)
    assert (coverage.missing, coverage.undeclared) == ({"exam_report"}, {"staff"})
    other = next(item.coverage for item in month_tables(MAY) if item.institution == OTHER_HOSPITAL)
    assert (other.declared, other.missing, other.undeclared) == (None, frozenset(), frozenset())


def test_either_layout_can_be_asked_for(may):
    assert bulletin_tables(MAY, Layout.OF_2024)[1].columns[1].title == "定时数据上传量"
    assert openpyxl.load_workbook(BytesIO(xlsx_document(MAY, may))).sheetnames == ["各区", "医院", "累计入库"]


def test_the_page_of_all_institutions_and_of_one(may, client):
    client.force_login(reader())
    page = client.get("/tables/2020-05/").content.decode()
    assert f'<td class="number">3/{HOSPITALS}</td><td class="number">2</td><td class="number">1</td>' in page
    one = client.get("/tables/2020-05/NJ-H01/").content.decode()
    assert "申报而未报 1 张" in one
    assert one.count("申报未报</strong>") == 1
    assert client.get("/tables/2020-05/NJ-X99/").status_code == 404


def test_the_pages_are_for_those_who_have_signed_in(may, client):
    for address in ("/tables/", "/tables/2020-05/", "/tables/2020-05/NJ-H01/"):
        assert client.get(address).status_code == 302
