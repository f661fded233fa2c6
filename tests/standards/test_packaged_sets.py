"""The code tables that come with the package: each says its version and owner."""

from __future__ import annotations

import re

from kangqiao.standards.catalogue import DATA, catalogue, survey
from kangqiao.standards.model import LOCAL, ValueSet


def test_every_table_says_version_and_owner() -> None:
    silent = []
    for path in sorted((DATA / "value_sets").glob("*.tsv")):
        heads = [line.partition("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()[:5]]
        if heads != ["title", "standard", "version", "owner", "code"]:
            silent.append(path.name)
    assert silent == []


def test_tables_mended_from_a_faulty_source() -> None:
    known = catalogue().value_sets
    assert known["CV06.00.212"].codes == {"1": "病伤", "2": "体检", "3": "分娩", "9": "其他"}
    assert known["CV03.00.404"].title == "艾滋病患者亲属HIV感染状况代码表"


def test_version_and_owner_follow_the_number_of_the_standard() -> None:
    """WS is the health ministry's, GB a national standard; a province or city is in the name; else 未注明."""
    told = {item.name: (item.owner, item.version) for item in catalogue().value_sets.values()}
    expected = {item.name: (owner_of(item), version_of(item)) for item in catalogue().value_sets.values()}
    assert told == expected


def owner_of(item: ValueSet) -> str:
    if item.standard == LOCAL:
        return LOCAL
    issuers = {"JS2023_": "江苏省", "WH2024_": "武汉市", "WS": "国家卫生健康委员会", "GB": "国家标准"}
    marks = [item.name, item.standard]
    return next((owner for mark, owner in issuers.items() if any(text.startswith(mark) for text in marks)), "未注明")


def version_of(item: ValueSet) -> str:
    in_name = re.match(r"(?:JS|WH)(\d{4})_", item.name)
    in_number = re.search(r"-((?:19|20)\d\d)\b", item.standard)
    return in_number[1] if in_number else in_name[1] if in_name else "未注明"


def test_the_packaged_definitions_are_right() -> None:
    assert [str(problem) for problem in survey(DATA)[1]] == []


def test_every_dataset_stands_on_a_shelf() -> None:
    assert [item.name for item in catalogue().datasets.values() if item.category is None] == []
