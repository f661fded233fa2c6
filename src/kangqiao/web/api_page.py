"""``/api/``: the API as a page (接口说明), made from the same OpenAPI document that machines read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kangqiao.access.rights import needs
from kangqiao.web.api import api
from kangqiao.web.problems import PROBLEMS

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
DEEPEST = 6
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field of a body or one parameter, as a line of a table."""

    name: str
    title: str
    kind: str
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One operation: what it takes, what it answers, how to try it."""

    method: str
    path: str
    summary: str
    text: str
    parameters: list[ShownField]
    body: list[ShownField]
    answers: list[tuple[str, str]]
    example: str
    answer: str
    tag: str = field(default="")


@needs("dictionary.view")
@require_safe
def api_page(request: HttpRequest) -> HttpResponse:
    """All operations, by what they are for, with examples for curl; then the codes of refusals."""
    document = api.get_openapi_schema(path_prefix="api/v1/")
    host = f"{request.scheme}://{request.get_host()}"
    groups: dict[str, list[ShownCall]] = {}
    for call in shown_calls(document, host):
        groups.setdefault(call.tag, []).append(call)
    refusals = [(status, code, title, text) for status, (code, title, text) in PROBLEMS.items()]
    return render(request, "web/api.html", {"groups": groups, "refusals": refusals, "host": host})


def shown_calls(document: Plain, host: str) -> Iterator[ShownCall]:
    """The operations of an OpenAPI document, in its order."""
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                yield _shown(path, method, operations[method], document, host)


def _shown(path: str, method: str, operation: Plain, document: Plain, host: str) -> ShownCall:
    content = operation.get("requestBody", {}).get("content", {})
    nothing: tuple[str, Plain] = ("", {})
    kind, media = next(iter(content.items()), nothing)
    schema = media.get("schema", {})
    answers = {str(status): answer for status, answer in operation["responses"].items()}
    body = media.get("example") or (example_of(schema, document) if kind == "application/json" else None)
    return ShownCall(
        method.upper(),
        path,
        operation["summary"],
        operation.get("description", ""),
        [_parameter(item) for item in operation.get("parameters", [])],
        list(_fields(schema, document)),
        [(status, _meaning(status, answer)) for status, answer in answers.items()],
        curl(method.upper(), f"{host}{path}", operation.get("parameters", []), kind, body),
        _answer(answers, document),
        next(iter(operation.get("tags", [])), "其他"),
    )


def _meaning(status: str, answer: Plain) -> str:
    known = PROBLEMS.get(int(status)) if status.isdigit() else None
    return known[1] if known else "成功" if status.startswith("2") else str(answer.get("description", ""))


def _answer(answers: Plain, document: Plain) -> str:
    """What the first good answer looks like; empty where it is no JSON."""
    for status, answer in answers.items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if status.startswith("2") and schema:
            return json.dumps(example_of(schema, document), ensure_ascii=False, indent=2)
    return ""


def _parameter(item: Plain) -> ShownField:
    schema = item.get("schema", {})
    place = {"path": "地址", "query": "查询", "header": "请求头", "cookie": "Cookie"}[item["in"]]
    text = str(item.get("description") or schema.get("description", ""))
    return ShownField(item["name"], str(schema.get("title", "")), place, bool(item.get("required")), text)


def _fields(schema: Plain, document: Plain) -> Iterator[ShownField]:
    found = resolved(schema, document)
    required = set(found.get("required", ()))
    for name, item in found.get("properties", {}).items():
        inner = resolved(item, document)
        yield ShownField(
            name,
            str(item.get("title") or inner.get("title", "")),
            _kind(inner),
            name in required,
            str(item.get("description") or inner.get("description", "")),
        )


def _kind(schema: Plain) -> str:
    titles = {
        "string": "文本",
        "integer": "整数",
        "number": "数字",
        "boolean": "是否",
        "array": "数组",
        "object": "对象",
        "null": "空",
    }
    if "anyOf" in schema:
        return "或".join(dict.fromkeys(_kind(item) for item in schema["anyOf"]))
    return titles.get(str(schema.get("type")), "")


def resolved(schema: Plain, document: Plain) -> Plain:
    """The schema itself, or the one it refers to."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def example_of(schema: Plain, document: Plain, depth: int = 0) -> Any:
    """A value that fits: the schema's own example, else one put together from its parts."""
    schema = resolved(schema, document)
    for name in ("example", "const", "default"):
        if schema.get(name) is not None:
            return schema[name]
    if examples := schema.get("examples") or schema.get("enum"):
        return examples[0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], document, depth + 1)
    if "properties" in schema and depth < DEEPEST:
        return {name: example_of(item, document, depth + 1) for name, item in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), document, depth + 1)] if depth < DEEPEST else []
    return {"string": "", "integer": 0, "number": 0, "boolean": False, "object": {}}.get(str(schema.get("type")))


def curl(method: str, address: str, parameters: list[Plain], kind: str, body: Any) -> str:
    """The call as a line for a shell; ``$KEY`` holds the key."""
    parts = [f"curl -X {method}", '-H "Authorization: Bearer $KEY"']
    for item in parameters:
        value = _sample(item)
        if item["in"] == "path":
            address = address.replace("{" + item["name"] + "}", value or item["name"])
        if item["in"] == "header" and value:
            parts.append(f"-H '{item['name']}: {value}'")
    if kind:
        parts.append(f"-H 'Content-Type: {kind}'")
    if body is not None:
        parts.append(f"-d '{json.dumps(body, ensure_ascii=False)}'")
    return " \\\n  ".join([*parts, address])


def _sample(item: Plain) -> str:
    schema = item.get("schema", {})
    examples = item.get("examples") or schema.get("examples") or [item.get("example") or schema.get("example") or ""]
    return str(examples[0]) if isinstance(examples, list) else ""
