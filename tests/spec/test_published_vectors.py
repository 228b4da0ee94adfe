"""Our identifier systems against the collection of published vectors, where it is there."""

from __future__ import annotations

import pytest

from mpi.cleaning import clean_date, clean_postcode
from mpi.errors import InvalidIdentifier
from mpi.identifiers import clean_identifier, parse
from tests.spec.identifier_vectors import (
    DEFAULT_BIRTH_DATES,
    IDENTIFIERS,
    PSEUDO_POSTCODES,
    PUBLISHED,
    Published,
    published,
)

SYSTEM_OF = {
    "nhs_number": "nhs-number",
    "pnc": "pnc",
    "cro": "cro",
    "cro_sf": "cro",
    "nomis": "noms-number",
    "crn": "crn",
    "nino": "nino",
    "upn": "upn",
    "uln": "uln",
}
CLEANER_OF = {"pseudo_postcode": clean_postcode, "default_dob": clean_date}

ABSENT = pytest.mark.skip(reason=f"{PUBLISHED.name} is not beside the repository")
VECTORS = published()
OF_SYSTEMS = [v for v in VECTORS if v.kind in SYSTEM_OF] or [pytest.param(None, marks=ABSENT)]
OF_CLEANING = [v for v in VECTORS if v.kind in CLEANER_OF] or [pytest.param(None, marks=ABSENT)]


def label(vector: Published | None) -> str:
    return f"{vector.kind} {vector.text or 'nothing'}" if vector else "absent"


def parsed(system: str, text: str) -> str | None:
    try:
        return parse(system, text)
    except InvalidIdentifier:
        return None


@pytest.mark.parametrize("vector", OF_SYSTEMS, ids=label)
def test_a_published_vector_is_taken_or_refused_as_published(vector: Published):
    system = SYSTEM_OF[vector.kind]
    found = parsed(system, vector.text)
    if vector.valid is not None:
        assert (found is not None) == vector.valid
    if vector.canonical is not None:
        assert found == vector.canonical
    evidence = found is not None and "problem_value" not in vector.flags
    assert (clean_identifier(system, vector.text) is not None) == evidence


@pytest.mark.parametrize("vector", OF_CLEANING, ids=label)
def test_a_published_problem_value_is_nothing(vector: Published):
    assert "problem_value" in vector.flags
    assert CLEANER_OF[vector.kind](vector.text) is None


@pytest.mark.skipif(not VECTORS, reason=f"{PUBLISHED.name} is not beside the repository")
def test_our_tables_hold_every_published_vector_and_no_kind_is_left_out():
    ours = {(vector.system, vector.text) for vector in IDENTIFIERS}
    problems = {each.text for each in (*PSEUDO_POSTCODES, *DEFAULT_BIRTH_DATES)}
    for vector in VECTORS:
        if vector.kind in SYSTEM_OF:
            assert (SYSTEM_OF[vector.kind], vector.text) in ours
        else:
            assert vector.kind in CLEANER_OF
            assert vector.text in problems
