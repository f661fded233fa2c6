"""Good documents: every type made by the writer, five types written by hand; what is read, and read-write-read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.cda.making import CORPUS, HOSPITAL, clean_rows

from kangqiao.engine.cda.definitions import document_types
from kangqiao.engine.cda.documents import Document, read_document
from kangqiao.engine.cda.writing import default_header, document_groups, write_document
from kangqiao.standards.model import Severity

TYPES = sorted(document_types())
HAND = sorted(path.name for path in (CORPUS / "hand").glob("*.xml"))


def hand(name: str) -> Document:
    return read_document((CORPUS / "hand" / name).read_bytes())


def errors(document: Document) -> list[str]:
    return [item.code for item in document.findings if item.severity is Severity.ERROR]


def test_there_are_53_types_and_all_are_mapped() -> None:
    assert [f"C{number:04d}" for number in range(1, 54)] == TYPES
    assert [code for code, kind in document_types().items() if not kind.is_mapped] == []


@pytest.mark.parametrize("code", TYPES)
def test_a_written_document_is_read_without_an_error(code: str) -> None:
    document = read_document((CORPUS / "written" / f"{code}.xml").read_bytes())
    assert document.kind.code == code
    assert errors(document) == []
    assert {item.code for item in document.findings} <= {
        "cda.author_missing",
        "cda.signature_missing",
        "cda.section_missing",
        "cda.patient_id_missing",
    }


@pytest.mark.parametrize("code", TYPES)
def test_clean_rows_come_back_and_the_bytes_too(code: str) -> None:
    kind = document_types()[code]
    rows = clean_rows(kind, 77)
    content = write_document(kind, default_header(kind, rows, "NJ-H01", HOSPITAL), rows)
    document = read_document(content)
    assert document.rows == rows
    assert write_document(kind, document.header, document.rows) == content


@pytest.mark.parametrize("name", HAND)
def test_a_document_of_a_hospital_is_read_written_and_read_alike(name: str) -> None:
    document = hand(name)
    assert errors(document) == []
    again = read_document(write_document(document.kind, document.header, document.rows))
    assert again.rows == document.rows
    assert again.header == document.header


def test_the_laboratory_report_row_by_row() -> None:
    document = hand("C0007-lab-report.xml")
    (report,) = document.rows["lab_report"]
    assert report["report_no"] == "JY24060503311"
    assert report["reported_at"] == "20240605T151000"
    assert report["received_at"] == "20240605T074500"
    assert report["reviewer_name"] == "郑审核"
    assert report["requesting_department"] == "心血管内科"
    assert [report[name] for name in ("bed_no", "room_no", "ward_name", "department_code")] == [
        "12",
        "301",
        "心内一病区",
        "0101",
    ]
    items = document.rows["lab_result_item"]
    assert [(item["item_no"], item["item_code"], item["item_name"]) for item in items] == [
        ("1", "GLU", "葡萄糖"),
        ("2", "TC", "总胆固醇"),
        ("3", "CREA", "肌酐"),
    ]
    assert [(item["quantitative_result"], item["unit"], item["result_code"]) for item in items] == [
        ("6.91", "mmol/L", "2"),
        ("4.82", "mmol/L", "1"),
        ("71", "μmol/L", "1"),
    ]
    assert {item["method_name"] for item in items} == {"酶法"}


def test_the_outpatient_record_keeps_its_words() -> None:
    (row,) = hand("C0002-outpatient-record.xml").rows["outpatient_visit"]
    assert row["physical_exam"] == "双肺呼吸音粗，右下肺可闻及湿啰音 <少许> & 无哮鸣音"
    assert row["present_illness"] == "患者3天前受凉后出现咳嗽，咳黄色黏痰，\n无胸痛、咯血，体温最高 38.2℃。"
    assert (row["id_type"], row["id_no"]) == ("01", "320199198003150177")
    assert [row[name] for name in ("ordering_doctor_name", "order_reviewer_name", "executor_name")] == [
        "李医生",
        "王药师",
        "郑护士",
    ]


def test_the_front_page_adds_up() -> None:
    document = hand("C0032-front-page.xml")
    (row,) = document.rows["inpatient_front_page"]
    assert (row["total_amount"], row["western_drug_fee"], row["nursing_fee"]) == ("5200.00", "1500.00", "300.00")
    assert (row["current_house_no"], row["household_postcode"], row["contact_name"]) == ("8号", "210008", "赵老先生")
    repeated = [item.message for item in document.findings if item.code == "cda.value_repeated"]
    assert repeated == [
        "出院诊断-其他诊断疾病编码在文档中有 2 个不同的值，只取第一个。",
        "出院诊断-其他诊断名称在文档中有 2 个不同的值，只取第一个。",
    ]


def test_gb18030_is_read_as_declared() -> None:
    (row,) = hand("C0037-first-course-record.xml").rows["first_course_record"]
    assert (row["case_characteristics"], row["recorded_at"]) == (
        "老年女性，慢性病程急性加重；血压 178/96mmHg",
        "20240604T155500",
    )


def test_the_header_names_the_document() -> None:
    header = hand("C0007-lab-report.xml").header
    assert (header.number, header.set_id, header.version) == ("JY20240605003311", "JY20240605003311", 1)
    assert (header.custodian_id, header.custodian_name) == ("123201009999999991", "南京鼓楼医院")


def test_rows_of_many_documents_are_parted_by_their_key() -> None:
    kind = document_types()["C0007"]
    rows = {
        "lab_report": [{"report_no": "A"}, {"report_no": "B"}],
        "lab_result_item": [
            {"report_no": "B", "item_no": "1"},
            {"report_no": "A", "item_no": "1"},
            {"report_no": "B", "item_no": "2"},
        ],
    }
    assert list(document_groups(kind, rows)) == [
        {"lab_report": [{"report_no": "A"}], "lab_result_item": [{"report_no": "A", "item_no": "1"}]},
        {
            "lab_report": [{"report_no": "B"}],
            "lab_result_item": [{"report_no": "B", "item_no": "1"}, {"report_no": "B", "item_no": "2"}],
        },
    ]


def test_the_corpus_holds_the_types_it_must() -> None:
    assert [name[:5] for name in HAND] == ["C0002", "C0006", "C0007", "C0032", "C0037"]
    assert sorted(Path(path).stem for path in (CORPUS / "written").glob("*.xml")) == TYPES
