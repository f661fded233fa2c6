"""One day's rows that come while pages are open, as another process of the platform brings them; or leave again.

Run as a script with KANGQIAO_HOME set: python tests/functional/arrival.py come|leave INSTITUTION DATASET DAY
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from kangqiao.base.ids import new_id
from kangqiao.web.boot import open_home

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.cast import counted

from kangqiao.base.clock import now
from kangqiao.intake.models import Submission
from kangqiao.oversight.statistics.models import DailyFact


def come(name: str, dataset: str, day: date) -> None:
    """The id is later than any that the seed has made up."""
    counted(name, dataset, day, id=f"z{new_id()[1:]}", received=40, received_at=now(), file_name="arrival.csv")


def leave(name: str, dataset: str, day: date) -> None:
    DailyFact.objects.filter(institution__name=name, dataset=dataset, day=day).delete()
    Submission.objects.filter(institution__name=name, file_name="arrival.csv").delete()


if __name__ == "__main__":
    open_home()
    {"come": come, "leave": leave}[sys.argv[1]](sys.argv[2], sys.argv[3], date.fromisoformat(sys.argv[4]))
