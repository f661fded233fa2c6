"""The published figures, and how they are scaled to whole numbers."""

from fractions import Fraction

import pytest

from kangqiao.base.errors import RequestRefused
from kangqiao.simulate.allocation import allocate
from kangqiao.simulate.book import arranged
from kangqiao.simulate.days import busyness, spread
from kangqiao.simulate.figures import published
from kangqiao.simulate.scale import Wish, half_up, in_thousand_yuan, quota
from kangqiao.simulate.style import Style
from kangqiao.simulate.tables.sheets import SHEETS
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel


def test_the_published_tables_have_51_institutions_and_their_rows():
    assert len(published()) == 51
    assert [item.kind for item in published()].count("district") == 12
    assert sum(item.scheduled_rows for item in published()) == 267_765_880
    assert sum(item.outpatient_visits for item in published()) == 6_254_419


def test_a_slash_is_nothing_reported():
    nothing = [item.institution for item in published() if item.outpatient_income is None]
    assert nothing == ["秦淮区", "东部战区总医院秦淮医疗区"]


@pytest.mark.parametrize(("value", "whole"), [("0.5", 1), ("1.5", 2), ("2.4999", 2), ("0", 0), ("369.45", 369)])
def test_halves_are_rounded_upwards(value, whole):
    assert half_up(Fraction(value)) == whole


@pytest.mark.parametrize(("cents", "text"), [(None, "/"), (0, "0.00"), (1_499, "0.01"), (500, "0.01"), (499, "0.00")])
def test_income_is_printed_in_thousand_yuan(cents, text):
    assert in_thousand_yuan(cents) == text


def test_a_week_is_seven_thirtieths_of_the_month():
    share = quota(published()[0], Wish(rows="0.01", span=(1, 7)))
    assert (share.scheduled_rows, share.visits, share.discharges) == (41_593, 1_083, 15)
    assert share.outpatient_cents == 33_493_696
    assert share.realtime_days == 7


@pytest.mark.parametrize("span", [(0, 3), (5, 4), (30, 31)])
def test_days_outside_the_month_are_refused(span):
    with pytest.raises(RequestRefused) as refused:
        _ = Wish(span=span).days
    assert refused.value.code == "simulate.days"


def test_unknown_institutions_are_refused_by_name():
    with pytest.raises(RequestRefused, match="某某医院"):
        Wish(institutions=("某某医院",)).chosen()


@pytest.mark.parametrize("rows", ["0.0000001", "0.00001", "0.0001", "0.01", "1", "3"])
def test_every_allocation_gives_out_exactly_the_rows_and_never_less_than_none(rows):
    for figures in published():
        share = quota(figures, Wish(rows=rows))
        plan = allocate(share, arranged())
        assert sum(plan.good.values()) + plan.left == share.scheduled_rows
        assert min(plan.good.values(), default=1) > 0
        assert plan.left == 0 or share.scheduled_rows < 20


def test_spread_is_exact_and_follows_the_weights():
    weights = busyness(Wish(month="2024-06").days)
    counts = spread(100_001, weights)
    assert counts.sum() == 100_001
    assert counts[8] < counts[11]  # Sunday the 9th, Wednesday the 12th
    assert counts[9] < counts[11]  # the Dragon Boat Festival


def test_what_is_prescribed_in_real_time_has_a_sheet():
    prescribed = {
        item.dataset
        for profile in catalogue().profiles.values()
        for item in profile.prescriptions
        if item.channel is Channel.REALTIME
    }
    assert prescribed - set(SHEETS) == set()
    assert set(SHEETS) == set(arranged())


def test_the_institutions_write_in_every_style():
    styles = [Style(number) for number in range(1, 52)]
    assert {style.encoding for style in styles} == {"utf-8", "utf-8-sig", "gb18030"}
    assert {style.header for style in styles} == {"name", "title", "id"}
    assert {style.delimiter for style in styles} == {",", "\t", "|"}
    assert {style.line_end for style in styles} == {"\n", "\r\n"}
    assert {style.suffix for style in styles} == {".csv", ".csv.gz"}
    assert {style.is_quoting for style in styles} == {True, False}
