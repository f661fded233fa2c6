"""Declarations: which tables an institution says it will send."""

from __future__ import annotations

from datetime import date

import pytest

from kangqiao.intake.declarations import BEGINNING, is_declaration, take_declaration
from kangqiao.registry.actions import ensure_institutions
from kangqiao.registry.models import Declaration
from kangqiao.registry.queries import declarations_in, institution_by_text

pytestmark = pytest.mark.django_db
HOSPITAL = "南京鼓楼医院"


@pytest.fixture
def folder(tmp_path):
    ensure_institutions()
    (tmp_path / HOSPITAL).mkdir()
    return tmp_path / HOSPITAL


def declare(folder, text, name="申报.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return take_declaration(path)


def declared(month):
    return declarations_in(month).get(institution_by_text(HOSPITAL).pk)


def test_names_and_titles_are_taken_and_count_once(folder):
    receipt = declare(folder, "dataset\nlab_report\n检查报告\n\nlab_report\n")
    assert (receipt.code, receipt.declared) == ("", 2)
    assert declared(date(2020, 5, 1)) == {"lab_report", "exam_report"}
    assert Declaration.objects.get().month == BEGINNING


def test_a_file_in_gb18030_with_a_chinese_head(folder):
    assert declare(folder, "数据集\r\n检验报告\r\n", encoding="gb18030").as_dict() | {"prescribed": 0} == {
        "kind": "declaration",
        "institution": HOSPITAL,
        "file": "申报.csv",
        "state": "stored",
        "declared": 1,
        "prescribed": 0,
        "refusal": None,
        "lines": [],
    }


def test_the_newest_declaration_up_to_the_month_holds(folder):
    declare(folder, "dataset\nlab_report\n")
    declare(folder, "dataset\nexam_report\n", name="申报-2020-05.csv")
    assert declared(date(2020, 4, 1)) == {"lab_report"}
    assert declared(date(2020, 5, 1)) == {"exam_report"}
    assert declared(date(2024, 6, 1)) == {"exam_report"}


def test_one_wrong_line_refuses_all_and_keeps_what_was_declared_before(folder):
    declare(folder, "dataset\nlab_report\n")
    receipt = declare(folder, "dataset\nexam_report\nresident_basic_info\nno_such\n")
    assert receipt.code == "declaration.unknown"
    assert [(item.line, item.value, item.message) for item in receipt.lines] == [
        (3, "resident_basic_info", "这个数据集没有要求该类机构上报"),
        (4, "no_such", "没有这个数据集，名称见 kangqiao standards list"),
    ]
    assert declared(date(2020, 5, 1)) == {"lab_report"}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("申报.csv", b"", "declaration.head"),
        ("申报.csv", b"name\nlab_report\n", "declaration.head"),
        ("申报-2020-13.csv", b"dataset\nlab_report\n", "declaration.month"),
        ("申报.csv", b"dataset\nlab\0report\n", "file.nul"),
        ("申报.csv", b"dataset\n" + b"x" * (1 << 20), "file.too_large"),
        ("申报.csv", b"dataset\n\xff\xff\xff\n", "file.undecodable"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_code(folder, name, content, code):
    path = folder / name
    path.write_bytes(content)
    assert take_declaration(path).code == code
    assert Declaration.objects.count() == 0


def test_an_unknown_institution_and_an_absent_file(folder, tmp_path):
    assert take_declaration(tmp_path / "无此医院" / "申报.csv").code == "institution.unknown"
    assert take_declaration(folder / "申报.csv").code == "file.unreadable"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("申报.csv", True), ("申报-2024-06.csv", True), ("申报.xlsx", False), ("2024-06-01.csv", False)],
)
def test_a_declaration_is_known_by_its_name(tmp_path, name, expected):
    assert is_declaration(tmp_path / name) is expected
