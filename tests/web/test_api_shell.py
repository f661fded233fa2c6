"""The shell of the API: every refusal is a problem (RFC 9457), and every operation asks for a key."""

from __future__ import annotations

import json

import pytest
from django.http import Http404, HttpRequest
from django.test import Client, RequestFactory
from ninja import NinjaAPI, Router, Schema
from ninja.errors import HttpError
from pydantic import Field
from tests.cast import account

from kangqiao.base.errors import CallRefused, RequestRefused, StateConflict
from kangqiao.web.api import JsonParser, api
from kangqiao.web.api_page import curl, example_of
from kangqiao.web.problems import PROBLEMS, problem
from kangqiao.web.wrong_fields import wrong_fields


class Row(Schema):
    name: str = Field(max_length=4)
    age: int = Field(ge=0)


class Call(Schema):
    rows: list[Row] = Field(max_length=2)


@pytest.fixture(scope="module")
def trial() -> NinjaAPI:
    """An API with the platform's parser and refusals, and one operation of its own."""
    trial = NinjaAPI(urls_namespace="trial", parser=JsonParser(), docs_url=None)
    trial._exception_handlers = api._exception_handlers
    router = Router()

    @router.post("/rows")
    def rows(request: HttpRequest, call: Call) -> int:
        raised = {
            "many": CallRefused(429, "rate.exceeded", "请等候。", headers={"Retry-After": "7"}),
            "ref": RequestRefused("day.wrong", "日期有误。"),
            "now": StateConflict("not yet"),
            "non": Http404(),
            "http": HttpError(406, "english"),
        }
        if call.rows and call.rows[0].name in raised:
            raise raised[call.rows[0].name]
        return len(call.rows)

    trial.add_router("", router)
    return trial


def ask(trial: NinjaAPI, body: object, content_type: str = "application/json"):
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = RequestFactory().post("/rows", sent, content_type=content_type)
    view = next(pattern.callback for pattern in trial.urls[0] if str(pattern.pattern) == "rows")
    return view(request)


def told(response) -> tuple[int, str, str, list]:
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert (body["status"], body["type"]) == (response.status_code, f"/api/#{body['code']}")
    return response.status_code, body["code"], body["detail"], body["errors"]


def test_wrong_fields_are_named_with_their_rows_and_never_their_values(trial: NinjaAPI) -> None:
    rows = [{"name": "甲", "age": 1}, {"name": "赵钱孙李周", "age": "x"}]
    status, code, _, errors = told(ask(trial, {"rows": rows}))
    assert (status, code) == (422, "body.wrong")
    assert errors == [
        {"field": "rows.1.name", "row": 2, "message": "太长，至多 4 个字符。"},
        {"field": "rows.1.age", "row": 2, "message": "应为整数。"},
    ]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"rows": NaN}', b'{"rows": Infinity}'])
def test_what_is_no_json_is_refused_as_such(trial: NinjaAPI, body: bytes) -> None:
    assert told(ask(trial, body))[:3] == (400, "body.json", "请求内容不是正确的 JSON（UTF-8 编码）。")


@pytest.mark.parametrize("body", [[], "text", 1, None, {"rows": {}}, {"rows": [[]]}, {"rows": "x"}])
def test_other_shapes_are_wrong_fields(trial: NinjaAPI, body: object) -> None:
    assert told(ask(trial, body))[:2] == (422, "body.wrong")


def test_another_format_is_refused(trial: NinjaAPI) -> None:
    answer = told(ask(trial, b"a=1", "application/x-www-form-urlencoded"))
    assert answer == (415, "body.format", "请求内容应为 application/json。", [])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("many", (429, "rate.exceeded", "请等候。", [])),
        ("ref", (422, "day.wrong", "日期有误。", [])),
        ("now", (409, "state.conflict", PROBLEMS[409][2], [])),
        ("non", (404, "address.unknown", PROBLEMS[404][2], [])),
        ("http", (406, "answer.format", PROBLEMS[406][2], [])),
    ],
)
def test_errors_of_the_house_have_their_status(trial: NinjaAPI, name: str, expected: tuple) -> None:
    answer = ask(trial, {"rows": [{"name": name, "age": 1}]})
    assert told(answer) == expected
    if name == "many":
        assert answer["Retry-After"] == "7"


@pytest.mark.django_db
def test_the_framework_s_own_refusals_are_problems_too() -> None:
    client = Client(raise_request_exception=False)
    assert told(client.get("/api/v1/nothing"))[:2] == (404, "address.unknown")
    assert told(client.get("/api/v1/nothing\x00"))[:2] == (400, "request.malformed")


def test_a_status_without_an_entry_takes_the_nearest() -> None:
    assert told(problem(418))[:2] == (418, "request.malformed")
    assert told(problem(599))[:2] == (599, "platform.fault")


def test_places_in_queries_are_named_as_the_sender_wrote_them() -> None:
    found = wrong_fields([{"loc": ("query", "page"), "type": "int_parsing"}, {"loc": ("body", "x"), "type": "strange"}])
    assert found == [
        {"field": "page", "row": None, "message": "应为整数。"},
        {"field": "x", "row": None, "message": "内容不合要求，请对照接口说明。"},
    ]


def test_every_operation_of_the_api_asks_for_a_key() -> None:
    document = api.get_openapi_schema()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert [operation["operationId"] for operation in operations if not operation.get("security")] == []


@pytest.mark.django_db
def test_the_page_shows_the_api_in_chinese_and_the_codes_of_refusals() -> None:
    client = Client()
    client.force_login(account("statistician"))
    page = client.get("/api/").content.decode()
    assert "<h1>接口说明</h1>" in page
    for code, _title, text in PROBLEMS.values():
        assert f'id="{code}"' in page
        assert text in page


def test_examples_are_put_together_from_the_schema() -> None:
    schema = Call.model_json_schema(ref_template="#/components/schemas/{model}")
    document = {"components": {"schemas": schema.pop("$defs")}}
    assert example_of(schema, document) == {"rows": [{"name": "", "age": 0}]}
    assert curl(
        "POST", "http://h/x/{id}", [{"in": "path", "name": "id", "schema": {}}], "application/json", {"a": 1}
    ) == (
        "curl -X POST \\\n  -H \"Authorization: Bearer $KEY\" \\\n  -H 'Content-Type: application/json' \\\n"
        "  -d '{\"a\": 1}' \\\n  http://h/x/id"
    )
