"""From a problem (RFC 9457) back to the error of ours that it names."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from mpi.errors import MPIError, RequestRefused, all_errors


def error_of(response: httpx.Response) -> MPIError:
    """The error that an unwelcome answer stands for; one without a code of ours: RequestRefused.

    It carries what the service said of it and `request`, which the service's log has as well.
    """
    body = {"status": response.status_code, **_problem(response)}
    return error_from(body, response.headers.get("x-request-id"))


def error_from(problem: Mapping[str, object], request: str | None) -> MPIError:
    """The error that a problem names, in a request."""
    code = str(problem.get("code", ""))
    kind = {each.code: each for each in all_errors()}.get(code)
    detail = str(problem.get("detail") or "")
    if kind is None:
        said = " ".join(part for part in (str(problem.get("title", "")), detail) if part)
        return RequestRefused(
            said, status=problem.get("status"), code=code or None, request=request
        )
    return kind(detail, request=request)


def _problem(response: httpx.Response) -> dict[str, object]:
    """The body, if it is a problem; a proxy in between may answer with anything."""
    kind = response.headers.get("content-type", "").partition(";")[0]
    if kind != "application/problem+json":
        return {}
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
