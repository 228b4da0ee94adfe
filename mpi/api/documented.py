"""What routes say about their answers in the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from mpi.api.batch_schemas import AskedBatch
from mpi.api.change_schemas import AskedDecision, GivenRecord
from mpi.api.examples import fill
from mpi.api.history_schemas import PersonAsOf
from mpi.api.match_schemas import AskedRecord
from mpi.api.media import JSON
from mpi.api.problems import MEDIA_TYPE, problem, status_of
from mpi.api.schemas import Problem, Schema
from mpi.errors import (
    MPIError,
    NotAuthenticated,
    NotPermitted,
    PurposeNotPermitted,
    TooLarge,
    TooManyRequests,
    UnsupportedFormat,
)

Responses = dict[int | str, dict[str, Any]]
_SCHEMAS = "#/components/schemas/"
_PROBLEM = _SCHEMAS + Problem.__name__
SCHEMES: Mapping[str, Any] = MappingProxyType(
    {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An OAuth 2 access token with the scope of the operation, and the "
            "purpose of use in the claim `purpose_of_use` or the header `X-Purpose-Of-Use`.",
        },
        "development": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "A key of the policy, in place of a token; on a developer's machine.",
        },
    }
)
"""How a caller shows who it is, where the service has a policy."""
_REQUEST = "7b1f0c52a9e94d0f8f3c6f1f0a2b3c4d"
PARAMETERS: Mapping[str, Any] = MappingProxyType(
    {
        "X-Request-ID": {
            "name": "X-Request-ID",
            "in": "header",
            "description": "A name for the request, which its answer and the log repeat. Up to 64 "
            "letters, digits and `.-_`, or a UUID; what could be an identifier of somebody is "
            "replaced by a name of ours.",
            "schema": {"type": "string", "examples": [_REQUEST]},
        },
        "X-Purpose-Of-Use": {
            "name": "X-Purpose-Of-Use",
            "in": "header",
            "description": "What the answer is for: a code of HL7's PurposeOfUse or one of the "
            "policy's own. Needed where the policy allows the client several and the token names "
            "none.",
            "schema": {"type": "string", "examples": ["TREAT"]},
        },
    }
)
"""What any request may say."""
HEADERS: Mapping[str, Any] = MappingProxyType(
    {
        name: {"description": said, "schema": {"type": "string", "examples": [example]}}
        for name, said, example in (
            ("X-Request-ID", "The name of the request; quote it when asking about it.", _REQUEST),
            ("WWW-Authenticate", "How to show who asks.", "Bearer"),
            ("Retry-After", "Seconds until it makes sense to ask again.", "1"),
            (
                "Location",
                "Where the person is now.",
                "/v1/persons/019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e6001",
            ),
        )
    }
)
"""Headers of answers."""
_HEADERS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "308": ("Location",),
        "401": ("WWW-Authenticate",),
        "429": ("Retry-After",),
        "503": ("Retry-After",),
    }
)


def answer(description: str, example: Mapping[str, Any]) -> dict[str, Any]:
    """A successful answer, with an example; as text, since FastAPI takes out what is null."""
    content = {"example": orjson.dumps(example).decode()}
    return {"description": description, "content": {JSON: content}}


def with_schemas(described: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI description with what FastAPI does not see.

    It describes the models of `application/json` answers only: not those of problems, nor of
    bodies that routes read themselves; nor what stands around every route.
    """
    components = described["components"]
    schemas = components["schemas"]
    for model in (Problem, AskedRecord, AskedBatch, GivenRecord, AskedDecision, PersonAsOf):
        schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    fill(schemas)
    components["securitySchemes"] = dict(SCHEMES)
    components["headers"] = dict(HEADERS)
    components["parameters"] = dict(PARAMETERS)
    for path in described["paths"].values():
        for operation in path.values():
            _surround(operation)
    return described


def _surround(operation: dict[str, Any]) -> None:
    """Add what every request may say and every answer says."""
    said = ["X-Request-ID"]
    if str(int(status_of(NotAuthenticated))) in operation["responses"]:
        operation["security"] = [{}, *({name: []} for name in SCHEMES)]
        said.append("X-Purpose-Of-Use")
    references = [{"$ref": f"#/components/parameters/{name}"} for name in said]
    operation["parameters"] = [*operation.get("parameters", ()), *references]
    for status, response in operation["responses"].items():
        content = response["content"].get(JSON)
        if content:
            content["example"] = orjson.loads(content["example"])
        names = ["X-Request-ID", *_HEADERS_OF.get(status, ())]
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        response["headers"] = {**response.get("headers", {}), **headers}


def asked(description: str, model: type[Schema], example: Mapping[str, Any]) -> dict[str, Any]:
    """A body that a route reads itself, as an operation's own part of the description."""
    content = {"schema": {"$ref": _SCHEMAS + model.__name__}, "example": dict(example)}
    body = {"required": True, "description": description, "content": {JSON: content}}
    return {"requestBody": body}


def problems(*errors: type[MPIError]) -> Responses:
    """The problems that a route can answer with, and any other, each with an example."""
    by_status: dict[int, dict[str, type[MPIError]]] = {}
    for error in errors:
        by_status.setdefault(int(status_of(error)), {})[error.code] = error
    found: Responses = {
        status: _problem_response([_example(error) for error in by_code.values()])
        for status, by_code in sorted(by_status.items())
    }
    return found | {"default": _problem_response([_UNFORESEEN], "Any other problem.")}


def _example(error: type[MPIError]) -> dict[str, Any]:
    return problem(_REQUEST, status_of(error), error.code, error.sentence())


_UNFORESEEN = problem(_REQUEST, 500, "internal-server-error", "Internal Server Error.")


def _problem_response(examples: list[dict[str, Any]], said: str = "") -> dict[str, Any]:
    description = said or " ".join(f"`{each['code']}`: {each['title']}" for each in examples)
    named = {each["code"]: {"summary": each["title"], "value": each} for each in examples}
    content = {"schema": {"$ref": _PROBLEM}, "examples": named}
    return {"description": description, "content": {MEDIA_TYPE: content}}


REFUSALS = (NotAuthenticated, NotPermitted, PurposeNotPermitted, TooManyRequests)
"""What a policy can answer in place of any route that tells something."""
BODY = (TooLarge, UnsupportedFormat)
"""What can be wrong with a body before it is looked at."""
