"""``kangqiao standards``: what it prints, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kangqiao.base.text import display_width
from kangqiao.cli.main import main
from kangqiao.standards.catalogue import catalogue


def run(*arguments: str) -> int:
    """The exit code of ``kangqiao standards ARGUMENTS``."""
    with pytest.raises(SystemExit) as left:
        main(["standards", *arguments])
    return int(left.value.code or 0)


def test_list_is_a_table_aligned_for_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(catalogue().datasets)
    assert lines[0].split() == ["名称", "标题", "来源标准", "字段", "规则", "上报要求"]
    rows = {line.split()[0]: line for line in lines[1:]}
    assert list(rows) == list(catalogue().datasets)
    assert rows["bed"].split() == ["bed", "床位", "local", "11", "5", "医院（定时按月）；区平台（定时按月）"]
    assert rows["daily_course_record"].endswith("  医院（定时随发生）；区平台（定时随发生）")
    starts = {
        display_width(line.partition(mark)[0]) for line in lines for mark in ["医院（", "上报要求"] if mark in line
    }
    assert len(starts) == 1


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [item["name"] for item in found] == list(catalogue().datasets)
    assert next(item for item in found if item["name"] == "bed") == {
        "name": "bed",
        "title": "床位",
        "category": "resource",
        "standard": "local",
        "key": ["bed_no"],
        "event_time": "reported_on",
        "fields": 11,
        "rules": 5,
        "prescribed": [
            {"kind": "hospital", "title": "医院", "channel": "scheduled", "every": "month"},
            {"kind": "district", "title": "区平台", "channel": "scheduled", "every": "month"},
        ],
    }


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "exam_detail") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "检查项目明细　exam_detail",
        "来源：WS 445.4-2014 第4部分：检查检验记录 HDSD00.05 检查记录",
        "上报要求：医院（定时按日）；区平台（定时按日）",
        "主键：report_no、item_no",
        "业务时间：reported_at",
    ]
    assert lines[5] == f"版本：{catalogue().dataset('exam_detail').digest[:12]}"
    assert "关联（1）" in lines
    assert "report_no → exam_report（report_no）　警告：检查报告单编号在检查报告中不存在" in lines
    assert "unit_given（警告、完整性）填写了定量结果而没有填写计量单位（无量纲的项目填 1）" in lines
    assert "    quantitative_result IS NULL OR unit IS NOT NULL" in lines
    assert "DE04.30.017.00 检验结果代码（WS 445-2014）：1 正常；2 异常；3 不确定" in lines


def test_show_cuts_long_code_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "exam_detail") == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("CV06.00.227 操作部位"))
    assert line.endswith("；20 左上臂；…共 49 个")


def test_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "bed", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["key"] == ["bed_no"]
    assert found["fields"][0] == {
        "name": "bed_no",
        "title": "病床号",
        "id": "local",
        "element": "DE01.00.026.00",
        "year": "2023",
        "type": "S1",
        "format": "AN..10",
        "required": True,
    }
    assert list(found["value_sets"]) == ["local.bed_type", "local.bed_state"]
    assert found["value_sets"]["local.bed_state"]["codes"] == {"1": "空闲", "2": "占用", "3": "停用"}
    assert found["references"][0]["severity"] == "warning"


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_show_of_an_unknown_name_is_a_sentence_and_exit_2(
    capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    assert run("show", "exam_reprot", *more) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "没有名为 exam_reprot 的数据集，是否为 exam_report、exam_request、lab_report？（dataset.unknown）\n"
    )


def test_export(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("export", str(tmp_path / "out")) == 0
    assert capsys.readouterr().out == (
        f"已写出 {5 + 4 * len(catalogue().datasets) + len(catalogue().value_sets)} 个文件：{tmp_path / 'out'}\n"
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "catalogue.json",
        "data-dictionary.xlsx",
        "datapackage.json",
        "pages",
        "schemas",
        "templates",
        "value-sets",
        "value-sets.csv",
    ]
