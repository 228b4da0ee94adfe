"""What routes say about their answers in the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpi.api.match_schemas import AskedRecord
from mpi.api.problems import MEDIA_TYPE, problem, status_of
from mpi.api.schemas import Problem, Schema
from mpi.errors import MPIError

Responses = dict[int | str, dict[str, Any]]
_SCHEMAS = "#/components/schemas/"
_PROBLEM = _SCHEMAS + Problem.__name__
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
    for model in (Problem, AskedRecord):
        schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas.setdefault(model.__name__, schema)
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
