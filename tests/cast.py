"""The shared cast: institutions of the published list, a reader with an account, submissions of June 2024."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from kangqiao.access.models import Grant, SecondFactor, User
from kangqiao.access.rights import rights_table
from kangqiao.base.clock import BEIJING
from kangqiao.intake.models import Submission, SubmissionState
from kangqiao.oversight.statistics.actions import record_daily_facts
from kangqiao.registry.actions import ensure_institutions
from kangqiao.registry.queries import institution_by_text

DISTRICT = "江宁区"
HOSPITAL = "江苏省中医院"
OTHER_HOSPITAL = "南京鼓楼医院"
JUNE = date(2024, 6, 1)
MORNING = datetime(2024, 6, 10, 8, 30, tzinfo=BEIJING)

_numbers = count(1)


def account(role: str, institution: str | None = None, *, name: str = "") -> User:
    """An account with one role, for the institution of that name; with a second factor where the role asks for one."""
    ensure_institutions()
    name = name or (f"{role}-{institution}" if institution else role)
    made, _ = User.objects.get_or_create(username=name)
    where = institution_by_text(institution) if institution else None
    Grant.objects.get_or_create(
        account=made, role=role, institution=where, defaults={"granted_at": MORNING, "granted_by": "cast"}
    )
    if rights_table().roles[role].needs_second_factor:
        SecondFactor.objects.get_or_create(account=made, defaults={"secret": "", "confirmed_at": MORNING})
    return made


def reader() -> User:
    """An account that may look at all that institutions have sent."""
    return account("data_manager", name="reader")


def submission(name: str, dataset: str, day: date, **values: Any) -> Submission:
    """A stored, current submission of the institution ``name``; ``values`` change its columns."""
    ensure_institutions()
    number = next(_numbers)
    filled = {
        "id": f"{number:026d}",
        "load_id": "0" * 26,
        "institution": institution_by_text(name),
        "institution_text": name,
        "channel": "scheduled",
        "dataset": dataset,
        "day": day,
        "day_text": day.isoformat(),
        "state": SubmissionState.STORED,
        "is_current": True,
        "file_name": f"{name}/scheduled/{dataset}/{day}.csv",
        "received_at": MORNING + timedelta(seconds=number),
        **values,
    }
    filled.setdefault("stored", filled.get("received", 0) - filled.get("duplicate", 0) - filled.get("rejected", 0))
    return Submission.objects.create(**filled)


def counted(name: str, dataset: str, day: date, **values: Any) -> Submission:
    """A submission whose day is among the facts."""
    item = submission(name, dataset, day, **values)
    record_daily_facts([item])
    return item
