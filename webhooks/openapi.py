"""The read interface's description: OpenAPI 3.1, made from the models and the table of paths."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webhooks import api_models as models

VERSION = "1.0"
KEY_HEADER = "X-API-Key"
_REF = "#/components/schemas/{model}"
PROBLEMS = (400, 401, 404, 413, 429, 500, 503)


@dataclass(frozen=True, slots=True)
class Operation:
    """One path: its method, what it takes in and gives out, and what it may refuse with."""

    path: str
    name: str
    summary: str
    out: type[BaseModel]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    refusals: tuple[int, ...] = (400, 401, 429, 500, 503)

    @property
    def method(self) -> str:
        """The HTTP method; a body needs a POST."""
        return "post" if self.body else "get"


OPERATIONS = (
    Operation("/topics", "topics", "All topics, and which regions have an entry on each", models.TopicList),
    Operation(
        "/entries", "entries", "The entries that are told, by id", models.EntryList, models.EntriesQuery
    ),
    Operation(
        "/entries/{entry_id}",
        "entry",
        "One entry as it may be told today",
        models.Entry,
        refusals=(401, 404, 429, 500, 503),
    ),
    Operation("/search", "search", "The entries whose words fit", models.SearchResult, models.SearchQuery),
    Operation(
        "/ask",
        "ask",
        "The answer to one question, with its source; nothing is stored, booked or handed over",
        models.Answer,
        body=models.Question,
        refusals=(400, 401, 413, 429, 500, 503),
    ),
)


def openapi() -> dict[str, Any]:
    """The whole description."""
    used = {m for one in OPERATIONS for m in (one.out, one.body) if m} | {models.Problem}
    ordered = sorted(used, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "serialization") for model in ordered], ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "银龄医保通 read interface",
            "version": VERSION,
            "description": "What the hotline tells citizens, with its source. Reading only.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": {one.path: {one.method: _operation(one)} for one in OPERATIONS},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": KEY_HEADER}},
            "responses": {str(status): _problem(status) for status in PROBLEMS},
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": _REF.format(model=one.out.__name__)}}}
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "responses": {
            "200": {"description": "Done", "content": content},
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in one.refusals},
        },
    }
    parameters = _parameters(one)
    if parameters:
        described["parameters"] = parameters
    if one.body:
        schema = {"$ref": _REF.format(model=one.body.__name__)}
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _parameters(one: Operation) -> list[dict[str, Any]]:
    if "{entry_id}" in one.path:
        return [
            {
                "name": "entry_id",
                "in": "path",
                "required": True,
                "description": "<topic>.<region or general>",
                "schema": {"type": "string"},
            }
        ]
    if one.query is None:
        return []
    schema = one.query.model_json_schema()
    wanted = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in wanted, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=models.Problem.__name__)}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": schema}},
    }
