"""Every page: for a reader, for a stranger, for what does not exist; and what every answer carries."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.cast import DISTRICT, HOSPITAL, JUNE, counted, reader, submission

from kangqiao.intake.models import SubmissionState
from kangqiao.web.middleware import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.django_db
OPEN = {"/healthz", "/sign-in/"}
EXAMPLES = {
    "month": "2024-06",
    "submission_id": "0" * 26,
    "code": "NJ-H01",
    "dataset": "bed",
    "rule": "open_order",
    "value_set": "local.bed_state",
}


@pytest.fixture
def signed_in(client: Client) -> Client:
    client.force_login(reader())
    return client


def addresses(resolver: URLResolver, prefix: str = "/") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found += addresses(entry, prefix + str(entry.pattern))
        else:
            assert isinstance(entry, URLPattern)
            route = str(entry.pattern)
            found.append(prefix + re.sub(r"<(?:\w+:)?(\w+)>", lambda name: EXAMPLES.get(name[1], "0" * 26), route))
    return found


def test_the_first_page_says_who_is_missing(signed_in):
    counted(HOSPITAL, "outpatient_visit", date(2024, 6, 3), received=1000, rejected=5, duplicate=20)
    counted(DISTRICT, "outpatient_visit", date(2024, 6, 3), received=3000)
    submission(
        HOSPITAL, "bed", date(2024, 6, 4), is_current=False, state=SubmissionState.REFUSED,
        refusal_message="文件缺少表头。",
    )  # fmt: skip
    page = signed_in.get("/").content.decode()
    assert "<h1>2024年6月上报概况</h1>" in page
    assert '51 家机构中 2 家已上报，<strong class="act">缺 49 家</strong>' in page
    assert "<dd>4,000<small>条</small></dd>" in page
    assert "<dd>3,975<small>条</small></dd>" in page
    assert "占收到 0.12%" in page
    assert "文件缺少表头。" in page
    assert "<li>秦淮区</li>" in page
    assert f"<li>{HOSPITAL}</li>" not in page


def test_a_month_without_data_says_so(signed_in):
    page = signed_in.get("/months/2030-01/").content.decode()
    assert "2030年1月还没有收到任何数据。" in page


def test_the_calendar_links_each_cell_to_its_submissions(signed_in):
    item = counted(HOSPITAL, "outpatient_visit", date(2024, 6, 3), received=1000, rejected=5)
    assert signed_in.get("/matrix/").headers["Location"] == "/matrix/2024-06/"
    page = signed_in.get("/matrix/2024-06/").content.decode()
    link = "/submissions/?institution=NJ-H01&amp;day_from=2024-06-03&amp;day_to=2024-06-03"
    title = f"{HOSPITAL} 2024-06-03：收到 1 种，应报 32 种；1,000 条，拒收 0.50%"
    assert f'<td class="cell-few"><a href="{link}" title="{title}">1/32</a></td>' in page
    assert "全月齐全 0 家，部分缺报 1 家" in page
    found = signed_in.get(link.replace("&amp;", "&")).content.decode()
    assert f'href="/submissions/{item.pk}/"' in found


def test_the_calendar_of_one_channel(signed_in):
    counted(HOSPITAL, "lab_report", date(2024, 6, 3), received=1, channel="realtime")
    page = signed_in.get("/matrix/2024-06/?channel=realtime").content.decode()
    assert ">1/11</a>" in page
    assert "day_to=2024-06-03&amp;channel=realtime" in page
    assert 'href="/matrix/2024-05/?channel=realtime"' in page
    assert ">1/32</a>" in signed_in.get("/matrix/2024-06/?channel=nonsense").content.decode()


def test_the_bulletin_and_its_downloads(signed_in):
    counted(HOSPITAL, "outpatient_visit", date(2024, 6, 3), received=1234)
    assert signed_in.get("/bulletin/").headers["Location"] == "/bulletin/2024-06/"
    page = signed_in.get("/bulletin/2024-06/").content.decode()
    assert "2024年6月各区数据采集情况" in page
    assert '<td class="number">1,234</td>' in page
    data = signed_in.get("/bulletin/2024-06/tables.json").json()
    assert data[1]["rows"][0] == [HOSPITAL, 1234, 0, "0/11", 1234, "/", 0, "/"]
    book = signed_in.get("/bulletin/2024-06/tables.xlsx")
    assert book.headers["Content-Disposition"] == 'attachment; filename="kangqiao-2024-06.xlsx"'
    assert book.content[:2] == b"PK"


@pytest.mark.parametrize(
    "address",
    ["/matrix/2024-13/", "/bulletin/2024-6/", "/bulletin/2024-00/tables.xlsx", "/months/june/", "/submissions/no/"],
)
def test_what_does_not_exist_is_not_found(signed_in, address):
    response = signed_in.get(address)
    assert response.status_code == 404
    assert "没有找到这一页" in response.content.decode()


def test_pages_are_read_only(signed_in):
    for address in ("/", "/submissions/", "/matrix/2024-06/", "/bulletin/2024-06/"):
        assert signed_in.post(address).status_code == 405


def test_the_health_check_reads_the_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO elsewhere")
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "database unavailable"})


def test_an_error_is_a_sentence_and_a_line_in_the_log(signed_in, caplog):
    signed_in.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE statistics_dailyfact RENAME TO elsewhere")
    response = signed_in.get("/")
    assert response.status_code == 500
    assert "系统出错了" in response.content.decode()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "Internal Server Error: /"
    ]


def test_every_answer_carries_the_policy_and_is_not_kept(signed_in):
    response = signed_in.get("/")
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_load_only_our_own_static_files_and_run_nothing_inline(signed_in):
    counted(HOSPITAL, "outpatient_visit", JUNE, received=1, rejected=1)
    walked = [address for address in addresses(get_resolver()) if address not in ("/sign-out/", "/healthz")]
    for address in walked:
        response = signed_in.get(address, follow=True)
        if "html" not in response.headers["Content-Type"] or response.status_code != 200:
            continue
        page = response.content.decode()
        loaded = re.findall(r'(?:<link[^>]*href|src)="([^"]*)"', page)
        assert len(loaded) >= 4, address  # a page with a chart loads the library of charts, too
        for path in loaded:
            assert path.startswith("/static/"), (address, path)
        page = re.sub(
            r"<pre.*?</pre>", "", page, flags=re.DOTALL
        )  # an example of a call names the platform's own address
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:|https?://", page), address


def test_the_style_sheets_point_nowhere_else():
    for name in ("vendor/tabler.min.css", "web/kangqiao.css"):
        path = finders.find(name)
        if path is None:
            pytest.skip("static/vendor is not built; run make setup")
        with open(path, encoding="utf-8") as handle:
            text = handle.read()
        assert re.findall(r"""url\((?!["']?data:)""", text) == []
        assert "@import" not in text
        assert "sourceMappingURL" not in text
