"""What routes say about their answers in the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpi.api.problems import MEDIA_TYPE, problem, status_of
from mpi.api.schemas import Problem
from mpi.errors import MPIError

Responses = dict[int | str, dict[str, Any]]
_PROBLEM = f"#/components/schemas/{Problem.__name__}"
_REQUEST = "7b1f0c52a9e94d0f8f3c6f1f0a2b3c4d"


def answer(description: str, example: Mapping[str, Any]) -> dict[str, Any]:
    """A successful answer, with an example."""
    return {"description": description, "content": {"application/json": {"example": example}}}


def with_problem(described: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI description with the schema that every problem in it refers to.

    FastAPI itself only describes the models of `application/json`.
    """
    schemas = described["components"]["schemas"]
    schemas.setdefault(Problem.__name__, Problem.model_json_schema())
    return described


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
