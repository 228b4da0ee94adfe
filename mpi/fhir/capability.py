"""What this server says of itself: the CapabilityStatement and its OperationDefinitions.

Everything stated here is held to by a test: what is listed is served, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mpi.fhir.elements import Plain
from mpi.fhir.pix import MOST_TARGETS
from mpi.fhir.searching import MOST_VALUES

FHIR_VERSION = "4.0.1"
FORMATS = ("application/fhir+json", "application/fhir+xml")
STATED = "2026-11-22"
"""When these statements were last changed."""

SEARCH_PARAMETERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "_id": ("token", "A person id."),
        "active": ("token", "Whether the Patient is in use; all that a search finds are."),
        "identifier": (
            "token",
            "system|value. With the system alone (`system|`, several with commas) the answer is"
            " kept to identifiers of these systems.",
        ),
        "family": ("string", "Start of a family name, `:exact` or `:contains`."),
        "given": ("string", "Start of a given name, `:exact` or `:contains`."),
        "birthdate": ("date", "A whole date of birth; only equality."),
        "gender": ("token", "male or female."),
        "telecom": ("token", "A telephone number or an e-mail address."),
        "address-postalcode": ("string", "Start of a postcode, at least its outward code."),
        "address-city": ("string", "Start of a post town."),
        "address": ("string", "A part of a line, the town or the postcode of an address."),
    }
)
"""The parameters of a search, their types, and what may be said in them."""

PROFILES = (
    "https://profiles.ihe.net/ITI/PIXm/StructureDefinition/IHE.PIXm.Patient",
    "https://profiles.ihe.net/ITI/PDQm/StructureDefinition/IHE.PDQm.Patient",
)
CONDITIONAL = "Only conditionally, by an identifier of a domain that the client feeds (ITI-104)."
_FEEDING = {
    "update": " With active=false and a link replaced-by it merges two records, both of which must"
    " be there. If-Match takes the tag of an earlier answer, which is of the record.",
    "delete": " If-Match is heeded as of an update.",
}
FEEDING = ("create", "update", "delete")
"""What of a record a source may do; the record is always named by an identifier."""


def capability_statement(base: str, version: str) -> Plain:
    """What `GET [base]/metadata` answers. Args: base, the URL of the service; version, of ours."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": STATED,
        "publisher": "The operator of this index",
        "kind": "instance",
        "software": {"name": "Master person index", "version": version},
        "implementation": {"description": "Master person index", "url": base},
        "fhirVersion": FHIR_VERSION,
        "format": [*FORMATS, "json", "xml"],
        "rest": [
            {
                "mode": "server",
                "documentation": "A Patient is a person: what records about one individual, held"
                " by several systems, have in common. What is told depends on who asks, and for"
                " what purpose.",
                "security": {
                    "cors": False,
                    "description": "OAuth 2 bearer tokens, where the operator has set a policy.",
                },
                "resource": [_patient(base)],
            }
        ],
    }


def _patient(base: str) -> Plain:
    operations = ("ihe-pix", "match")
    return {
        "type": "Patient",
        "supportedProfile": list(PROFILES),
        "interaction": [
            *({"code": code} for code in ("read", "search-type")),
            *({"code": e, "documentation": CONDITIONAL + _FEEDING.get(e, "")} for e in FEEDING),
        ],
        "versioning": "no-version",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "documentation": "A search says a family name and a whole birth date, or an identifier or"
        f" id; {MOST_VALUES} values in all. Of too many who fit nobody is named. Who may not search"
        " by what is known about individuals may search by identifier and id alone.",
        "searchParam": [
            {"name": name, "type": kind, "documentation": said}
            for name, (kind, said) in SEARCH_PARAMETERS.items()
        ],
        "operation": [
            {"name": code, "definition": f"{base}/OperationDefinition/{code}"}
            for code in operations
        ],
    }


def operation_definitions(base: str) -> Mapping[str, Plain]:
    """The operations by code; each is what `GET [base]/OperationDefinition/{code}` answers."""
    pix = _operation(base, "ihe-pix", "Find the other identifiers of a patient (IHE ITI-83)")
    pix["parameter"] = [
        _parameter("sourceIdentifier", "in", "1..1", "string", "system|value of one identifier."),
        _parameter(
            *("targetSystem", "in", "0..*", "uri"),
            f"Only identifiers of these systems; {MOST_TARGETS} at most.",
        ),
        _parameter("_format", "in", "0..1", "string", "The format of the answer."),
        _parameter("targetIdentifier", "out", "0..*", "Identifier", "Another identifier."),
        _parameter("targetId", "out", "0..*", "Reference", "A Patient who holds it."),
    ]
    match = _operation(base, "match", "Find who a record is of (FHIR $match, IHE ITI-119)")
    match["parameter"] = [
        _parameter("resource", "in", "1..1", "Patient", "What is known about the individual."),
        _parameter("onlyCertainMatches", "in", "0..1", "boolean", "Nothing unless one is certain."),
        _parameter("count", "in", "0..1", "integer", "The most Patients to return."),
        _parameter(
            "return",
            "out",
            "1..1",
            "Bundle",
            "A searchset, the most likely first. The score is the calibrated probability that the"
            " record is of the Patient, as if there were no other.",
        ),
    ]
    return {"ihe-pix": pix, "match": match}


def _operation(base: str, code: str, title: str) -> Plain:
    return {
        "resourceType": "OperationDefinition",
        "id": code,
        "url": f"{base}/OperationDefinition/{code}",
        "name": code.title().replace("-", ""),
        "title": title,
        "status": "active",
        "kind": "operation",
        "date": STATED,
        "affectsState": False,
        "code": code,
        "resource": ["Patient"],
        "system": False,
        "type": True,
        "instance": False,
    }


def _parameter(name: str, use: str, cardinality: str, kind: str, said: str) -> Plain:
    least, _, most = cardinality.partition("..")
    return {
        "name": name,
        "use": use,
        "min": int(least),
        "max": most,
        "documentation": said,
        "type": kind,
    }
