"""Search in the dictionary, on the small catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from kangqiao.standards.catalogue import load_catalogue
from kangqiao.standards.search import search


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("性别代码", [("field", "visit", "sex", "标题 性别代码", 3), ("value_set", "", "sexes", "标题 性别代码", 3)]),
        ("DE02.01.040.00", [("field", "visit", "sex", "数据元 DE02.01.040.00", 3)]),
        ("hdsd00.03.025", [("field", "visit", "visit_no", "数据项标识 HDSD00.03.025", 3)]),
        ("ＦＥＥ", [("field", "visit", "fee", "字段名 fee", 3)]),
        ("男", [("code", "", "1", "名称 男性", 2)]),
        ("早于", [("rule", "visit", "born_first", "说明 就诊时间早于出生日期", 1)]),
        ("费用 fee", [("field", "visit", "fee", "标题 费用", 1)]),
        ("没有的", []),
        (" ", []),
    ],
)
def test_what_is_found(small: Path, words: str, found: list[tuple[str, str, str, str, int]]) -> None:
    hits = search(load_catalogue(small), words)
    assert [(str(hit.kind), hit.dataset, hit.name, hit.why, hit.score) for hit in hits] == found


def test_the_nearest_come_first(small: Path) -> None:
    hits = search(load_catalogue(small), "收费")
    assert [(hit.name, hit.score) for hit in hits] == [("charge", 3), ("charge_no", 2), ("charged_on", 2)]
