"""The list of background jobs: who sees it, who may retry and discard, and that both are written down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from tests.cast import HOSPITAL, account

from kangqiao.access.audit.models import AuditEvent
from kangqiao.base.clock import BEIJING
from kangqiao.jobs.models import Job, JobState

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 6, 10, 12, tzinfo=BEIJING)


def job(number: int = 1, **values: Any) -> Job:
    filled = {
        "id": f"{number:026d}", "task": "uploads.load", "state": JobState.GIVEN_UP, "run_at": NOON, "attempts": 8,
        "reason": "文件有误。", "created_at": NOON, "finished_at": NOON, **values,
    }  # fmt: skip
    return Job.objects.create(**filled)


def signed_in(role: str, institution: str | None = None) -> Client:
    client = Client()
    client.force_login(account(role, institution))
    return client


def changes() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(verb__startswith="job.").values_list("verb", "subject"))


def test_the_list_says_what_was_given_up_and_why() -> None:
    job()
    page = signed_in("data_manager").get("/jobs/").content.decode()
    assert "有 1 项任务多次执行不成，已放弃" in page
    assert "<td>文件有误。</td>" in page
    assert '<td class="number">8</td>' in page


def test_nothing_given_up_is_said_in_words_and_an_unknown_state_is_absent() -> None:
    client = signed_in("data_manager")
    assert "没有放弃的任务，一切正常。" in client.get("/jobs/").content.decode()
    assert "没有等待的任务。" in client.get("/jobs/?state=waiting").content.decode()
    assert client.get("/jobs/?state=lost").status_code == 404


def test_a_retry_is_written_down_with_the_change() -> None:
    item = job()
    answer = signed_in("data_manager").post(f"/jobs/{item.pk}/retry")
    item.refresh_from_db()
    assert (answer.status_code, item.state, item.attempts) == (302, "waiting", 0)
    assert changes() == [("job.retry", item.pk)]


def test_a_second_click_changes_and_writes_nothing() -> None:
    item, client = job(), signed_in("data_manager")
    assert [client.post(f"/jobs/{item.pk}/discard").status_code for _ in range(2)] == [302, 302]
    item.refresh_from_db()
    assert item.state == "discarded"
    assert changes() == [("job.discard", item.pk)]


def test_an_absent_job_and_a_plain_link_change_nothing() -> None:
    item, client = job(), signed_in("data_manager")
    assert client.post(f"/jobs/{'9' * 26}/retry").status_code == 404
    assert client.get(f"/jobs/{item.pk}/retry").status_code == 405
    item.refresh_from_db()
    assert (item.state, changes()) == ("given_up", [])


@pytest.mark.parametrize(("role", "institution"), [("institution_engineer", HOSPITAL), ("statistician", None)])
def test_others_neither_see_nor_change_it(role: str, institution: str | None) -> None:
    item, client = job(), signed_in(role, institution)
    assert client.get("/jobs/").status_code == 403
    assert client.post(f"/jobs/{item.pk}/retry").status_code == 403
    item.refresh_from_db()
    assert (item.state, changes()) == ("given_up", [])
