"""`$ihe-pix` (IHE ITI-83): what is asked, and the Parameters that answer.

Rules: IHE PIXm 3.1, section 2:3.83. A `targetId` names each person who holds the identifier, and a
`targetIdentifier` each other identifier of theirs. Where several persons hold it, nobody can say
whose identifiers are meant: then there are `targetId`s alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mpi.errors import (
    InvalidParameter,
    UnknownSourceDomain,
    UnknownTargetDomain,
)
from mpi.fhir.domains import Domains, same
from mpi.fhir.elements import Element, Plain, items, text
from mpi.fhir.tokens import Token, token
from mpi.records import Identifier, Person

NOT_FOUND = "sourceIdentifier Patient Identifier not found"
UNKNOWN_SOURCE = "sourceIdentifier Assigning Authority not found"
UNKNOWN_TARGET = "targetSystem not found"
SOURCE, TARGET, FORMAT = "sourceIdentifier", "targetSystem", "_format"

Pairs = Sequence[tuple[str, str]]
"""Parameters of a query in their order; one name may come several times."""

MOST_TARGETS = 64
"""Target systems of one question; there are not as many."""
NAMES = (SOURCE, TARGET, FORMAT)
_VALUES = ("valueString", "valueUri", "valueCode")


@dataclass(frozen=True, slots=True)
class PixQuery:
    """Who is asked about, and the systems to which the answer is to be kept.

    `source` is an identifier in our words, or None with `person_id` where it is one of our own
    Patients. `targets` are URIs; empty for all.
    """

    source: Identifier | None
    person_id: str = ""
    targets: frozenset[str] = frozenset()


def query_of(parameters: Pairs, domains: Domains, base: str) -> PixQuery:
    """What a query asks.

    Args: base, the URL of this service, as whose Patient somebody may be named.
    Raises InvalidParameter, UnknownSourceDomain, UnknownTargetDomain.
    """
    sources = [value for name, value in parameters if name == SOURCE]
    if len(sources) != 1:
        raise InvalidParameter("It is given once.", parameter=SOURCE)
    asked = token(sources[0])
    person_id = _own_patient(asked, base)
    source = None if person_id else _source(asked, domains)
    targets = [value for name, value in parameters if name == TARGET]
    if len(targets) > MOST_TARGETS:
        raise InvalidParameter(f"It is given {MOST_TARGETS} times at most.", parameter=TARGET)
    return PixQuery(source, person_id, frozenset(_target(each, domains) for each in targets))


def pairs_of(parameters: Element) -> list[tuple[str, str]]:
    """The same parameters from a Parameters resource. Raises InvalidResource, InvalidParameter."""
    return [(text(each, "name"), _said(each)) for each in items(parameters, "parameter")]


def answer(persons: Iterable[Person], query: PixQuery, domains: Domains) -> Plain:
    """The Parameters for persons who hold the identifier, with what may be told of them."""
    found = list(persons)
    parameter: list[Plain] = []
    for person in found:
        told = _identifiers(person, query, domains) if len(found) == 1 else []
        if query.targets and not told and len(found) == 1:
            continue
        reference = {"reference": f"Patient/{person.person_id}"}
        parameter.append({"name": "targetId", "valueReference": reference})
        parameter += ({"name": "targetIdentifier", "valueIdentifier": each} for each in told)
    body: Plain = {"resourceType": "Parameters"}
    return body | ({"parameter": parameter} if parameter else {})


def _identifiers(person: Person, query: PixQuery, domains: Domains) -> list[Plain]:
    """The other identifiers of a person, in the systems asked for; never the one asked with."""
    found = []
    for each in person.cross_references:
        uri, value = domains.written(each.identifier)
        is_source = query.source is not None and same(each.identifier, query.source)
        if not is_source and (not query.targets or uri in query.targets):
            found.append({"system": uri, "value": value})
    return found


def _own_patient(asked: Token, base: str) -> str:
    """The id of the Patient of ours that is asked about; empty when it is an identifier."""
    kind, _, person_id = asked.value.partition("/")
    return person_id if asked.system.rstrip("/") == base and kind == "Patient" else ""


def _source(asked: Token, domains: Domains) -> Identifier:
    if not asked.value:
        raise InvalidParameter("Expected system|value.", parameter=SOURCE)
    found = domains.asked(asked.system, asked.value)
    if found is None:
        raise UnknownSourceDomain(UNKNOWN_SOURCE)
    return found


def _target(uri: str, domains: Domains) -> str:
    if domains.system(uri) is None:
        raise UnknownTargetDomain(UNKNOWN_TARGET)
    return domains.usual(uri)


def _said(parameter: Element) -> str:
    given = [name for name in _VALUES if name in parameter]
    if len(given) == 1:
        return text(parameter, given[0])
    found = parameter.get("valueIdentifier")
    if not given and isinstance(found, dict):
        return f"{text(found, 'system')}|{text(found, 'value')}"
    raise InvalidParameter("Expected one text, URI or identifier.", parameter="parameter")
