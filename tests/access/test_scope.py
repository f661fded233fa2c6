"""An institution's engineer sees that institution and nothing of another's."""

from __future__ import annotations

from datetime import date

import pytest
from tests.cast import HOSPITAL, OTHER_HOSPITAL, account, counted, submission

from kangqiao.access.audit.models import AuditEvent
from kangqiao.registry.queries import institution_by_text

pytestmark = pytest.mark.django_db
DAY = date(2024, 6, 3)


@pytest.fixture
def engineer(client):
    client.force_login(account("institution_engineer", HOSPITAL))
    return client


def test_the_list_its_choices_and_its_export_hold_the_own_institution_alone(engineer):
    own = counted(HOSPITAL, "outpatient_visit", DAY, received=10)
    other = counted(OTHER_HOSPITAL, "outpatient_visit", DAY, received=20)
    nobodys = submission(HOSPITAL, "bed", DAY, institution=None, institution_text="某院", is_current=False)
    page = engineer.get("/submissions/").content.decode()
    export = b"".join(engineer.get("/submissions/export.csv").streaming_content).decode()
    for text in (page, export):
        assert own.pk in text
        assert other.pk not in text
        assert nobodys.pk not in text
        assert OTHER_HOSPITAL not in text


@pytest.mark.parametrize("rest", ["", "rejected.csv"])
def test_anothers_receipt_is_answered_as_one_that_is_not_there(engineer, rest):
    other = counted(OTHER_HOSPITAL, "outpatient_visit", DAY, received=20)
    absent = engineer.get(f"/submissions/{'9' * 26}/{rest}")
    assert AuditEvent.objects.filter(verb="access.refused").count() == 0
    foreign = engineer.get(f"/submissions/{other.pk}/{rest}")
    assert (absent.status_code, foreign.status_code) == (404, 404)
    assert absent.content == foreign.content
    event = AuditEvent.objects.get(verb="access.refused")
    assert (event.subject, event.institution_id, event.outcome) == (other.pk, other.institution_id, "refused")


@pytest.mark.parametrize("address", ["/", "/months/2024-06/", "/matrix/2024-06/", "/tables/2024-06/"])
def test_pages_of_figures_name_no_other_institution(engineer, address):
    counted(HOSPITAL, "outpatient_visit", DAY, received=10)
    counted(OTHER_HOSPITAL, "outpatient_visit", DAY, received=777)
    page = engineer.get(address).content.decode()
    assert OTHER_HOSPITAL not in page
    assert "777" not in page
    assert "秦淮区" not in page


def test_anothers_tables_are_answered_as_absent(engineer):
    counted(OTHER_HOSPITAL, "outpatient_visit", DAY, received=20)
    other, own = institution_by_text(OTHER_HOSPITAL), institution_by_text(HOSPITAL)
    foreign, absent = engineer.get(f"/tables/2024-06/{other.code}/"), engineer.get("/tables/2024-06/NJ-X/")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.content == absent.content
    assert engineer.get(f"/tables/2024-06/{own.code}/").status_code == 200


def test_the_navigation_shows_what_the_role_may_do(engineer):
    page = engineer.get("/").content.decode()
    assert 'href="/submissions/"' in page
    assert 'href="/bulletin/"' not in page
    assert 'href="/accounts/"' not in page


def test_a_role_without_rejected_rows_sees_the_receipt_and_not_the_rows(client):
    client.force_login(account("statistician"))
    item = submission(HOSPITAL, "bed", DAY, received=3, rejected=1)
    page = client.get(f"/submissions/{item.pk}/").content.decode()
    assert "数据上传回执" in page
    assert 'id="rejected"' not in page
    assert not AuditEvent.objects.filter(verb="rejected.view").exists()
