"""May 2020: tables declared, prescribed and uploaded, rows, days and health records, counted with the csv module."""

from fractions import Fraction

import pytest
from tests.simulate.judging import judge_channel
from tests.simulate.reading import everything, files_of, read_rows, rows_of

from kangqiao.base.errors import RequestRefused
from kangqiao.simulate.choosing import choose, declared_tables, prescribed
from kangqiao.simulate.city import write_city
from kangqiao.simulate.scale import Wish
from kangqiao.simulate.tables_month import RECORDS, listed, quota_of

SOME = ("秦淮区", "江苏省口腔医院", "南京市职业病防治院")
"""A district with 29 tables and 16 days; hospitals without a declaration, and with fewer rows than tables."""
WISH = Wish(month="2020-05", rows="0.003", institutions=SOME, seed=5)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    out = tmp_path_factory.mktemp("may")
    return out, write_city(WISH, out, processes=1)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    out = tmp_path_factory.mktemp("faulty")
    wish = Wish(month="2020-05", rows="0.02", faults="0.2", institutions=("南京市中心医院",), span=(4, 6))
    return out, write_city(wish, out, processes=1)


def test_the_tables_of_2020_have_37_institutions_and_their_rows():
    assert [item.kind for item in listed()].count("district") == 12
    assert len(listed()) == 37
    assert sum(item.rows for item in listed()) == 124_545_055
    silent = [item.institution for item in listed() if item.declared is None]
    assert silent[:2] == ["江苏省人民医院", "东南大学附属中大医院"]
    assert {item.prescribed for item in listed() if item.kind == "hospital"} == {83}
    assert len({item.number for item in listed()}) == 37


@pytest.mark.parametrize("item", listed(), ids=lambda item: item.institution)
def test_at_full_size_the_figures_are_the_published_ones(item):
    quota = quota_of(item, Wish(month="2020-05", rows="1"))
    assert (quota.tables, quota.rows, quota.upload_days) == (item.uploaded, item.rows, item.upload_days)
    assert (quota.visits, quota.discharges, quota.records) == (item.visits, item.discharges, item.records)
    choice = choose(quota)
    assert len(choice.good) == min(item.uploaded, len(prescribed(item.kind)))
    assert sum(choice.good.values()) == item.rows
    assert choice.good["outpatient_visit"] == item.visits
    assert choice.good.get("inpatient_discharge", 0) == item.discharges
    names = declared_tables(quota, choice.good)
    assert (names is None) == (item.declared is None)
    assert names is None or len(names) == len(set(names)) == min(item.declared, len(prescribed(item.kind)))


@pytest.mark.parametrize("rows", ["0.000001", "0.0001", "0.001", "0.03"])
def test_every_choice_gives_out_exactly_the_rows(rows):
    for item in listed():
        quota = quota_of(item, Wish(month="2020-05", rows=rows))
        choice = choose(quota)
        assert sum(choice.good.values()) == quota.rows
        assert min(choice.good.values(), default=1) > 0
        assert quota.tables <= quota.rows


def test_the_files_are_what_the_plan_tells(clean):
    out, plan = clean
    assert [line["institution"] for line in plan["institutions"]] == list(SOME)
    for line in plan["institutions"]:
        paths = [path for path in files_of(out, line["institution"], "scheduled") if path.name >= "2020-05"]
        assert sum(len(read_rows(path)) for path in paths) == line["rows_uploaded"] == line["stored"]
        assert len({path.parent.name for path in paths}) == line["uploaded_tables"]
        assert len({path.name[:10] for path in paths}) == line["upload_days"]
        assert len(rows_of(out, line["institution"], "outpatient_visit")) == line["outpatient_visits"]


def test_the_plan_is_the_published_line_scaled(clean):
    _, plan = clean
    district, dentists, occupational = plan["institutions"]
    assert (district["rows_uploaded"], district["uploaded_tables"], district["upload_days"]) == (5_643, 29, 16)
    assert (district["outpatient_visits"], district["discharges"]) == (282, 1)
    assert district["declared_over_prescribed_tables"].startswith("29/")
    assert (dentists["rows_uploaded"], dentists["uploaded_tables"], dentists["outpatient_visits"]) == (2_586, 8, 206)
    assert dentists["declared_over_prescribed_tables"] == "未反馈/83"
    assert (occupational["rows_uploaded"], occupational["outpatient_visits"]) == (26, 4)


def test_health_records_of_before_the_month_are_files_of_its_eve(clean):
    out, plan = clean
    totals = dict(zip(RECORDS, quota_of(listed()[8], WISH).records, strict=True))
    found = {name: rows_of(out, "秦淮区", name) for name in RECORDS}
    assert {name: len(rows) for name, rows in found.items()} == totals
    assert totals["resident_basic_info"] == 1_308
    assert len({row["health_record_no"] for row in found["resident_basic_info"]}) == 1_308
    before = [path for path in files_of(out, "秦淮区", "scheduled") if path.name < "2020-05"]
    assert {path.name[:10] for path in before} == {"2020-04-30"}
    assert sum(len(read_rows(path)) for path in before) == plan["institutions"][0]["stored_before"]


def test_declarations_name_tables_that_are_prescribed(clean):
    out, _ = clean
    lines = (out / "秦淮区" / "申报.csv").read_text("utf-8").splitlines()
    assert lines[0] == "dataset"
    assert len(lines) == 30
    assert set(lines[1:]) <= set(prescribed("district"))
    assert len((out / "南京市职业病防治院" / "申报.csv").read_text("utf-8").splitlines()) == 35
    assert not (out / "江苏省口腔医院" / "申报.csv").exists()


def test_the_month_violates_no_rule_and_points_at_nothing_that_is_not_there(clean, tmp_path):
    out, plan = clean
    judged = judge_channel(out, "scheduled", tmp_path)
    assert dict(judged.violations) == {}
    assert judged.stored == judged.received == plan["total_rows"]


def test_each_planted_fault_is_found_and_nothing_else(faulty, tmp_path):
    out, plan = faulty
    judged = judge_channel(out, "scheduled", tmp_path)
    planted = {(item["dataset"], item["rule"], item["field"]): item["rows"] for item in plan["faults_planted"]}
    assert dict(judged.violations) == planted
    assert judged.stored == plan["stored_scheduled"]
    (line,) = plan["institutions"]
    assert (judged.rejected, judged.duplicate) == (line["rejected"], line["duplicate"])


def test_the_same_arguments_give_the_same_bytes_on_one_process_or_two(tmp_path):
    wish = Wish(month="2020-05", rows="0.02", institutions=("江苏省口腔医院", "南京市中心医院"), span=(1, 9))
    write_city(wish, tmp_path / "one", processes=1)
    write_city(wish, tmp_path / "two", processes=2)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_institutions_of_another_year_are_refused_by_name(tmp_path):
    with pytest.raises(RequestRefused, match="南京明基医院"):
        write_city(Wish(month="2020-05", institutions=("南京明基医院",)), tmp_path / "out")


def test_half_a_month_has_half_the_days():
    quota = quota_of(listed()[0], Wish(month="2020-05", rows="0.01", span=(1, 15)))
    assert (quota.upload_days, quota.rows) == (15, round(Fraction(15_699_311 * 15, 3_100)))
