"""What every answer of the FHIR API has to be, and what the tests read off it."""

from __future__ import annotations

from mpi.api.fhir.shapes import model_of
from mpi.api.fhir.validating import _check_same
from mpi.api.fhir.xml import from_xml


def resource(answer) -> dict:
    """The resource of an answer in either format, valid by the model of its type."""
    media = answer.headers["content-type"]
    assert media in ("application/fhir+json; charset=utf-8", "application/fhir+xml; charset=utf-8")
    found = from_xml(answer.content) if "xml" in media else answer.json()
    kind = found["resourceType"]
    came_out = model_of(kind).model_validate(found).model_dump(mode="json")
    _check_same(found, came_out, kind)
    return found


def refusal(answer, status: int, code: str, diagnostics: str | None = None) -> dict:
    """The issue of a refusal, which has one, and is of this kind."""
    found = resource(answer)
    assert (answer.status_code, found["resourceType"]) == (status, "OperationOutcome")
    (issue,) = found["issue"]
    assert issue["code"] == code
    if diagnostics is not None:
        assert issue["diagnostics"] == diagnostics
    return issue


def identifiers(parameters: dict) -> set[tuple[str, str]]:
    """The target identifiers of an answer of `$ihe-pix`."""
    found = [
        each["valueIdentifier"]
        for each in parameters.get("parameter", ())
        if each["name"] == "targetIdentifier"
    ]
    return {(each["system"], each["value"]) for each in found}


def targets(parameters: dict) -> list[str]:
    """The Patients that an answer of `$ihe-pix` names."""
    return [
        each["valueReference"]["reference"]
        for each in parameters.get("parameter", ())
        if each["name"] == "targetId"
    ]


def patients(bundle: dict) -> list[dict]:
    """The Patients of a searchset."""
    entries = bundle.get("entry", ())
    return [e["resource"] for e in entries if e["search"]["mode"] == "match"]


def outcomes(bundle: dict) -> list[dict]:
    """The OperationOutcomes of a searchset."""
    entries = bundle.get("entry", ())
    return [e["resource"] for e in entries if e["search"]["mode"] == "outcome"]
