"""The numbers that the README tells are the catalogue's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

ROOT = Path(__file__).parents[2]
TOLD = {
    "README.md": r"([\d,]+) datasets .* with ([\d,]+) rules.* ([\d,]+) value sets;.* (\d+) tables to a hospital, "
    r"(\d+) to a district, (\d+) real-time forms",
    "README.zh-CN.md": r"([\d,]+) 个数据集.*、([\d,]+) 条规则.*；([\d,]+) 个值域；.*医院 (\d+) 张表、区平台 (\d+) 张、"
    r"实时表单 (\d+) 种",
}


@pytest.mark.parametrize("name", TOLD)
def test_the_readme_counts_as_the_catalogue_does(name: str) -> None:
    known = catalogue()
    told = re.search(TOLD[name], (ROOT / name).read_text("utf-8"))
    assert told
    assert [int(number.replace(",", "")) for number in told.groups()] == [
        len(known.datasets),
        sum(len(dataset.rules) for dataset in known.datasets.values()),
        len(known.value_sets),
        *(
            sum(item.channel is Channel.SCHEDULED for item in known.profile(kind).prescriptions)
            for kind in ("hospital", "district")
        ),
        sum(item.channel is Channel.REALTIME for item in known.profile("hospital").prescriptions),
    ]
