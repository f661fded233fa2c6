"""Head lines: names, titles and ids in any order; refusals by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.trial import VISIT

from kangqiao.base.errors import FileRefused
from kangqiao.engine.formats.header import COLUMN_LIMIT, match_columns, read_layout

FIRST = replace(VISIT.fields[0], id="HDSD00.03.025")
DATASET = replace(VISIT, fields=(FIRST, *VISIT.fields[1:]))


@pytest.mark.parametrize(
    ("line", "delimiter", "fields"),
    [
        ("no,seen_at,sex", ",", ("no", "seen_at", "sex")),
        ("sex|no|seen_at", "|", ("sex", "no", "seen_at")),
        ("NO\tSeen_At\tSEX", "\t", ("no", "seen_at", "sex")),
        ("HDSD00.03.025,seen_at 标题,sex 标题", ",", ("no", "seen_at", "sex")),
        ('"no", "seen_at" ," sex "', ",", ("no", "seen_at", "sex")),
        ('no,\t"seen_at"\t,sex', ",", ("no", "seen_at", "sex")),
        ("no,seen_at,sex,x,", ",", ("no", "seen_at", "sex", None, None)),
    ],
)
def test_layouts(line: str, delimiter: str, fields: tuple[str | None, ...]) -> None:
    layout = read_layout(DATASET, line)
    assert (layout.delimiter, layout.fields) == (delimiter, fields)


def test_unknown_columns_are_named_but_not_our_own() -> None:
    layout = read_layout(DATASET, "_line,_rule,_message,no,seen_at,x,sex,")
    assert layout.unknown == ("x", "（第 8 列，没有列名）")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("V1,20240601T083000,1", "file.no_header"),
        ("no;seen_at;sex", "file.delimiter"),
        ("no，seen_at，sex", "file.delimiter"),
        ("no,seen_at", "file.columns_missing"),
        ("no,seen_at,sex,sex 标题", "file.columns_repeated"),
        ("no,seen_at,sex\rV1,20240601T083000,1\r", "file.line_ends"),
        ("no,seen_at,sex" + ",x" * COLUMN_LIMIT, "file.columns_too_many"),
        ("no,seen_at,sex," + "x" * 200_000, "file.no_header"),
    ],
)
def test_refusals(line: str, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_layout(DATASET, line)
    assert refused.value.code == code


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FileRefused) as refused:
        read_layout(DATASET, "no,seen_at")
    assert refused.value.message == "缺少必填列：sex 标题（sex）。"


def test_columns_with_names_of_their_own() -> None:
    assert match_columns(DATASET, ("seen_at", "no", "sex", "y")).fields == ("seen_at", "no", "sex", None)
    with pytest.raises(FileRefused) as refused:
        match_columns(DATASET, ("a", "b"))
    assert refused.value.code == "file.no_header"
