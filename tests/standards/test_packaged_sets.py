"""The code tables that come with the package: each says its version and owner."""

from __future__ import annotations

from kangqiao.standards.catalogue import DATA, catalogue, survey


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


def test_owner_and_version_follow_the_standard() -> None:
    sexes = catalogue().value_sets["GBT2261.1-2003"]
    assert (sexes.version, sexes.owner) == ("2003", "国家标准")


def test_the_packaged_definitions_are_right() -> None:
    assert [str(problem) for problem in survey(DATA)[1]] == []


def test_every_dataset_stands_on_a_shelf() -> None:
    assert [item.name for item in catalogue().datasets.values() if item.category is None] == []
