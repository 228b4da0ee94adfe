"""The client's answers have the fields of the API's description, and its errors come back."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import datetime, timedelta, timezone

import pytest

from mpi import client as answers
from mpi.api import change_schemas, explain_schemas, history_schemas, match_schemas, schemas
from mpi.client import Client, past
from mpi.client.problems import error_from
from mpi.errors import (
    IdentifierNotFound,
    InvalidCursor,
    InvalidIdentifier,
    MPIError,
    PersonGone,
    PersonNotFound,
    RecordNotFound,
    RequestRefused,
    ServiceUnreachable,
    UnknownIdentifierSystem,
    all_errors,
)
from mpi.index.index import Index

REQUEST = r"[0-9a-f]{32}"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (answers.RecordRef, schemas.RecordRef),
        (answers.CrossReference, schemas.CrossReference),
        (answers.Person, schemas.Person),
        (answers.PersonWithRelease, schemas.PersonWithRelease),
        (answers.CrossReferences, schemas.CrossReferences),
        (answers.Superseded, schemas.Superseded),
        (answers.Readiness, schemas.Readiness),
        (answers.PersonMatch, match_schemas.PersonMatch),
        (answers.Matches, match_schemas.Matches),
        (answers.Compared, explain_schemas.Compared),
        (answers.Explanation, explain_schemas.Explanation),
        (answers.Ingested, change_schemas.Ingested),
        (answers.Changed, change_schemas.Changed),
        (answers.Touched, change_schemas.Touched),
        (past.IndexEvent, history_schemas.IndexEvent),
        (past.EventPage, history_schemas.EventPage),
        (past.Turn, history_schemas.Turn),
        (past.PersonHistory, history_schemas.PersonHistory),
        (past.HeldIdentifier, history_schemas.HeldIdentifier),
        (past.PersonAsOf, history_schemas.PersonAsOf),
    ],
)
def test_answers_have_the_fields_that_are_described(ours, theirs):
    assert {field.name for field in fields(ours)} == set(theirs.model_fields)


def test_cross_references_come_as_they_are_sent(client):
    found = client.cross_references("nhs-number", "999 000 0018")
    assert (found.value, found.ambiguous, found.release) == ("9990000018", False, "small-world")
    (person,) = found.persons
    assert person.person_id == "ann"
    assert "hjis|H1" in map(str, person.records)
    frame = found.frame()
    assert frame["person_id"].unique().tolist() == ["ann"]
    assert len(frame) == len(person.identifiers)


def test_a_value_with_a_slash_is_asked_for(client):
    found = client.cross_references("pnc", "2012/0000123Q")
    assert found.ambiguous
    assert {person.person_id for person in found.persons} == {"ann", "bob"}


def test_a_person_is_asked_for_by_id(client):
    found = client.person("cat")
    assert isinstance(found, answers.PersonWithRelease)
    assert found.release == "small-world"
    assert len(found.frame()) == len(found.identifiers)


@pytest.mark.parametrize(
    ("old", "now"), [("merged", [("ann", 1)]), ("split", [("bob", 1), ("dee", 1)])]
)
def test_an_id_no_longer_in_use_says_who_has_its_records(client, old, now):
    found = client.person(old)
    assert isinstance(found, answers.Superseded)
    assert [(each.person_id, each.records) for each in found.superseded_by] == now


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda c: c.cross_references("nhs-number", "9990000026"), IdentifierNotFound),
        (lambda c: c.cross_references("nhs-number", "1"), InvalidIdentifier),
        (lambda c: c.cross_references("library-card", "1"), UnknownIdentifierSystem),
        (lambda c: c.person("nobody"), PersonNotFound),
        (lambda c: c.person("p-9"), PersonGone),
    ],
)
def test_a_problem_comes_back_as_the_error_that_it_names(client, ask, error):
    with pytest.raises(error) as caught:
        ask(client)
    assert re.fullmatch(REQUEST, caught.value.where["request"])


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.code)
def test_every_error_comes_back(error):
    problem = {"code": error.code, "status": 500, "detail": "Look elsewhere."}
    back = error_from(problem, "r1")
    assert type(back) is error
    assert (back.detail, back.where["request"]) == ("Look elsewhere.", "r1")


def test_a_problem_without_a_code_of_ours_is_a_refusal():
    problem = {"code": "method-not-allowed", "status": 405, "title": "Method Not Allowed."}
    back = error_from(problem, None)
    assert isinstance(back, RequestRefused)
    assert back.where == {"status": 405, "code": "method-not-allowed"}
    assert "Method Not Allowed." in back.message


def test_a_batch_has_an_answer_or_an_error_for_each(client):
    asked = [("nhs-number", "9990000018"), ("nhs-number", "9990000026"), ("nhs-number", "1")]
    found, missing, invalid = client.batch(asked)
    assert found == client.cross_references(*asked[0])
    assert isinstance(missing, IdentifierNotFound)
    assert isinstance(invalid, InvalidIdentifier)


def test_the_past_is_what_the_index_says(client, index_url):
    with Index.open(index_url) as index:
        assert client.history("merged")._repr_html_() == index.history("merged")._repr_html_()
        for at in (1, datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))):
            told, known = client.person_as_of("merged", at), index.as_of("merged", at)
            assert told._repr_html_() == known._repr_html_()
            assert told.in_use
        assert client.events(limit=500).frame().equals(index.events(limit=500).frame())


def test_events_are_followed_with_a_cursor(client):
    first = client.events(limit=4)
    assert first.more
    second = client.events(first.cursor, limit=4)
    every = client.events(limit=8)
    assert first.events + second.events == every.events
    with pytest.raises(InvalidCursor):
        client.events("yesterday")


def test_a_service_that_knows_more_than_the_client_is_understood():
    said = b'{"status": "ready", "release": "r", "records": 3, "weather": "fine"}'
    from mpi.client.client import _ADAPTERS

    assert _ADAPTERS[answers.Readiness].validate_json(said).records == 3


def test_a_record_is_matched_and_a_pair_explained(matching):
    record = {"names": [{"given": "Nobody", "family": "Known"}], "birth_dates": ["1900-01-01"]}
    found = matching.match(record, limit=3, everyone=True)
    assert found.searchable
    assert found.persons == ()
    with pytest.raises(RecordNotFound):
        matching.explain("pds|nothing", "nomis|nothing")


def test_a_service_that_is_not_there_is_unreachable():
    patience = answers.Patience(attempts=2, sleep=lambda _: None)
    with (
        Client("http://127.0.0.1:9", patience=patience) as nobody,
        pytest.raises(ServiceUnreachable) as caught,
    ):
        nobody.ready()
    assert isinstance(caught.value, MPIError)
