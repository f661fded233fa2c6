"""Lines of the log without personal data, and figures for whoever may collect them."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from django.test import Client, RequestFactory
from tests.cast import account

from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import current_home
from kangqiao.web.log_lines import JsonLines, PlainLines, logging_settings, speechless
from kangqiao.web.metrics import may_collect

ID_NO = "320102199001011234"
FORMATTERS = [PlainLines(), JsonLines("%(message)s", json_ensure_ascii=False)]


def record(message: str, *args: object, error: bool = False) -> logging.LogRecord:
    return logging.LogRecord("trial", logging.ERROR, __file__, 1, message, args, sys.exc_info() if error else None)


@pytest.mark.parametrize("lines", FORMATTERS, ids=["plain", "json"])
def test_numbers_of_persons_are_masked_and_words_of_errors_left_out(lines: logging.Formatter) -> None:
    try:
        raise ValueError(f"张三 {ID_NO}")
    except ValueError:
        line = lines.format(record("row of %s", ID_NO, error=True))
    assert "3201**********1234" in line
    assert "builtins.ValueError" in line
    assert ID_NO not in line
    assert "ValueError: 张三" not in line


def test_our_own_refusals_speak_and_what_caused_them_does_not() -> None:
    try:
        try:
            raise KeyError("张三")
        except KeyError as error:
            raise RequestRefused("day.wrong", "日期有误。") from error
    except RequestRefused as error:
        said = speechless(error)
    assert said.endswith("kangqiao.base.errors.RequestRefused: day.wrong: 日期有误。")
    assert "builtins.KeyError\n" in said


def test_the_kind_of_lines_is_chosen_by_name() -> None:
    kinds = {kind: logging_settings(kind)["formatters"]["line"]["()"] for kind in ("json", "plain", "other")}
    assert kinds == {"json": JsonLines, "plain": PlainLines, "other": PlainLines}


@pytest.mark.django_db
def test_a_line_names_route_status_and_account_and_no_values(caplog: pytest.LogCaptureFixture) -> None:
    client = Client()
    client.force_login(account("statistician"))
    with caplog.at_level(logging.INFO, logger="kangqiao.request"):
        answer = client.get(f"/submissions/?dataset={ID_NO}")
        client.get(f"/submissions/{ID_NO}/")
        client.get("/healthz")
    lines = [item for item in caplog.records if item.name == "kangqiao.request"]
    assert [(item.route, item.status, item.who) for item in lines] == [
        ("submissions/", 200, "account:statistician"),
        ("submissions/<slug:submission_id>/", 404, "account:statistician"),
    ]
    assert lines[0].request_id == answer["X-Request-ID"]
    assert ID_NO not in json.dumps([item.__dict__ for item in lines], default=str)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "10.0.0.7"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.0.0.7"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=10.0.0.7"}, False),
        ({"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": "Bearer secret"}, True),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer wrong"}, False),
    ],
)
def test_figures_are_for_this_machine_or_the_token(place: dict[str, str], expected: bool) -> None:
    token = current_home().root / "metrics.token"
    token.write_text("secret\n")
    try:
        assert may_collect(RequestFactory().get("/metrics", **place)) is expected
    finally:
        token.unlink()


@pytest.mark.django_db
def test_figures_tell_of_calls_rows_and_jobs_and_others_find_nothing() -> None:
    client = Client()
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert 'kangqiao_calls_total{method="GET",route="healthz",status="200"}' in text
    assert 'kangqiao_rows{verdict="stored"} 0.0' in text
    assert 'kangqiao_jobs{state="given_up"} 0.0' in text
    assert "kangqiao_jobs_oldest_due_seconds 0.0" in text
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404
