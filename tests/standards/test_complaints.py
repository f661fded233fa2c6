"""Refusals of definitions as the officer reads them."""

from __future__ import annotations

import re

import pytest
from tests.standards import test_overlay, test_refusals

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.complaints import in_chinese

REASONS = {
    *(re.split(r": (?=[^:]*$)", said)[-1] for _, _, said in test_overlay.WRONG.values()),
    *(case[-1] for case in test_refusals.WRONG.values()),
}  # fmt: skip
OF_THE_PARSER = re.compile(r"is not YAML: (?!key )")
"""What the YAML parser says of its own stays as it says it."""


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_refusal_is_told_in_chinese(reason: str) -> None:
    told = in_chinese(DefinitionError("x.yaml", reason)).partition(": ")[2]
    quoted = set(re.findall(r"[A-Za-z_]+", told))
    assert told != reason
    assert re.search(r"[一-鿿]", told)
    if not OF_THE_PARSER.match(reason):
        assert quoted <= set(re.findall(r"[A-Za-z_]+", reason)) | {"code", "name", "YAML", "UTF", "SQL"}
        assert not quoted & {"must", "which", "unknown", "cannot", "twice", "not", "of"}


def test_file_line_and_part_stand_before_it() -> None:
    error = DefinitionError("rules/bed.yaml: disable", "there is no rule 'no_rule' to switch off", line=2)
    assert in_chinese(error) == "rules/bed.yaml:2: disable: 没有规则 no_rule，不能停用"


def test_what_has_no_chinese_stays() -> None:
    assert in_chinese(DefinitionError("x.yaml", "is odd")) == "x.yaml: is odd"
