"""The OpenAPI document: what the framework knows of the operations, and what every operation has in common."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from kangqiao.web.problems import CONTENT_TYPE, PROBLEMS, Problem

EVERYWHERE = (400, 401, 403, 404, 405, 408, 422, 429, 431, 500, 503)
WITH_BODY = (409, 411, 413, 415)
"""Statuses of refusals that any operation, or any with a body, may answer with."""
PROBLEM = {"$ref": "#/components/schemas/Problem"}
METHODS = frozenset({"get", "head", "post", "put", "patch", "delete", "options"})


class DescribedApi(NinjaAPI):
    """An API whose document tells of its refusals, and of the header that numbers each answer."""

    def get_openapi_schema(self, **values: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**values)
        document["components"]["schemas"].update(_schemas())
        for operations in document["paths"].values():
            for method, operation in operations.items():
                if method in METHODS:
                    _complete(operation)
        return document


def _schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    return {**schema.pop("$defs"), "Problem": schema}


def _complete(operation: dict[str, Any]) -> None:
    statuses = EVERYWHERE + (WITH_BODY if "requestBody" in operation else ())
    answers = {int(status): dict(answer) for status, answer in operation["responses"].items()}
    for status in sorted(set(statuses) | {status for status in answers if status >= 400}):
        answers[status] = _refusal(status, answers.get(status, {}))
    operation["responses"] = {str(status): answers[status] for status in sorted(answers)}


def _refusal(status: int, given: dict[str, Any]) -> dict[str, Any]:
    code, title, text = PROBLEMS.get(status, PROBLEMS[400])
    example = {"type": f"/api/#{code}", "title": title, "status": status, "detail": text, "code": code, "errors": []}
    content = {CONTENT_TYPE: {"schema": PROBLEM, "example": example}}
    return {**given, "description": title, "content": content}
