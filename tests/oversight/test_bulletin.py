"""The month's tables, and the forms they are given in."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from tests.cast import DISTRICT, HOSPITAL, JUNE, OTHER_HOSPITAL, counted

from kangqiao.oversight.bulletin.documents import html_document, json_document, text_document, xlsx_document
from kangqiao.oversight.bulletin.queries import bulletin_tables
from kangqiao.registry.actions import ensure_institutions

pytestmark = pytest.mark.django_db


@pytest.fixture
def june():
    ensure_institutions()
    first, second, last = date(2024, 6, 1), date(2024, 6, 2), date(2024, 6, 30)
    counted(HOSPITAL, "outpatient_visit", first, received=1200, rejected=100)
    counted(HOSPITAL, "outpatient_visit", last, received=800, duplicate=50)
    counted(HOSPITAL, "outpatient_charge", first, received=10, measures={"total_amount": "1000000.005"})
    counted(HOSPITAL, "outpatient_charge", second, received=10, measures={"total_amount": "2343004.995"})
    counted(HOSPITAL, "inpatient_discharge", first, received=7)
    counted(HOSPITAL, "outpatient_visit", first, received=5, channel="realtime")
    counted(HOSPITAL, "lab_report", first, received=5, channel="realtime")
    counted(HOSPITAL, "lab_report", last, received=5, channel="realtime")
    counted(HOSPITAL, "exam_report", second, received=0, channel="realtime")
    counted(DISTRICT, "inpatient_charge", first, received=4, rejected=4)
    counted(DISTRICT, "bed", date(2024, 5, 31), received=300)
    counted(DISTRICT, "bed", date(2024, 7, 1), received=900)
    return bulletin_tables(JUNE)


def test_titles_and_heads_are_those_of_the_published_tables(june):
    assert [table.title for table in june] == [
        "2024年6月各区数据采集情况",
        "2024年6月医院数据采集情况",
        "截至2024年6月底累计校验入库数据量",
    ]
    assert [column.head for column in june[1].columns] == [
        "医院名称", "定时数据上传量（条）", "实时数据上传天数", "实时数据上传表单数",
        "门诊人次", "门诊收入（千元）", "出院人次", "住院收入（千元）",
    ]  # fmt: skip


def test_every_active_institution_has_a_row_in_the_published_order(june):
    assert [len(table.rows) for table in june] == [12, 39, 3]
    assert [table.rows[0][0] for table in june[:2]] == [DISTRICT, HOSPITAL]
    assert june[1].rows[1] == (OTHER_HOSPITAL, 0, 0, "0/11", 0, "/", 0, "/")


def test_the_figures_of_a_month(june):
    # 1,000,000.005 + 2,343,004.995 = 3,343,005.000 yuan: 3,343.005 thousand, half up.
    assert june[1].rows[0] == (HOSPITAL, 2027, 2, "2/11", 1850, Decimal("3343.01"), 7, "/")


def test_charges_that_were_all_rejected_are_an_income_of_nought_and_not_silence(june):
    assert june[0].rows[0] == (DISTRICT, 4, 0, "0/11", 0, "/", 0, Decimal("0.00"))


def test_stored_rows_run_up_to_the_end_of_the_month(june):
    assert june[2].rows == (("定时数据", 1877, 2177), ("实时数据", 15, 15), ("合计", 1892, 2192))


def test_text_is_aligned_by_display_width(june):
    lines = text_document(june).splitlines()
    assert lines[0] == "2024年6月各区数据采集情况"
    hospital = next(line for line in lines if line.startswith(HOSPITAL))
    assert hospital.split() == [HOSPITAL, "2,027", "2", "2/11", "1,850", "3,343.01", "7", "/"]
    head = next(line for line in lines if line.startswith("医院名称"))
    assert hospital.index("2,027") + len("2,027") + len(HOSPITAL) == 26 + 2 + 20
    assert head.index("定时数据上传量（条）") == 26 + 2 - len("医院名称")


def test_json_has_counts_as_numbers_and_income_as_printed(june):
    data = json.loads(json_document(june))
    assert list(data[1]) == ["title", "columns", "rows"]
    assert data[1]["rows"][0] == [HOSPITAL, 2027, 2, "2/11", 1850, "3343.01", 7, "/"]
    assert data[1]["columns"][5] == "门诊收入（千元）"


def test_html_is_one_page_with_all_tables_and_nothing_from_elsewhere(june):
    page = html_document(JUNE, june)
    assert page.count("<table") == 3
    assert '<td class="number">3,343.01</td>' in page
    assert "http" not in page
    assert "src=" not in page


def test_the_workbook_has_a_sheet_a_table_and_numbers_that_add_up(june):
    book = openpyxl.load_workbook(BytesIO(xlsx_document(JUNE, june)))
    assert book.sheetnames == ["各区", "医院", "累计入库"]
    sheet = book["医院"]
    assert sheet["A1"].value == "2024年6月医院数据采集情况"
    assert [cell.value for cell in sheet[3]] == [HOSPITAL, 2027, 2, "2/11", 1850, 3343.01, 7, "/"]


def test_the_same_month_gives_the_same_bytes(june):
    assert xlsx_document(JUNE, june) == xlsx_document(JUNE, bulletin_tables(JUNE))
    assert html_document(JUNE, june) == html_document(JUNE, bulletin_tables(JUNE))


def test_a_month_without_data_has_rows_of_noughts():
    ensure_institutions()
    tables = bulletin_tables(date(2030, 1, 1))
    assert tables[0].rows[0] == (DISTRICT, 0, 0, "0/11", 0, "/", 0, "/")
    assert tables[2].rows[2] == ("合计", 0, 0)
