"""Audit entries as FHIR R4 AuditEvents, after IHE Basic Audit Log Patterns (BALP).

Where BALP has the raw request and the patient's identifier, these have the keyed hashes that the
audit keeps: nobody who reads an export learns an identifier from it. Beyond BALP, which records no
results, a disclosure says which identifier systems were told, and how sure the index was.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from mpi.access.account import ANSWERED, NOT_FOUND
from mpi.access.operations import Operation
from mpi.access.policy import EntryClass
from mpi.access.purposes import PURPOSES
from mpi.access.reading import Entry

Resource = dict[str, Any]

_BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_REST = "http://hl7.org/fhir/restful-interaction"
_LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_XREQUEST = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"
_IHE = "urn:ihe:event-type-code"
_KEYED = "urn:mpi:audit:keyed"
_SERVER = {"display": "Master person index"}
_SUCCESS, _MINOR, _SERIOUS = "0", "4", "8"
_WRITES = {"created": ("create", "C"), "updated": ("update", "U"), "deleted": ("delete", "D")}
_TRANSACTIONS = {
    Operation.LOOK_UP: "ITI-83",
    Operation.SEARCH: "ITI-78",
    Operation.MATCH: "ITI-119",
    Operation.FEED: "ITI-104",
}


def audit_events(entry: Entry) -> Iterator[Resource]:
    """The AuditEvents of an entry: one for each person in a query, and one for each disclosure.

    Entries about the audit itself have none.
    """
    if entry["class"] == EntryClass.SERVICE:
        return
    for number, event in enumerate(_events(entry)):
        event_id = f"{entry['chain']}-{entry['number']}-{number}"
        yield {"resourceType": "AuditEvent", "id": event_id, **event}


def _events(entry: Entry) -> Iterator[Resource]:
    if entry["class"] == EntryClass.REFUSAL:
        yield _refusal(entry)
    elif entry["class"] == EntryClass.WRITE:
        yield _write(entry)
    else:
        persons = entry.get("persons", [])
        for person in persons or [None]:
            yield _query(entry, person)
        yield from (_disclosure(entry, each) for each in persons if each.get("told"))


def _query(entry: Entry, person: Mapping[str, Any] | None) -> Resource:
    kind = "PatientQuery" if person or entry["asked"] else "Query"
    return {
        **_common(entry, kind, _coding(_TYPE, "rest")),
        "subtype": [_coding(_REST, "search"), _transaction(entry)],
        "action": "E",
        "entity": [*_patient(entry, person), _asked(entry), _request(entry)],
    }


def _disclosure(entry: Entry, person: Mapping[str, Any]) -> Resource:
    """What a recipient was told of one person: the identifiers, as hashes, with confidence."""
    told = [
        {"type": system, "valueString": _with_confidence(hashed, confidence)}
        for system, found in person["told"].items()
        for hashed, confidence in found
    ]
    kept_back = [{"type": "withheld", "valueString": each} for each in person.get("withheld", ())]
    data = {
        "type": _coding(_ENTITY, "2"),
        "role": _coding(_ROLE, "4"),
        "description": f"Cross-references, release {entry.get('release', '')}",
        "detail": [*told, *kept_back, *_grounds(entry)],
    }
    return {
        **_common(entry, "PrivacyDisclosure.Source", _coding(_DCM, "110106", "Export")),
        "subtype": [_coding(_LIFECYCLE, "disclose")],
        "action": "R",
        "entity": [*_patient(entry, person), data, _request(entry)],
    }


def _refusal(entry: Entry) -> Resource:
    return {
        **_common(entry, "AuthZconsent", _coding(_DCM, "110113", "Security Alert")),
        "subtype": [_transaction(entry)],
        "action": "E",
        "outcomeDesc": entry.get("code", ""),
        "entity": [*_patient(entry, None), _asked(entry), _request(entry)],
    }


def _write(entry: Entry) -> Resource:
    interaction, action = _WRITES.get(entry["outcome"], ("update", "U"))
    kind = {"C": "PatientCreate", "D": "PatientDelete"}.get(action, "PatientUpdate")
    source, hashed = entry.get("record", ["", ""])
    record = {"system": f"{_KEYED}:{source}", "value": hashed}
    data = {"what": {"identifier": record}, "type": _coding(_ENTITY, "2"), "role": _role("4")}
    return {
        **_common(entry, kind, _coding(_TYPE, "rest")),
        "subtype": [_coding(_REST, interaction), _transaction(entry)],
        "action": action,
        "entity": [*_patients(entry), data, _request(entry)],
    }


def _patients(entry: Entry) -> list[Resource]:
    """Everybody whom the answer to a change named; else what was asked with."""
    named = [each for person in entry.get("persons", ()) for each in _patient(entry, person)]
    return named or _patient(entry, None)


def _with_confidence(hashed: str, confidence: float | None) -> str:
    """An identifier as told; what was of the past has no confidence."""
    return hashed if confidence is None else f"{hashed} {confidence:.6f}"


def _common(entry: Entry, kind: str, type_: Resource) -> Resource:
    return {
        "meta": {"profile": [_BALP + kind]},
        "type": type_,
        "recorded": entry["at"],
        "outcome": _outcome(entry),
        "purposeOfEvent": _purposes(entry),
        "agent": list(_agents(entry)),
        "source": {"observer": _SERVER, "type": [_coding(_SOURCE_TYPE, "4")]},
    }


def _agents(entry: Entry) -> Iterator[Resource]:
    """The client, this service, and the user on whose behalf the client asked, if it said."""
    client = {
        "type": {"coding": [_coding(_DCM, "110153", "Source Role ID")]},
        "who": {"identifier": {"value": entry["client"]}, "display": entry["organisation"]},
        "requestor": not entry["user"],
        "network": {"address": f"urn:mpi:client:{entry['client']}", "type": "5"},
    }
    yield client | ({"policy": [_jti(entry)]} if entry["token"] else {})
    yield {
        "type": {"coding": [_coding(_DCM, "110152", "Destination Role ID")]},
        "who": _SERVER,
        "requestor": False,
        "network": {"address": "urn:mpi:service", "type": "5"},
    }
    if entry["user"]:
        yield {
            "type": {"coding": [_coding(_PARTICIPATION, "IRCP")]},
            "who": {"identifier": {"value": entry["user"]}},
            "requestor": True,
            "purposeOfUse": _purposes(entry),
        }


def _patient(entry: Entry, person: Mapping[str, Any] | None) -> list[Resource]:
    """The person the event is about: by id as far as known, by what was asked with otherwise."""
    asked = [{"system": f"{_KEYED}:{each}", "value": hashed} for each, hashed in entry["asked"]]
    what: Resource = {"identifier": asked[0]} if asked else {}
    if person:
        what["reference"] = f"Patient/{person['person']}"
    if not what:
        return []
    return [{"what": what, "type": _coding(_ENTITY, "1"), "role": _role("1")}]


def _asked(entry: Entry) -> Resource:
    """The query, with hashes where it had identifiers."""
    asked = "&".join(f"{system}={hashed}" for system, hashed in entry["asked"])
    text = f"{entry['operation']} {asked}".strip()
    return {
        "type": _coding(_ENTITY, "2"),
        "role": _role("24"),
        "description": text,
        "query": b64encode(text.encode()).decode(),
    }


def _request(entry: Entry) -> Resource:
    kind = _coding(_XREQUEST, "XrequestId")
    return {"what": {"identifier": {"value": entry["request"]}}, "type": kind}


def _grounds(entry: Entry) -> Iterator[Resource]:
    """Why it was lawful, and by which policy."""
    for key in ("legal_basis", "regime", "policy"):
        if entry.get(key):
            yield {"type": key.replace("_", "-"), "valueString": entry[key]}


def _transaction(entry: Entry) -> Resource:
    operation = Operation(entry["operation"])
    code = entry.get("transaction") or _TRANSACTIONS.get(operation)
    return _coding(_IHE, code) if code else _coding("urn:mpi:operation", operation)


def _outcome(entry: Entry) -> str:
    if entry["class"] == EntryClass.REFUSAL:
        return _MINOR if entry.get("status", 0) < 500 else _SERIOUS
    return _SUCCESS if entry["outcome"] in (ANSWERED, NOT_FOUND, *_WRITES, "merged") else _MINOR


def _purposes(entry: Entry) -> list[Resource]:
    """The purpose, and for a local code also the one that others can file it under."""
    purpose = PURPOSES.get(entry["purpose"])
    if purpose is None:
        return []
    codings = [_coding(purpose.system, purpose.code, purpose.title)]
    broader = PURPOSES.get(purpose.broader)
    if broader is not None:
        codings.append(_coding(broader.system, broader.code, broader.title))
    return [{"coding": codings}]


def _jti(entry: Entry) -> str:
    return f"urn:ietf:params:oauth:jti:{entry['token']}"


def _role(code: str) -> Resource:
    return _coding(_ROLE, code)


def _coding(system: str, code: str, display: str = "") -> Resource:
    return {"system": system, "code": code} | ({"display": display} if display else {})
