"""Looking up through `Index`, over the small index of `tests/conftest.py`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mpi.errors import (
    IdentifierNotFound,
    IndexNotFound,
    InvalidIdentifier,
    PersonGone,
    PersonNotFound,
    UnknownIdentifierSystem,
)
from mpi.index.index import Index
from mpi.index.look_up import PersonAnswer, Superseded
from mpi.records import Identifier
from mpi.store.store import open_store


@pytest.fixture(scope="module")
def index(index_url):
    with Index.open(index_url) as index:
        yield index


def test_the_records_that_hold_the_identifier_are_the_anchor(index):
    (person,) = index.cross_references("nhs-number", "999 000 0018").persons
    sure = {ref.identifier.system: ref.confidence for ref in person.cross_references}
    assert sure["nhs-number"] == 0.995
    assert sure["noms-number"] == 0.985
    assert sure["crn"] == 0.995


def test_another_anchor_gives_other_confidence_in_the_same_person(index):
    (person,) = index.cross_references("noms-number", "A1234BC").persons
    sure = {ref.identifier.system: ref.confidence for ref in person.cross_references}
    assert sure["noms-number"] == 0.995
    assert sure["nhs-number"] == 0.985
    assert sure["local-patient-id"] == 0.985


def test_every_uri_of_an_answer_lies_where_the_index_was_told(index_url):
    with Index.open(index_url, "https://index.example.net/id") as index:
        asked = index.cross_references("noms-number", "A1234BC").as_dict()
        by_id = index.person("ann").as_dict()
    published = "https://fhir.nhs.uk/Id/nhs-number"
    for persons in (asked["persons"], [by_id]):
        uris = {each["uri"] for person in persons for each in person["identifiers"]}
        assert published in uris
        assert "https://index.example.net/id/noms-number" in uris
        assert all(u == published or u.startswith("https://index.example.net/id/") for u in uris)
    assert asked["uri"] == "https://index.example.net/id/noms-number"


def test_a_large_person_is_answered_from_its_spanning_tree(index):
    (person,) = index.cross_references("social-care-person-id", "S7").persons
    sure = {ref.identifier.system: ref.confidence for ref in person.cross_references}
    assert sure == {
        "social-care-person-id": 0.995,
        "young-person-id": 0.99,
        "noms-number": 0.93,
    }


def test_each_person_of_an_ambiguous_identifier_answers_for_its_own_holders(index):
    answer = index.cross_references("pnc", "2012/0000123Q")
    assert answer.ambiguous
    ann, bob = answer.persons
    assert {ref.identifier.system for ref in bob.cross_references} == {"court-defendant-id", "pnc"}
    assert {ref.confidence for ref in bob.cross_references} == {0.995}
    assert {ref.identifier.system for ref in ann.cross_references} >= {"pnc", "nhs-number", "crn"}


@pytest.mark.parametrize(
    ("system", "value", "error"),
    [
        ("nhs-number", "9990000026", IdentifierNotFound),
        ("nhs-number", "9990000027", InvalidIdentifier),
        ("nhs-number", "", InvalidIdentifier),
        ("nhs", "9990000018", UnknownIdentifierSystem),
        ("nino", "AB123457", IdentifierNotFound),
    ],
)
def test_what_cannot_be_answered_says_why_without_the_value(index, system, value, error):
    with pytest.raises(error) as raised:
        index.cross_references(system, value)
    assert not value or value not in raised.value.message


def test_a_person_id_in_use_is_answered(index):
    found = index.person("ann")
    assert isinstance(found, PersonAnswer)
    assert found.person.release == "small-world"


def test_a_retired_person_id_is_resolved_through_its_records(index):
    assert index.person("merged") == Superseded("merged", {"ann": 1})
    assert index.person("split") == Superseded("split", {"bob": 1, "dee": 1})


def test_a_person_id_that_stands_for_nothing_is_told_from_one_never_issued(index):
    with pytest.raises(PersonGone):
        index.person("p-9")
    with pytest.raises(PersonNotFound):
        index.person("p-0")


def test_threads_may_share_an_index(index):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: index.person("ann").as_dict(), range(40)))
    assert all(answer == answers[0] for answer in answers)


def test_the_widest_identifier_is_a_verified_one_of_whom_most_sources_know(index):
    assert index.widest_identifier() == Identifier("nhs-number", "9990000018", verified=True)


def test_an_index_never_linked_holds_nobody(tmp_path):
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    open_store(url, create=True, seed=1).close()
    with Index.open(url) as index:
        with pytest.raises(IdentifierNotFound):
            index.cross_references("nhs-number", "9990000018")
        with pytest.raises(PersonNotFound):
            index.widest_identifier()


def test_an_index_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(IndexNotFound):
        Index.open(f"sqlite:///{tmp_path / 'none.db'}")
    assert not list(tmp_path.iterdir())
