"""A merge told by the identity feed: one event, of two records that are there."""

from __future__ import annotations

import pytest

from tests.api.fhir.answers import identifiers, refusal, resource, targets
from tests.api.fhir.test_feed import NEW, pix, put, replaced
from tests.api.fhir.world import CRN, GREEN, IDS, RED, patient


def test_a_merge_retires_the_subsumed_record_and_its_identifier(own):
    put(own, f"{RED}|R9", NEW)
    answer = put(own, f"{RED}|R2", replaced("R2", by="R9"))
    assert answer.status_code == 200
    assert (
        answer.headers["location"].rpartition("/")[2] in targets(resource(pix(own, f"{RED}|R9")))[0]
    )
    # whoever still asks with the identifier that was subsumed is led to the surviving one
    after = resource(pix(own, f"{RED}|R2"))
    assert targets(after) == targets(resource(pix(own, f"{RED}|R9")))
    assert identifiers(after) == {(RED, "R9"), (CRN, "X654321")}
    assert (RED, "R2") not in identifiers(resource(pix(own, f"{RED}|R9")))


def changes(client):
    """The causes of all events so far, each once for its place in the log."""
    events = client.get("/v1/events", params={"limit": 1000}).json()["events"]
    return dict(sorted((each["sequence"], each["cause"]) for each in events))


def test_a_merge_is_one_event(own):
    put(own, f"{RED}|R9", NEW)
    before = changes(own)
    assert put(own, f"{RED}|R2", replaced("R2", by="R9")).status_code == 200
    after = changes(own)
    assert list(after.values())[len(before) :] == ["merge"]
    assert max(after) == max(before) + 1


def test_a_merge_that_is_told_again_changes_nothing(own):
    put(own, f"{RED}|R9", NEW)
    first = put(own, f"{RED}|R2", replaced("R2", by="R9"))
    before = changes(own)
    again = put(own, f"{RED}|R2", replaced("R2", by="R9"))
    assert (again.status_code, again.headers["location"]) == (200, first.headers["location"])
    assert changes(own) == before


@pytest.mark.parametrize(("value", "by"), [("R77", "R1"), ("R1", "R77"), ("R77", "R78")])
def test_a_merge_of_what_is_not_there_is_a_404_and_touches_nobody(own, value, by):
    # somebody else's record has the identifier that no record of its own domain stands for
    held = patient("Okonkwo", "Ada", "1988-08-08", identifiers=[(GREEN, "G9"), (RED, "R77")])
    put(own, f"{GREEN}|G9", held)
    before = changes(own)
    refusal(put(own, f"{RED}|{value}", replaced(value, by=by)), 404, "not-found")
    assert changes(own) == before
    assert (RED, "R77") in identifiers(resource(pix(own, f"{GREEN}|G9")))
    assert pix(own, f"{RED}|R1").status_code == 200


def test_a_merge_in_a_domain_of_keys_alone_deletes_the_one_and_keeps_the_other(own):
    domain = f"{IDS}/records/hjis"
    sent = patient("Okonkwo", "Ada", "1988-08-08", identifiers=[(CRN, "X654321")])
    for key in ("H1", "H2"):
        put(own, f"{domain}|{key}", sent)
    before = changes(own)
    link = {"other": {"identifier": {"system": domain, "value": "H1"}}, "type": "replaced-by"}
    gone = {**sent, "active": False, "link": [link]}
    assert put(own, f"{domain}|H2", gone).status_code == 200
    assert list(changes(own).values())[len(before) :] == ["merge"]
    refusal(put(own, f"{domain}|H2", gone), 404, "not-found")


def test_a_merge_may_name_the_survivor_by_a_conditional_reference(own):
    sent = replaced("R2", by="R1")
    sent["link"][0]["other"] = {"reference": f"Patient?identifier={RED}|R1"}
    assert put(own, f"{RED}|R2", sent).status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"identifier": {"system": GREEN, "value": "G1"}},
        {"identifier": {"system": RED, "value": "R2"}},
        {"reference": "Patient/123"},
        {"display": "somebody"},
    ],
    ids=["another domain", "itself", "an id", "nobody"],
)
def test_a_merge_is_of_two_records_of_one_domain(own, other):
    sent = replaced("R2", by="R1")
    sent["link"][0]["other"] = other
    refusal(put(own, f"{RED}|R2", sent), 400, "structure")
    assert pix(own, f"{RED}|R2").status_code == 200
