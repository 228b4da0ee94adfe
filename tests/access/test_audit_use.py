"""What the audit is for: exports that others can read, and who was told what is no longer so."""

from __future__ import annotations

import base64
import json

import pytest

from mpi.access.access import Access
from mpi.access.audit_event import audit_events
from mpi.access.disclosure import Disclosed, Withheld
from mpi.access.impact import undone
from mpi.access.loader import load_policy
from mpi.access.operations import Operation
from mpi.access.reading import Kept
from mpi.index.index import Index
from mpi.index.look_up import PersonAnswer
from mpi.records import Identifier
from tests.access.policies import Issuer, written

ISSUED = Issuer()


class Desk:
    """A place to ask at, with a policy and an audit."""

    def __init__(self, folder):
        self.access = Access(load_policy(written(folder)))
        self.access.fetch_keys()
        self.kept = Kept.of(self.access.policy)

    def question(self, client="clinic", purpose="TREAT", operation=Operation.LOOK_UP, **claims):
        header = f"Bearer {ISSUED.token(client, **claims)}"
        return self.access.question(
            operation, "request-1", credentials=(header, ""), purpose=purpose
        )

    def entry(self):
        """The last entry that is about a question."""
        return [each for each in self.kept.entries() if "client" in each][-1]


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.access.close()


@pytest.fixture
def index(index_url):
    with Index.open(index_url) as index:
        yield index


def look_up(desk, index, system="nhs-number", value="9990000018", **who):
    question = desk.question(**who)
    question.asks(Identifier(system, value))
    found = index.cross_references(system, value)
    question.answered(question.disclose(found.persons, found.asked), release="small-world")
    return desk.entry()


def coded(concept):
    return {(each["system"], each["code"]) for each in concept}


