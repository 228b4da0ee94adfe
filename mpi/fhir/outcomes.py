"""OperationOutcome: what went wrong, or what else is to be said, in FHIR's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from mpi.fhir.elements import Plain, filled

PROBLEMS = "urn:mpi:problem"
"""The code system of the stable codes of our errors."""
SPINE = "https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode"
"""That of the national service."""

Severity = Literal["fatal", "error", "warning", "information"]


def outcome(
    code: str,
    diagnostics: str,
    *,
    severity: Severity = "error",
    codes: Iterable[tuple[str, str]] = (),
    title: str = "",
) -> Plain:
    """An OperationOutcome of one issue.

    Args: code, of FHIR's issue types; diagnostics, what happened and what to do, never a value of a
    person; codes, finer ones, each a system and a code; title, a sentence for anybody.

    >>> outcome("not-found", "There is none.")["issue"][0]["code"]
    'not-found'
    """
    coding = [{"system": system, "code": finer} for system, finer in codes]
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            filled(
                {
                    "severity": severity,
                    "code": code,
                    "details": filled({"coding": coding, "text": title}),
                    "diagnostics": diagnostics,
                }
            )
        ],
    }
