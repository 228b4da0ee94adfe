"""What routes say about their answers in the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mpi.api.batch_schemas import AskedBatch
from mpi.api.change_schemas import AskedDecision, GivenRecord
from mpi.api.history_schemas import PersonAsOf
from mpi.api.match_schemas import AskedRecord
from mpi.api.problems import MEDIA_TYPE, problem, status_of
from mpi.api.schemas import Problem, Schema
from mpi.errors import MPIError, NotAuthenticated, NotPermitted, TooManyRequests

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


def answer(description: str, example: Mapping[str, Any]) -> dict[str, Any]:
    """A successful answer, with an example."""
    return {"description": description, "content": {"application/json": {"example": example}}}


def with_schemas(described: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI description with the schemas that FastAPI does not see.

    It describes the models of `application/json` answers only: not those of problems, nor of
    bodies that routes read themselves.
    """
    schemas = described["components"]["schemas"]
    for model in (Problem, AskedRecord, AskedBatch, GivenRecord, AskedDecision, PersonAsOf):
        schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    described["components"]["securitySchemes"] = dict(SCHEMES)
    for path in described["paths"].values():
        for operation in path.values():
            if str(int(status_of(NotAuthenticated))) in operation["responses"]:
                operation["security"] = [{}, *({name: []} for name in SCHEMES)]
    return described


def asked(description: str, model: type[Schema], example: Mapping[str, Any]) -> dict[str, Any]:
    """A body that a route reads itself, as an operation's own part of the description."""
    content = {"schema": {"$ref": _SCHEMAS + model.__name__}, "example": dict(example)}
    body = {"required": True, "description": description, "content": {"application/json": content}}
    return {"requestBody": body}


def problems(*errors: type[MPIError]) -> Responses:
    """The problems that a route can answer with, and any other, each with an example."""
    found: Responses = {}
    for error in errors:
        code, title, status = error.code, error.sentence(), int(status_of(error))
        example = problem(_REQUEST, status, code, title)
        found[status] = _problem_response(f"`{code}`: {title}", example)
    return found | {"default": _any_other()}


def _any_other() -> dict[str, Any]:
    example = problem(_REQUEST, 500, "internal-server-error", "Internal Server Error.")
    return _problem_response("Any other problem.", example)


def _problem_response(description: str, example: Mapping[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": _PROBLEM}, "example": dict(example)}
    return {"description": description, "content": {MEDIA_TYPE: content}}


REFUSALS = {
    status: response
    for status, response in problems(NotAuthenticated, NotPermitted, TooManyRequests).items()
    if status != "default"
}
"""What a policy can answer in place of any route that tells something."""
