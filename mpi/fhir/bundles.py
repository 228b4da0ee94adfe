"""Searchset Bundles: of a search, and of a match with its scores and grades."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mpi.fhir import uris
from mpi.fhir.elements import Plain, extension, filled
from mpi.records import MatchGrade

SCORE_PLACES = 6
"""Decimal places of a score: confidence is kept in parts per million."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A Patient that matches: `score` is the calibrated confidence, in [0, 1]."""

    patient: Plain
    score: float
    grade: MatchGrade


def searchset(
    patients: Iterable[Plain],
    base: str,
    *,
    total: int,
    links: Iterable[tuple[str, str]] = (),
    outcomes: Iterable[Plain] = (),
) -> Plain:
    """The answer to a search.

    Args: base, the URL of the service; total, of all pages; links, relation and URL of each other
    page; outcomes, what is to be said beside the patients.
    """
    entries = [_entry(each, base, {"mode": "match"}) for each in patients]
    entries += [_outcome_entry(each) for each in outcomes]
    return filled(
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": total,
            "link": [{"relation": relation, "url": url} for relation, url in links],
            "entry": entries,
        }
    )


def matches(found: Iterable[Scored], base: str, *, outcomes: Iterable[Plain] = ()) -> Plain:
    """The answer to `$match`: the most likely first, as given."""
    entries = [_entry(each.patient, base, _search(each)) for each in found]
    total = len(entries)
    entries += [_outcome_entry(each) for each in outcomes]
    body = {"resourceType": "Bundle", "type": "searchset", "total": total, "entry": entries}
    return filled(body)


def _search(found: Scored) -> Plain:
    return {
        "extension": [extension(uris.MATCH_GRADE, "valueCode", found.grade.value)],
        "mode": "match",
        "score": round(found.score, SCORE_PLACES),
    }


def _entry(patient: Plain, base: str, search: Plain) -> Plain:
    url = f"{base}/Patient/{patient['id']}"
    return {"fullUrl": url, "resource": patient, "search": search}


def _outcome_entry(outcome: Plain) -> Plain:
    return {"resource": outcome, "search": {"mode": "outcome"}}
