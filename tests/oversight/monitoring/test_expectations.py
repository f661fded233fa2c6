"""What is due by when, and the thresholds: data with a reason."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kangqiao.base.clock import BEIJING
from kangqiao.oversight.monitoring.expectations import FILE, expectations, read_expectations
from kangqiao.oversight.monitoring.rules import State


@pytest.mark.parametrize(
    ("channel", "every", "day", "due"),
    [
        ("scheduled", "day", date(2024, 6, 30), datetime(2024, 7, 1, 10, tzinfo=BEIJING)),
        ("realtime", "day", date(2024, 6, 30), datetime(2024, 7, 1, tzinfo=BEIJING)),
        ("scheduled", "month", date(2024, 6, 3), datetime(2024, 7, 5, 10, tzinfo=BEIJING)),
        ("document", "day", date(2024, 6, 3), None),
    ],
)
def test_due_times(channel, every, day, due):
    assert expectations().due_at(channel, every, day) == due


def test_every_line_has_its_source_and_reason():
    found = expectations()
    lines = [*found.due.values(), *found.thresholds]
    assert [item for item in lines if item.source != "local" or not item.reason] == []
    assert set(found.weights) <= set(State)


def test_thresholds_are_shown_with_their_unit():
    assert [item.shown for item in expectations().thresholds] == ["56 天", "3 天", "50%", "20 条", "5%", "20 条"]


def test_a_file_without_a_threshold_is_refused(tmp_path):
    path = tmp_path / "expectations.yaml"
    path.write_text(FILE.read_text("utf-8").replace("name: fall_share", "name: fall_shares"), "utf-8")
    with pytest.raises(TypeError, match="fall_shares"):
        read_expectations(path)
