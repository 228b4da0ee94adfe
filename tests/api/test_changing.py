"""Records, decisions and what came of them over HTTP: stable answers, nothing done twice."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from mpi.api.app import create_app
from mpi.api.change_schemas import Changed, Ingested
from mpi.api.history_schemas import EventPage, PersonAsOf, PersonHistory
from mpi.index.decide import Seal
from mpi.index.index import Index
from mpi.index.verify import verify
from mpi.records import RecordKey
from tests.api.conftest import AS_JSON, HERE

ANN = {
    "version": "2026-03-01T10:00:00",
    "names": [{"given": "Annabel", "family": "Quixwold"}],
    "birth_dates": ["1987-06-05"],
    "sex": "F",
    "postcodes": ["ZZ1 1ZZ"],
    "identifiers": [{"system": "nhs-number", "value": "999 000 0018", "verified": True}],
}
PATH = "/v1/records/hjis/NEW1"


@pytest.fixture
def url(invented, tmp_path):
    return invented.copy_of_index(tmp_path / "mpi.db")


@pytest.fixture
def changing(url):
    """A client of an index that may be changed."""
    with TestClient(
        create_app(url), base_url=HERE, raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client


def refused(response, status, code):
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_a_record_is_put_changed_and_deleted(changing, url):
    first = changing.put(PATH, json=ANN)
    assert first.status_code == 201
    made = Ingested.model_validate(first.json())
    again = changing.put(PATH, json=ANN)
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    newer = changing.put(PATH, json=ANN | {"version": "2026-03-02T10:00:00", "sex": "M"})
    assert (newer.status_code, newer.json()["status"]) == (200, "updated")
    late = changing.put(PATH, json=ANN)
    assert (late.status_code, late.json()["status"]) == (200, "stale")
    held = changing.get("/v1/cross-references/nhs-number/9990000018").json()
    assert any(
        {"source": "hjis", "source_id": "NEW1"} in person["records"] for person in held["persons"]
    )
    gone = changing.delete(PATH, params={"version": "2026-03-03T10:00:00"})
    assert (gone.status_code, gone.json()["status"]) == (200, "deleted")
    assert gone.json()["person_id"] is None
    back = changing.put(PATH, json=ANN | {"version": "2026-03-02T11:00:00"})
    assert back.json()["status"] == "stale"
    found = verify(url)
    assert found.clean, found.summary()
    assert made.sequence == 2


def test_of_records_without_a_version_the_last_one_stands(changing):
    bare = {name: value for name, value in ANN.items() if name != "version"}
    assert changing.put(PATH, json=bare).json()["status"] == "created"
    for sex in ("M", "F", "M"):
        assert changing.put(PATH, json=bare | {"sex": sex}).json()["status"] == "updated"
    said = changing.put(
        PATH, json=bare | {"sex": "F"}, params={"event_time": "2020-01-01T00:00:00Z"}
    )
    assert said.json()["status"] == "stale"


def test_a_request_repeated_under_its_key_gets_the_first_answer(changing):
    headers = {"Idempotency-Key": "once"}
    first = changing.put(PATH, json=ANN, headers=headers)
    again = changing.put(PATH, json=ANN, headers=headers)
    assert again.json() == first.json()
    other = changing.put(PATH, json=ANN | {"sex": "M"}, headers=headers)
    refused(other, 409, "idempotency-conflict")


@pytest.mark.parametrize(
    ("path", "content", "status", "code"),
    [
        ("/v1/records/nowhere/1", b"{}", 400, "unknown-source"),
        (PATH, b"{", 422, "invalid-record"),
        (PATH, b"[]", 422, "invalid-record"),
        (PATH, b'{"source_id": "OTHER"}', 422, "invalid-record"),
        (PATH, b'{"shoe_size": 9}', 422, "invalid-record"),
        (PATH, b'{"names": [{"given": 1}]}', 422, "invalid-record"),
        ("/v1/records/hjis/~1", b"{}", 422, "invalid-record"),
        ("/v1/records/hjis/a%00b", b"{}", 422, "invalid-record"),
        (PATH, b" " * 2_000_000, 413, "too-large"),
    ],
)
def test_what_cannot_be_used_is_refused_and_changes_nothing(
    changing, url, path, content, status, code
):
    refused(changing.put(path, content=content, headers=AS_JSON), status, code)
    assert changing.get("/v1/events", params={"after": "1.999999"}).json()["events"] == []


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"names": [{"given": "\u202eevila", "family": "😀"}]},
        {"names": [{"given": "A\x00B", "family": ""}], "birth_dates": ["2999-01-01"]},
        {"names": [{"given": f"Ann{n}", "family": "X"} for n in range(2000)]},
        {"postcodes": [""], "emails": ["\ud83d"[:0]], "sex": "?"},
    ],
)
def test_what_is_odd_is_taken_in(changing, url, record):
    said = changing.put(PATH, json=record | {"version": "1"})
    assert said.status_code == 201, said.text
    assert said.json()["person_id"]
    found = verify(url)
    assert found.clean, found.summary()


def two_persons(changing):
    """Two records of two persons, put now."""
    keys = []
    for number, family in enumerate(("Quixwold", "Zebrowicz")):
        record = ANN | {"names": [{"given": "Una", "family": family}], "identifiers": []}
        record |= {"birth_dates": [f"19{60 + number}-01-0{number + 2}"], "postcodes": []}
        source_id = f"TWO{number}"
        assert changing.put(f"/v1/records/hjis/{source_id}", json=record).status_code == 201
        keys.append({"source": "hjis", "source_id": source_id})
    return keys


def test_a_decision_joins_and_its_undoing_parts(changing, url):
    left, right = two_persons(changing)
    asked = {"verdict": "same", "left": left, "right": right, "reason": "known to the team"}
    made = changing.post("/v1/decisions", json=asked)
    assert made.status_code == 200, made.text
    Changed.model_validate(made.json())
    against = changing.post("/v1/decisions", json=asked | {"verdict": "different"})
    assert against.status_code == 200
    third = changing.post("/v1/decisions", json=asked)
    assert third.json()["changed"]
    undone = changing.delete(f"/v1/decisions/{third.json()['sequence']}")
    assert undone.status_code == 200
    refused(changing.delete(f"/v1/decisions/{third.json()['sequence']}"), 404, "nothing-to-undo")
    assert verify(url).clean


def test_a_contradicting_decision_is_refused_with_its_chain(changing):
    left, right = two_persons(changing)
    middle = {"source": "hjis", "source_id": "MID"}
    changing.put("/v1/records/hjis/MID", json={"version": "1"})
    for one, other in ((left, middle), (middle, right)):
        asked = {"verdict": "same", "left": one, "right": other}
        assert changing.post("/v1/decisions", json=asked).status_code == 200
    asked = {"verdict": "different", "left": left, "right": right}
    said = changing.post("/v1/decisions", json=asked)
    refused(said, 409, "contradicting-decision")
    assert said.json()["chain"] == [left, middle, right]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 422, "invalid-record"),
        (b"{}", 422, "invalid-record"),
        (b'{"verdict": "maybe"}', 422, "invalid-record"),
        (
            b'{"verdict": "same", "left": {"source": "hjis", "source_id": "none"},'
            b' "right": {"source": "hjis", "source_id": "nobody"}}',
            404,
            "record-not-found",
        ),
    ],
)
def test_a_decision_that_cannot_be_used_is_refused(changing, content, status, code):
    refused(changing.post("/v1/decisions", content=content, headers=AS_JSON), status, code)


def test_history_events_and_the_past_tell_the_same(changing):
    before = changing.get("/v1/events", params={"limit": 10_000}).json()
    EventPage.model_validate(before)
    made = changing.put(PATH, json=ANN).json()
    person = f"/v1/persons/{made['person_id']}"
    page = changing.get("/v1/events", params={"after": before["cursor"]}).json()
    (moved,) = [each for each in page["events"] if each["type"] == "record-moved"]
    assert (moved["record"]["source_id"], moved["went_to"]) == ("NEW1", made["person_id"])
    story = PersonHistory.model_validate(changing.get(f"{person}/history").json())
    assert any(key.source_id == "NEW1" for key in story.history[-1].came)
    then = changing.get(person, params={"as_of": made["sequence"]}).json()
    PersonAsOf.model_validate(then)
    assert {"source": "hjis", "source_id": "NEW1"} in then["records"]
    changing.delete(PATH, params={"version": "2026-04-01T00:00:00"})
    still = changing.get(person, params={"as_of": made["sequence"]}).json()
    assert still["records"] == then["records"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/events?after=soon", 400, "invalid-cursor"),
        ("/v1/events?limit=0", 422, "invalid-request"),
        ("/v1/persons/nobody/history", 404, "person-not-found"),
        ("/v1/persons/nobody?as_of=1", 404, "person-not-found"),
        ("/v1/persons/nobody?as_of=yesterday", 400, "usage"),
        ("/v1/persons/nobody?as_of=2026-01-01T00:00:00", 400, "usage"),
        ("/v1/persons/nobody?as_of=9999-12-31T23:59:59-14:00", 400, "usage"),
    ],
)
def test_a_question_about_the_past_that_cannot_be_answered(changing, path, status, code):
    refused(changing.get(path), status, code)


def test_a_seal_is_not_undone_here_and_is_as_if_it_were_not(changing, url):
    left, right = two_persons(changing)
    keys = [RecordKey(each["source"], each["source_id"]) for each in (left, right)]
    with Index.open(url) as index:
        made = index.seal(Seal((keys[0],), (keys[1],), reason="protection"))
    refused(changing.delete(f"/v1/decisions/{made.sequence}"), 404, "nothing-to-undo")
    asked = {"verdict": "same", "left": left, "right": right}
    for _ in range(2):
        refused(changing.post("/v1/decisions", json=asked), 409, "contradicting-decision")


@pytest.mark.parametrize("time", ["zzz", "22/11/2026 18:00", "2026-99-99T00:00:00"])
def test_a_time_that_is_none_is_refused(changing, time):
    refused(changing.put(PATH, json={}, params={"event_time": time}), 422, "invalid-record")


def test_a_late_message_does_not_bring_back_what_was_deleted_since(changing):
    bare = {name: value for name, value in ANN.items() if name != "version"}
    changing.put(PATH, json=bare, params={"event_time": "2026-01-01T17:00:00Z"})
    assert changing.delete(PATH).json()["status"] == "deleted"
    late = changing.put(PATH, json=bare, params={"event_time": "2026-01-01T17:30:00Z"})
    assert late.json()["status"] == "stale"


def test_what_cannot_be_kept_or_read_is_the_fault_of_who_asks(changing):
    for n in (1, 2):
        assert changing.put(f"/v1/records/hjis/ODD{n}", json=ANN).status_code == 201
    left, right = ({"source": "hjis", "source_id": f"ODD{n}"} for n in (1, 2))
    made = {"verdict": "different", "left": left, "right": right}
    for reason in ("a\x00b", "x" * 3_000):
        odd = made | {"reason": reason}
        refused(changing.post("/v1/decisions", json=odd), 400, "invalid-parameter")
    odd = made | {"left": left | {"source_id": "a\x00"}}
    refused(changing.post("/v1/decisions", json=odd), 422, "invalid-record")
    decided = changing.post("/v1/decisions", json=made).json()["sequence"]
    undone = changing.delete(f"/v1/decisions/{decided}", params={"reason": "a\x00b"})
    refused(undone, 400, "invalid-parameter")
    refused(changing.get("/v1/persons/a%00b"), 404, "person-not-found")
    refused(changing.get("/v1/persons/a%00b/history"), 404, "person-not-found")
    for cursor in (f"{decided + 1}.0", "999999999.1", "x"):
        refused(changing.get("/v1/events", params={"after": cursor}), 400, "invalid-cursor")
