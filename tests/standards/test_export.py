"""The files hospitals take away: dictionary, templates, Table Schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from frictionless import Package

from kangqiao.standards.catalogue import catalogue, load_catalogue
from kangqiao.standards.dictionary import by_category, sheet_name
from kangqiao.standards.export import export, table_schema

TYPES = {"string", "number", "integer", "boolean", "date", "datetime"}
CONSTRAINTS = {"required", "enum", "pattern", "minLength", "maxLength"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export(catalogue(), folder)
    return folder


def test_files_written(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "deep"
    written = export(load_catalogue(small), target)
    assert [path.relative_to(target).as_posix() for path in written] == [
        "data-dictionary.xlsx",
        "templates/charge.csv",
        "templates/charge.en.csv",
        "schemas/charge.json",
        "templates/visit.csv",
        "templates/visit.en.csv",
        "schemas/visit.json",
        "value-sets/sexes.csv",
        "value-sets.csv",
        "datapackage.json",
        "catalogue.json",
        "pages/README.md",
        "pages/charge.md",
        "pages/visit.md",
    ]
    assert all(path.is_file() for path in written)


def test_same_catalogue_same_bytes(exported: Path, tmp_path: Path) -> None:
    again = export(catalogue(), tmp_path)
    assert len(again) == 5 + 4 * len(catalogue().datasets) + len(catalogue().value_sets)
    assert [path for path in again if path.read_bytes() != (exported / path.relative_to(tmp_path)).read_bytes()] == []


def test_templates(small: Path, tmp_path: Path) -> None:
    export(load_catalogue(small), tmp_path)
    chinese = (tmp_path / "templates/charge.csv").read_bytes()
    assert chinese == b"\xef\xbb\xbf" + "收费流水号,门诊号,收费日期\r\n".encode()
    assert (tmp_path / "templates/charge.en.csv").read_bytes() == b"charge_no,visit_no,charged_on\r\n"


def test_a_template_is_a_header_the_dataset_knows(exported: Path) -> None:
    for dataset in catalogue().datasets.values():
        for suffix in (".csv", ".en.csv"):
            text = (exported / "templates" / f"{dataset.name}{suffix}").read_text(encoding="utf-8-sig")
            names = text.removesuffix("\n").split(",")
            assert tuple(dataset.lookup[name] for name in names) == dataset.fields


def rows(sheet: Any) -> list[tuple[Any, ...]]:
    return [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)]


def test_dictionary_has_a_sheet_a_dataset(exported: Path) -> None:
    book = openpyxl.load_workbook(exported / "data-dictionary.xlsx")
    assert book.sheetnames == ["目录", *(sheet_name(item) for item in by_category(catalogue())), "规则", "值域"]


def test_dictionary_contents(exported: Path) -> None:
    book = openpyxl.load_workbook(exported / "data-dictionary.xlsx")
    found = rows(book["目录"])
    assert found[0] == ("类别", "数据集", "标题", "来源标准", "部分", "表", "字段数", "规则数", "上报要求")
    assert found[1] == ("机构与资源", "bed", "床位", "local", "", "", 11, 5, "医院（定时按月）；区平台（定时按月）")
    assert len(found) == 1 + len(catalogue().datasets)
    assert book["目录"]["B2"].hyperlink.location == "'bed'!A1"


def test_dictionary_of_one_dataset(small: Path, tmp_path: Path) -> None:
    export(load_catalogue(small), tmp_path)
    book = openpyxl.load_workbook(tmp_path / "data-dictionary.xlsx")
    found = rows(book["visit"])
    assert found[:2] == [
        (
            *("序号", "字段名", "标题", "数据项标识", "数据元", "数据元年份", "类型", "格式"),
            *("必填", "主键", "值域", "个人标识", "校验", "备注"),
        ),
        (
            *(1, "visit_no", "门诊号", "HDSD00.03.025", "DE01.00.010.00", "2011", "S1", "AN..18"),
            *("是", "是", "", "", "", ""),
        ),
    ]
    assert found[3][11:13] == ("证件号码", "居民身份证校验码（GB 11643）")
    assert [row[1] for row in found[9:]] == [
        "",
        "就诊：WS 445.2-2014 第2部分 HDSD00.03 门（急）诊病历",
        "主键：visit_no　业务时间：visited_at",
    ]
    assert rows(book["charge"])[-1][1] == "关联：visit_no → visit（visit_no）"


def test_dictionary_rules_and_value_sets(small: Path, tmp_path: Path) -> None:
    export(load_catalogue(small), tmp_path)
    book = openpyxl.load_workbook(tmp_path / "data-dictionary.xlsx")
    assert rows(book["规则"]) == [
        ("数据集", "规则", "级别", "维度", "字段", "表达式", "说明", "依据"),
        (
            *("visit", "born_first", "错误（拒收）", "可用性", "visited_at"),
            *("birth_date <= CAST(visited_at AS DATE)", "就诊时间早于出生日期", ""),
        ),
    ]
    assert rows(book["值域"]) == [
        ("值域", "标题", "标准", "版本", "维护者", "代码", "名称"),
        ("sexes", "性别代码", "GB/T 2261.1-2003", "2003", "国家标准", "1", "男性"),
        ("sexes", "性别代码", "GB/T 2261.1-2003", "2003", "国家标准", "2", "女性"),
    ]


def test_codes_stay_text_in_the_workbook(exported: Path) -> None:
    """A leading zero is part of a code."""
    book = openpyxl.load_workbook(exported / "data-dictionary.xlsx")
    found = [row for row in rows(book["值域"]) if row[0] == "CV02.01.101"]
    assert found[0] == (
        "CV02.01.101",
        "身份证件类别代码表",
        "WS 364.3-2011",
        "2011",
        "国家卫生健康委员会",
        "01",
        "居民身份证",
    )


def test_schema_of_the_small_visit(small: Path) -> None:
    known = load_catalogue(small)
    assert table_schema(known.dataset("visit"), known) == {
        "name": "visit",
        "title": "就诊",
        "fields": [
            {
                "name": "visit_no",
                "title": "门诊号",
                "type": "string",
                "description": "HDSD00.03.025 DE01.00.010.00",
                "constraints": {"required": True, "maxLength": 18},
            },
            {"name": "patient_no", "title": "患者院内编号", "type": "string", "constraints": {"maxLength": 30}},
            {
                "name": "id_no",
                "title": "身份证件号码",
                "type": "string",
                "description": "DE02.01.030.00",
                "constraints": {"maxLength": 18},
            },
            {
                "name": "patient_name",
                "title": "患者姓名",
                "type": "string",
                "description": "HDSD00.03.017 DE02.01.039.00",
                "constraints": {"maxLength": 50},
            },
            {
                "name": "sex",
                "title": "性别代码",
                "type": "string",
                "description": "HDSD00.03.039 DE02.01.040.00",
                "constraints": {"enum": ["1", "2"]},
            },
            {
                "name": "birth_date",
                "title": "出生日期",
                "type": "date",
                "format": "%Y%m%d",
                "description": "HDSD00.03.003 DE02.01.005.01",
            },
            {
                "name": "visited_at",
                "title": "就诊时间",
                "type": "datetime",
                "format": "%Y%m%dT%H%M%S",
                "description": "HDSD00.03.023 DE06.00.062.00",
                "constraints": {"required": True},
            },
            {"name": "fee", "title": "费用", "type": "number"},
        ],
        "missingValues": [""],
        "primaryKey": ["visit_no"],
    }


def test_schema_of_the_small_charge_refers(small: Path) -> None:
    known = load_catalogue(small)
    assert table_schema(known.dataset("charge"), known)["foreignKeys"] == [
        {"fields": ["visit_no"], "reference": {"resource": "visit", "fields": ["visit_no"]}}
    ]


@pytest.mark.parametrize(
    ("dataset", "field", "described"),
    [
        ("outpatient_prescription", "prescription_no", {"required": True, "maxLength": 30, "pattern": "[0-9]+"}),
        ("inpatient_front_page", "current_postcode", {"minLength": 6, "maxLength": 6, "pattern": "[0-9]+"}),
        ("outpatient_visit", "age", None),
    ],
)
def test_schema_constraints(dataset: str, field: str, described: dict[str, Any] | None) -> None:
    known = catalogue()
    fields = {item["name"]: item for item in table_schema(known.dataset(dataset), known)["fields"]}
    assert fields[field].get("constraints") == described


def test_schemas_keep_the_specification(exported: Path) -> None:
    """Types, constraints and keys as Table Schema allows them; keys name fields that are there."""
    names = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (exported / "schemas").iterdir()}
    assert sorted(names) == list(catalogue().datasets)
    for name, schema in names.items():
        fields = {item["name"]: item for item in schema["fields"]}
        assert set(schema["primaryKey"]) <= set(fields), name
        assert schema["missingValues"] == [""]
        for item in schema["fields"]:
            check_field(item)
        for key in schema.get("foreignKeys", []):
            target = names[key["reference"]["resource"]]
            assert set(key["fields"]) <= set(fields)
            assert set(key["reference"]["fields"]) <= {field["name"] for field in target["fields"]}


def check_field(item: dict[str, Any]) -> None:
    assert item["type"] in TYPES
    constraints = item.get("constraints", {})
    assert set(constraints) <= CONSTRAINTS
    if item["type"] != "string":
        assert set(constraints) <= {"required"}
    if "enum" in constraints:
        assert len(constraints["enum"]) == len(set(constraints["enum"]))
        assert all(isinstance(code, str) for code in constraints["enum"])
    assert constraints.get("minLength", 0) <= constraints.get("maxLength", 0) or "enum" in constraints


def test_the_data_package_is_right_for_frictionless(small: Path, tmp_path: Path) -> None:
    export(load_catalogue(small), tmp_path)
    report = Package.validate_descriptor(str(tmp_path / "datapackage.json"))
    assert report.flatten(["message"]) == []
    package = Package(str(tmp_path / "datapackage.json"))
    assert [(item.name, item.read_rows()) for item in package.resources] == [("charge", []), ("visit", [])]


def test_code_tables_as_csv(small: Path, tmp_path: Path) -> None:
    export(load_catalogue(small), tmp_path)
    assert (tmp_path / "value-sets/sexes.csv").read_text(encoding="utf-8-sig") == "code,name\n1,男性\n2,女性\n"
    assert (tmp_path / "value-sets.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "name,title,standard,version,owner,codes",
        "sexes,性别代码,GB/T 2261.1-2003,2003,国家标准,2",
    ]
