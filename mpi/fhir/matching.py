"""The input of `Patient/$match` (IHE ITI-119): a Patient, and how much is wanted of the answer."""

from __future__ import annotations

from dataclasses import dataclass

from mpi.errors import InvalidResource
from mpi.fhir.elements import Element, items

MOST_PATIENTS = 100
"""How many Patients an answer has at most, whatever is asked."""


@dataclass(frozen=True, slots=True)
class MatchQuery:
    """What is known about an individual, and which answers are wanted.

    `only_certain`: none unless one is certain. `count`: at most so many Patients.
    """

    patient: Element
    only_certain: bool = False
    count: int = MOST_PATIENTS


def match_query(resource: Element) -> MatchQuery:
    """The question in a valid Parameters resource, or in a Patient alone.

    Raises InvalidResource: a parameter that does not exist, or one that is missing, of the wrong
    type or given twice. IHE closes the list.
    """
    if resource["resourceType"] == "Patient":
        return MatchQuery(resource)
    given: dict[str, Element] = {}
    for each in items(resource, "parameter"):
        name = each.get("name")
        if name not in _VALUES or name in given or each.keys() != {"name", _VALUES[name]}:
            raise InvalidResource(f"Expected {', '.join(_VALUES)}.", element="parameter")
        given[name] = each
    patient = given.get("resource", {}).get("resource", {})
    if patient.get("resourceType") != "Patient":
        raise InvalidResource("Expected a Patient in the parameter resource.", element="parameter")
    count = given.get("count", {}).get("valueInteger", MOST_PATIENTS)
    if count < 1:
        raise InvalidResource("Expected a number from 1 up.", element="count")
    only_certain = given.get("onlyCertainMatches", {}).get("valueBoolean", False)
    return MatchQuery(patient, only_certain, min(count, MOST_PATIENTS))


_VALUES = {
    "resource": "resource",
    "onlyCertainMatches": "valueBoolean",
    "count": "valueInteger",
}
