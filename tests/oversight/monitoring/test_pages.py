"""The desk's pages: who may see what, filters in the address, exports, the day."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO

import pytest
from django.test import Client
from openpyxl import load_workbook
from tests.cast import DISTRICT, HOSPITAL, OTHER_HOSPITAL, account, counted, reader

from kangqiao.access.audit.models import AuditEvent
from kangqiao.registry.queries import institution_by_text

pytestmark = pytest.mark.django_db

DAY = date(2024, 6, 3)
PAGES = [
    "/monitoring/2024-06/",
    "/monitoring/2024-06/cells.json",
    "/monitoring/2024-06/datasets/",
    "/monitoring/2024-06/realtime/",
    "/monitoring/2024-06/days.csv",
    "/monitoring/2024-06/datasets.csv",
    "/monitoring/2024-06/realtime.csv",
]


@pytest.fixture(autouse=True)
def _days(db):
    counted(HOSPITAL, "lab_report", DAY, received=100, rejected=10)
    counted(OTHER_HOSPITAL, "lab_report", DAY, received=50)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("address", PAGES)
def test_the_centre_sees_every_institution(address):
    text = signed_in(reader()).get(address).content.decode()
    assert (institution_by_text(HOSPITAL).code in text, institution_by_text(OTHER_HOSPITAL).code in text) == (
        True,
        True,
    )


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("query", ["", "?institution=OTHER", "?kind=hospital"])
def test_an_engineer_sees_the_own_institution_alone(address, query):
    other = institution_by_text(OTHER_HOSPITAL).code
    client = signed_in(account("institution_engineer", HOSPITAL))
    text = client.get(address + query.replace("OTHER", other)).content.decode()
    shown = (OTHER_HOSPITAL, f'data-code="{other}"', f"/monitoring/{other}/", f'"code": "{other}"', f"{other},")
    assert [item for item in shown if item in text] == []
    if "OTHER" not in query:
        assert institution_by_text(HOSPITAL).code in text


def test_absent_and_forbidden_days_answer_alike_and_the_forbidden_one_is_noted():
    client = signed_in(account("institution_engineer", HOSPITAL))
    other = institution_by_text(OTHER_HOSPITAL).code
    forbidden = client.get(f"/monitoring/{other}/2024-06-03/")
    absent = client.get("/monitoring/NJ-X99/2024-06-03/")
    assert (forbidden.status_code, absent.status_code) == (404, 404)
    assert forbidden.content == absent.content
    events = AuditEvent.objects.filter(outcome="refused")
    assert [(item.verb, item.subject) for item in events] == [("access.refused", f"monitoring {other}")]


@pytest.mark.parametrize("address", [*PAGES, "/monitoring/NJ-H01/2024-06-03/", "/monitoring/events?month=2024-06"])
def test_an_auditor_may_not_and_nobody_is_sent_to_sign_in(address):
    assert signed_in(account("auditor")).get(address).status_code == 403
    assert Client().get(address).status_code == 302


def test_the_filter_is_kept_in_every_address_of_the_page():
    page = signed_in(reader()).get("/monitoring/2024-06/?kind=hospital&dataset=lab_report").content.decode()
    assert "/monitoring/2024-06/days.csv?kind=hospital&amp;dataset=lab_report" in page
    assert "/monitoring/2024-05/?kind=hospital&amp;dataset=lab_report" in page
    assert f"/monitoring/{institution_by_text(HOSPITAL).code}/2024-06-03/?kind=hospital&amp;dataset=lab_report" in page
    assert DISTRICT not in page


def test_what_is_not_known_narrows_nothing():
    page = signed_in(reader()).get("/monitoring/2024-06/?kind=zoo&dataset=nothing").content.decode()
    assert page.count("data-code=") == 51


def test_who_needs_someone_stands_first_and_alone_for_htmx():
    client = signed_in(reader())
    page = client.get("/monitoring/2024-06/?dataset=lab_report&channel=scheduled&kind=hospital")
    part = client.get(
        "/monitoring/2024-06/?dataset=lab_report&channel=scheduled&kind=hospital",
        headers={"HX-Request": "true", "HX-Target": "needs"},
    )
    assert b"<html" not in part.content
    assert part.context["needs_all"] == page.context["needs_all"] == 39
    weights = [item.weight for item in [*page.context["needs"], *page.context["needs_more"]]]
    assert weights == sorted(weights, reverse=True)
    assert [str(item.cell.day) for item in page.context["needs_more"] if item.name == HOSPITAL] == ["2024-06-30"]


def test_exports_are_exactly_what_is_shown():
    client = signed_in(reader())
    query = "?kind=hospital&channel=scheduled&dataset=lab_report"
    board = client.get(f"/monitoring/2024-06/{query}").context["board"]
    answer = client.get(f"/monitoring/2024-06/days.csv{query}")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["机构编号", "机构", "2024-06-01"]
    assert rows[1:] == [
        [row.code, row.name, *(f"{cell.title} {cell.text}" for cell in row.cells)] for row in board.rows
    ]
    assert rows[1][4] == "拒收多 1/1"
    book = load_workbook(BytesIO(client.get(f"/monitoring/2024-06/days.xlsx{query}").content)).active
    assert [[cell.value for cell in line] for line in book.iter_rows(max_row=len(rows))] == rows


def test_a_day_dataset_by_dataset():
    code = institution_by_text(HOSPITAL).code
    page = signed_in(reader()).get(f"/monitoring/{code}/2024-06-03/")
    entries = {(item.channel, item.dataset): item for item in page.context["page"].entries}
    lab = entries["scheduled", "lab_report"]
    assert (lab.state, lab.received, lab.stored, lab.rejected, lab.arrival.submissions) == (
        "many_rejected",
        100,
        90,
        10,
        1,
    )
    assert entries["realtime", "lab_report"].state == "missing"
    assert len(entries) == 32
    address = f"/submissions/?institution={code}&amp;channel=scheduled&amp;dataset=lab_report&amp;day_from=2024-06-03"
    assert address in page.content.decode()


@pytest.mark.parametrize(
    "address", ["/monitoring/2024-13/", "/monitoring/NJ-H01/2024-02-30/", "/monitoring/2024-06/days.pdf"]
)
def test_what_is_no_month_day_or_form_is_not_found(address):
    assert signed_in(reader()).get(address).status_code == 404


def test_the_newest_month_with_data():
    assert signed_in(reader()).get("/monitoring/").url == "/monitoring/2024-06/"


def test_a_server_that_cannot_keep_a_line_open_says_so():
    answer = signed_in(reader()).get("/monitoring/events?month=2024-06")
    assert (answer.status_code, answer.json()["code"]) == (501, "monitoring.no_stream")
    assert answer["Content-Type"] == "application/problem+json"