def test_a_look_up_is_a_query_and_a_disclosure(desk, index):
    query, disclosure = audit_events(look_up(desk, index))
    for event in (query, disclosure):
        assert event["resourceType"] == "AuditEvent"
        assert event["recorded"].endswith("Z")
        assert event["outcome"] == "0"
        assert event["source"]["observer"] in [agent["who"] for agent in event["agent"]]
        assert sum(agent["requestor"] for agent in event["agent"]) == 1
        assert event["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
        patients = [e for e in event["entity"] if e["type"]["code"] == "1"]
        assert [each["what"]["reference"] for each in patients] == ["Patient/ann"]
        requests = [e for e in event["entity"] if e["type"]["code"] == "XrequestId"]
        assert requests[0]["what"]["identifier"]["value"] == "request-1"
    assert query["meta"]["profile"][0].endswith("IHE.BasicAudit.PatientQuery")
    assert ("urn:ihe:event-type-code", "ITI-83") in coded(query["subtype"])
    assert query["action"] == "E"
    assert disclosure["type"]["code"] == "110106"
    assert coded(disclosure["subtype"]) == {
        ("http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "disclose")
    }
    (data,) = [e for e in disclosure["entity"] if e.get("detail")]
    details = [(each["type"], each["valueString"]) for each in data["detail"]]
    assert {kind for kind, _ in details} >= {"nhs-number", "local-patient-id", "withheld"}
    assert ("legal-basis", "for the tests of access") in details


def test_the_ids_of_events_are_those_of_their_entries_and_fit_fhir(desk, index):
    entry = look_up(desk, index)
    ids = [event["id"] for event in audit_events(entry)]
    assert ids == [event["id"] for event in audit_events(entry)]
    assert len(set(ids)) == 2
    assert all(len(each) <= 64 for each in ids)


def test_no_export_holds_an_identifier(desk, index):
    text = json.dumps(list(audit_events(look_up(desk, index))))
    queries = [
        base64.b64decode(entity["query"]).decode()
        for event in audit_events(look_up(desk, index))
        for entity in event["entity"]
        if "query" in entity
    ]
    for secret in ("9990000018", "RX1", "A1234BC"):
        assert secret not in text
        assert secret not in "".join(queries)
    assert queries


def test_the_user_asks_and_the_purpose_is_theirs(desk, index):
    event = next(audit_events(look_up(desk, index)))
    (user,) = [agent for agent in event["agent"] if agent["requestor"]]
    assert user["who"]["identifier"]["value"] == "user-7"
    assert user["purposeOfUse"] == event["purposeOfEvent"]
    assert event["agent"][0]["policy"] == ["urn:ietf:params:oauth:jti:token-1"]


def test_a_client_without_a_user_asks_itself(desk, index):
    event = next(audit_events(look_up(desk, index, sub=None)))
    (asking,) = [agent for agent in event["agent"] if agent["requestor"]]
    assert asking["who"]["identifier"]["value"] == "clinic"


def test_a_local_purpose_comes_with_the_code_that_others_know(desk, index):
    entry = look_up(desk, index, "crn", "X123456", client="office", purpose="")
    (purpose,) = next(audit_events(entry))["purposeOfEvent"]
    assert [each["code"] for each in purpose["coding"]] == ["PROBATION", "GOV"]


def test_a_refusal_is_an_alert(desk):
    question = desk.question(purpose="PROBATION")
    question.refused(question.refusal.code, 403)
    (event,) = audit_events(desk.entry())
    assert event["type"]["code"] == "110113"
    assert (event["outcome"], event["outcomeDesc"]) == ("4", "purpose-not-permitted")


@pytest.mark.parametrize(
    ("outcome", "action", "interaction"),
    [("created", "C", "create"), ("updated", "U", "update"), ("deleted", "D", "delete"),
     ("merged", "U", "update")],
)  # fmt: skip
def test_a_change_says_which(desk, outcome, action, interaction):
    question = desk.question()
    question.operation = Operation.FEED
    question.wrote("hjis", "H1", outcome)
    (event,) = audit_events(desk.entry())
    assert (event["action"], event["outcome"]) == (action, "0")
    assert ("http://hl7.org/fhir/restful-interaction", interaction) in coded(event["subtype"])
    assert "H1" not in json.dumps(event["entity"])


def test_what_was_not_found_is_a_query_of_what_was_asked(desk):
    question = desk.question()
    question.asks(Identifier("nhs-number", "9990000026"))
    question.answered(Disclosed((), Withheld()))
    (event,) = audit_events(desk.entry())
    (patient,) = [e for e in event["entity"] if e["type"]["code"] == "1"]
    assert patient["what"]["identifier"]["system"] == "urn:mpi:audit:keyed:nhs-number"


def test_entries_about_the_audit_itself_are_no_events(desk):
    desk.question().refused("x", 404)
    opened = next(iter(desk.kept.entries()))
    assert opened["event"] == "opened"
    assert list(audit_events(opened)) == []


def held(desk, index, *person_ids):
    """The identifiers of persons as the audit has them."""
    keyed = desk.kept.keyed
    found = {}
    for person_id in person_ids:
        answer = index.person(person_id)
        assert isinstance(answer, PersonAnswer)
        every = (each.identifier for each in answer.person.cross_references)
        found[person_id] = {(each.system, keyed.of(each.system, each.value)) for each in every}
    return found


def test_an_answer_that_still_holds_is_not_taken_back(desk, index):
    entry = look_up(desk, index)
    assert list(undone("ann", [entry], held(desk, index, "ann"))) == []


def test_an_answer_whose_identifiers_have_parted_is(desk, index):
    entry = look_up(desk, index)
    holders = held(desk, index, "ann")
    keyed = desk.kept.keyed
    moved = ("local-patient-id", keyed.of("local-patient-id", "RX1:12345"))
    parted = {"ann": holders["ann"] - {moved}, "new": {moved}}
    (found,) = undone("ann", [entry], parted)
    assert found.systems == ("local-patient-id",)
    assert found.entry["client"] == "clinic"


def test_records_that_moved_together_are_still_what_was_told(desk, index):
    entry = look_up(desk, index)
    holders = held(desk, index, "ann")
    assert list(undone("ann", [entry], {"ann": set(), "new": holders["ann"]})) == []


def test_what_was_told_of_others_is_left_alone(desk, index):
    entry = look_up(desk, index)
    assert list(undone("bob", [entry], {"bob": set()})) == []


def test_the_index_says_what_a_person_was_told_of_that_is_no_longer_so(desk, index):
    look_up(desk, index)
    assert index.impact(desk.kept, "ann") == []
    question = desk.question("office", "")
    wrong = question.disclose(index.cross_references("crn", "X123456").persons)
    question.asks(Identifier("crn", "X999999"))
    question.answered(wrong)
    (found,) = index.impact(desk.kept, "ANN")
    assert found.entry["client"] == "office"
    assert "crn" in found.systems
