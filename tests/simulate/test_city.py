"""The files of a small city, counted with nothing but the csv module, and judged by the engine."""

import json
from collections import Counter
from decimal import Decimal

import pytest
from tests.simulate.judging import judge_channel
from tests.simulate.reading import everything, files_of, read_rows, rows_of
from typer.testing import CliRunner

from kangqiao.base.errors import StateConflict
from kangqiao.cli.simulate import app
from kangqiao.simulate.city import write_city
from kangqiao.simulate.figures import published
from kangqiao.simulate.scale import Wish, quota
from kangqiao.standards.catalogue import catalogue

SOME = ("江宁区", "江北新区", "秦淮区", "南京鼓楼医院", "南京市第一医院", "南京市高淳人民医院", "南京一民医院")
"""Districts with and without discharges and with nothing; hospitals with income and no visits, without real time."""
WISHES = [
    Wish(rows="0.0001", institutions=SOME),
    Wish(rows="0.0007", institutions=SOME, seed=3),
    Wish(rows="0.002", institutions=SOME[:5], span=(9, 11)),
]


@pytest.fixture(scope="module", params=WISHES, ids=["0.0001", "0.0007", "three days"])
def clean(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("city")
    return request.param, out, write_city(request.param, out, processes=1)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    out = tmp_path_factory.mktemp("faulty")
    wish = Wish(rows="0.004", faults="0.1", institutions=("建邺区", "南京同仁医院"), span=(3, 5))
    return out, write_city(wish, out, processes=1)


def test_rows_visits_discharges_and_income_are_exact(clean):
    wish, out, plan = clean
    for figures, told in zip(wish.chosen(), plan["institutions"], strict=True):
        name, share = figures.institution, quota(figures, wish)
        rows = {path: read_rows(path) for path in files_of(out, name, "scheduled")}
        assert sum(map(len, rows.values())) == told["scheduled_rows"] == told["stored"] == share.scheduled_rows
        assert len(rows_of(out, name, "outpatient_visit")) == share.visits
        assert len(rows_of(out, name, "inpatient_discharge")) == share.discharges
        for dataset, cents in (
            ("outpatient_charge", share.outpatient_cents),
            ("inpatient_charge", share.inpatient_cents),
        ):
            amounts = [Decimal(row["total_amount"]) for row in rows_of(out, name, dataset)]
            assert bool(amounts) == (cents is not None)
            assert sum(amounts) * 100 == (cents or 0)


def test_real_time_files_are_on_the_published_days_in_the_published_forms(clean):
    wish, out, _ = clean
    for figures in wish.chosen():
        paths = list(files_of(out, figures.institution, "realtime"))
        assert len({path.name for path in paths}) == quota(figures, wish).realtime_days
        assert len({path.parent.name for path in paths}) == (figures.forms_received if figures.realtime_days else 0)


def test_the_event_of_a_row_is_on_the_day_of_its_file(clean):
    _, out, plan = clean
    paths = [path for path in sorted(out.glob("*/*/*/*")) if path.parent.parent.name in ("scheduled", "realtime")]
    assert len(paths) == plan["files"]
    for path in paths[::9]:
        event = catalogue().dataset(path.parent.name).event_time
        days = {row[event][:8] for row in read_rows(path)}
        assert days == {path.name[:10].replace("-", "")}


def test_income_without_visits_is_charges_without_a_visit_number(clean):
    _, out, _ = clean
    assert not (out / "南京市第一医院" / "scheduled" / "outpatient_visit").exists()
    charges = rows_of(out, "南京市第一医院", "outpatient_charge")
    assert {row.get("visit_no", "") for row in charges} == {""}


def test_forms_in_real_time_violate_no_rule(tmp_path):
    out = tmp_path / "city"
    plan = write_city(Wish(rows="0.0001", institutions=("江宁区", "南京鼓楼医院"), span=(3, 5)), out, 1)
    judged = judge_channel(out, "realtime", tmp_path / "scratch")
    assert judged.violations == Counter()
    assert judged.stored == judged.received == plan["stored_realtime"]


def test_the_engine_finds_each_planted_fault_and_nothing_else(faulty, tmp_path):
    out, plan = faulty
    judged = judge_channel(out, "scheduled", tmp_path)
    planted = {(item["dataset"], item["rule"], item["field"]): item["rows"] for item in plan["faults_planted"]}
    assert dict(judged.violations) == planted
    assert judged.stored == plan["stored_scheduled"]
    for fate in ("rejected", "duplicate"):
        assert getattr(judged, fate) == sum(item[fate] for item in plan["institutions"])
    assert len({item["rule"] for item in plan["faults_planted"]}) >= 30


def test_faulty_rows_are_as_many_as_asked_for(faulty):
    _, plan = faulty
    planted = sum(item["rows"] for item in plan["faults_planted"])
    asked = sum(item["scheduled_rows"] for item in plan["institutions"]) / 10
    assert planted == pytest.approx(asked, rel=0.1)


def test_a_duplicate_is_a_key_that_came_before_in_its_file(faulty):
    out, plan = faulty
    planted = Counter({i["dataset"]: i["rows"] for i in plan["faults_planted"] if i["rule"] == "duplicate"})
    found = Counter()
    for path in sorted(out.glob("*/scheduled/*/*")):
        dataset = catalogue().dataset(path.parent.name)
        keys = [tuple(row.get(name, "") for name in dataset.key) for row in read_rows(path)]
        found[dataset.name] += len(keys) - len(set(keys))
    assert +found == planted


def test_a_ragged_row_is_a_column_short(faulty):
    out, plan = faulty
    planted = sum(item["rows"] for item in plan["faults_planted"] if item["rule"] == "ragged")
    widths = [[len(row) for row in read_rows(path)] for path in sorted(out.glob("*/scheduled/*/*"))]
    assert sum(width == max(file) - 1 for file in widths for width in file) == planted > 0


def test_the_same_arguments_give_the_same_bytes_on_one_process_or_two(tmp_path):
    wish = Wish(rows="0.001", faults="0.05", institutions=SOME[:4] + SOME[6:], span=(1, 4), seed=5)
    assert sum(quota(figures, wish).scheduled_rows for figures in wish.chosen()) > 4_000
    write_city(wish, tmp_path / "one", processes=1)
    write_city(wish, tmp_path / "two", processes=2)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_another_seed_gives_other_people(tmp_path):
    for seed in (1, 2):
        write_city(Wish(rows="0.0005", institutions=("建邺区",), span=(1, 1), seed=seed), tmp_path / str(seed), 1)
    first, second = (rows_of(tmp_path / seed, "建邺区", "outpatient_visit") for seed in ("1", "2"))
    assert len(first) == len(second)
    assert {row["patient_name"] for row in first} != {row["patient_name"] for row in second}


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path):
    (tmp_path / "note.txt").write_text("keep")
    with pytest.raises(StateConflict):
        write_city(Wish(rows="0.0001"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_the_command_writes_the_plan_and_says_so(tmp_path):
    arguments = ["--rows", "0.0001", "--days", "1-2", "--institutions", "玄武区,南京一民医院", "--out"]
    done = CliRunner().invoke(app, [*arguments, str(tmp_path / "city"), "--json"])
    plan = json.loads((tmp_path / "city" / "plan.json").read_text("utf-8"))
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["institutions"] == 2
    assert told["total_rows"] == plan["total_rows"]
    assert [item["institution"] for item in plan["institutions"]] == ["玄武区", "南京一民医院"]


@pytest.mark.parametrize("option", ["--rows=0", "--rows=many", "--faults=0.5", "--days=x", "--month=2024-13"])
def test_a_wrong_option_is_refused_before_anything_is_written(tmp_path, option):
    done = CliRunner().invoke(app, [option, "--out", str(tmp_path / "city")])
    assert done.exit_code != 0
    assert not (tmp_path / "city").exists()


def test_all_institutions_are_in_the_plan_though_two_send_nothing(tmp_path):
    plan = write_city(Wish(rows="0.00002", span=(1, 1)), tmp_path / "city", processes=1)
    assert [item["institution"] for item in plan["institutions"]] == [item.institution for item in published()]
    silent = [item["institution"] for item in plan["institutions"] if not item["scheduled_rows"]]
    assert {"秦淮区", "东部战区总医院秦淮医疗区"} <= set(silent)
