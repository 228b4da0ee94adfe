"""The identity feed: IHE's ITI-104, with the status codes of FHIR's conditional changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local

import pytest

from mpi.index.index import Index
from tests.api.fhir.answers import identifiers, refusal, resource, targets
from tests.api.fhir.world import BLUE, CRN, GREEN, IDS, NHS, OMAR, RED, ZELDA, patient

PATH = "/fhir/Patient"
NEW = patient("Okonkwo", "Ada", "1988-08-08", identifiers=[(RED, "R9"), (CRN, "X654321")])
GREEN_NEW = patient("Okonkwo", "Ada", "1988-08-08", identifiers=[(GREEN, "G9"), (CRN, "X654321")])


def put(client, named, sent, **headers):
    return client.put(PATH, params={"identifier": named}, json=sent, headers=headers)


def remove(client, named):
    return client.delete(PATH, params={"identifier": named})


def pix(client, source):
    return client.get("/fhir/Patient/$ihe-pix", params={"sourceIdentifier": source})


def replaced(value, by, domain=RED):
    link = {"other": {"identifier": {"system": domain, "value": by}}, "type": "replaced-by"}
    return {**patient(identifiers=[(RED, value)]), "active": False, "link": [link]}


def test_a_record_that_is_new_is_created_and_its_patient_named(own):
    answer = put(own, f"{RED}|R9", NEW)
    assert (answer.status_code, resource(answer)["issue"][0]["severity"]) == (201, "information")
    where = answer.headers["location"]
    assert where.startswith("http://127.0.0.1:8000/fhir/Patient/")
    assert own.get(where).json()["name"][0]["family"] == "Okonkwo"
    assert identifiers(resource(pix(own, f"{RED}|R9"))) == {(CRN, "X654321")}


def test_cross_references_are_there_when_a_feed_is_answered(own):
    put(own, f"{RED}|R9", NEW)
    put(own, f"{GREEN}|G9", GREEN_NEW)
    found = resource(pix(own, f"{RED}|R9"))
    assert identifiers(found) == {(CRN, "X654321"), (GREEN, "G9")}
    assert len(targets(found)) == 1


def test_a_record_that_is_known_is_revised(own):
    put(own, f"{RED}|R9", {**NEW, "meta": {"lastUpdated": "2026-01-01T00:00:00Z"}})
    later = {**NEW, "meta": {"lastUpdated": "2026-02-01T00:00:00Z"}, "birthDate": "1988-08-18"}
    answer = put(own, f"{RED}|R9", later)
    assert answer.status_code == 200
    assert own.get(answer.headers["location"]).json()["birthDate"] == "1988-08-18"


def test_a_record_without_a_version_is_revised_by_whatever_comes_after_it(own):
    put(own, f"{RED}|R9", NEW)
    answer = put(own, f"{RED}|R9", {**NEW, "birthDate": "1988-08-18"})
    assert own.get(answer.headers["location"]).json()["birthDate"] == "1988-08-18"
    answer = put(own, f"{RED}|R9", NEW)
    assert own.get(answer.headers["location"]).json()["birthDate"] == "1988-08-08"


def test_a_revision_that_comes_late_changes_nothing(own):
    put(own, f"{RED}|R9", {**NEW, "meta": {"lastUpdated": "2026-02-01T00:00:00Z"}})
    older = {**NEW, "meta": {"lastUpdated": "2026-01-01T00:00:00Z"}, "birthDate": "1999-09-09"}
    answer = put(own, f"{RED}|R9", older)
    assert answer.status_code == 200
    assert own.get(answer.headers["location"]).json()["birthDate"] == "1988-08-08"


def test_the_same_again_is_no_change(own):
    first = put(own, f"{RED}|R9", NEW).headers["location"]
    assert put(own, f"{RED}|R9", NEW).headers["location"] == first


def test_a_revision_may_build_on_the_tag_of_an_earlier_answer(own):
    first = put(own, f"{RED}|R9", NEW, **{"if-none-match": "*"})
    tag = first.headers["etag"]
    assert (first.status_code, tag[:3]) == (201, 'W/"')
    refusal(put(own, f"{RED}|R9", NEW, **{"if-none-match": "*"}), 412, "conflict")
    newer = {**NEW, "birthDate": "1988-08-18"}
    second = put(own, f"{RED}|R9", newer, **{"if-match": tag})
    assert (second.status_code, second.headers["etag"] == tag) == (200, False)
    refusal(put(own, f"{RED}|R9", NEW, **{"if-match": tag}), 412, "conflict")
    strong = second.headers["etag"].removeprefix("W/")
    assert put(own, f"{RED}|R9", NEW, **{"if-match": strong}).status_code == 200


@pytest.mark.parametrize("sent", ["merge", "delete"])
def test_what_takes_a_record_away_may_build_on_its_tag_too(own, sent):
    tag = put(own, f"{RED}|R9", NEW).headers["etag"]
    for said, status in (('W/"other"', 412), (tag, {"merge": 200, "delete": 204}[sent])):
        query = {"params": {"identifier": f"{RED}|R9"}, "headers": {"if-match": said}}
        if sent == "merge":
            answer = own.put(PATH, json=replaced("R9", by="R1"), **query)
        else:
            answer = own.delete(PATH, **query)
        assert answer.status_code == status


def create(client, named, sent):
    condition = {"if-none-exist": f"identifier={named}"} if named else {}
    return client.post(PATH, json=sent, headers=condition)


def test_a_conditional_create_adds_what_is_new_and_leaves_what_is_known(own):
    first = create(own, f"{RED}|R9", NEW)
    assert first.status_code == 201
    again = create(own, f"{RED}|R9", {**NEW, "birthDate": "1999-09-09"})
    assert (again.status_code, again.headers["location"]) == (200, first.headers["location"])
    assert own.get(first.headers["location"]).json()["birthDate"] == "1988-08-08"


def test_of_conditional_creates_at_one_time_one_adds_the_record(own, monkeypatch):
    """Both are made to look for it before either puts it."""
    looked, holder = Barrier(2), Index.holder
    waits = local()

    def holder_of_both(self, key):
        held = holder(self, key)
        if not getattr(waits, "done", False):
            waits.done = True
            looked.wait(timeout=10)
        return held

    monkeypatch.setattr(Index, "holder", holder_of_both)
    births = ["1988-08-08", "1999-09-09"]
    with ThreadPoolExecutor(2) as pool:
        sent = ({**NEW, "birthDate": each} for each in births)
        answers = list(pool.map(lambda each: create(own, f"{RED}|R9", each), sent))
    assert sorted(each.status_code for each in answers) == [200, 201]
    assert len({each.headers["location"] for each in answers}) == 1
    first = next(
        born for born, each in zip(births, answers, strict=True) if each.status_code == 201
    )
    assert own.get(answers[0].headers["location"]).json()["birthDate"] == first


def test_a_create_without_a_condition_is_refused(own):
    refusal(create(own, "", NEW), 400, "invalid")
    refusal(create(own, f"{RED}|R1,{RED}|R2", NEW), 412, "multiple-matches")


def test_a_record_that_is_removed_is_never_returned_again(own):
    assert remove(own, f"{RED}|R2").status_code == 204
    refusal(pix(own, f"{RED}|R2"), 404, "not-found")


def test_removing_what_is_not_there_is_as_good(own):
    assert remove(own, f"{RED}|nobody").status_code == 204


def test_the_others_of_a_person_stay_when_a_record_is_removed(own):
    remove(own, f"{RED}|R1")
    found = identifiers(resource(pix(own, f"{BLUE}|B1")))
    assert (RED, "R1") not in found
    assert (GREEN, "G1") in found


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_criterion_that_fits_several_records_is_a_412(own, method):
    several = f"{RED}|R1,{RED}|R2"
    answer = put(own, several, OMAR) if method == "put" else remove(own, several)
    refusal(answer, 412, "multiple-matches")


def test_of_several_identifiers_the_one_that_is_known_is_meant(own):
    assert put(own, f"{RED}|none,{RED}|R2", OMAR).status_code == 200


@pytest.mark.parametrize(
    ("named", "status", "code"),
    [
        ("urn:oid:9.9.9|1", 400, "code-invalid"),
        (f"{NHS}|9990000018", 400, "code-invalid"),
        (f"{IDS}/records/nowhere|1", 400, "code-invalid"),
        (f"{RED}|", 400, "invalid"),
        ("R9", 400, "invalid"),
        ("", 400, "invalid"),
        (",".join(f"{RED}|R{number}" for number in range(100, 117)), 400, "invalid"),
    ],
)
def test_a_feed_names_a_record_of_a_domain_that_a_source_issues(own, named, status, code):
    refusal(put(own, named, NEW), status, code)
    refusal(remove(own, named), status, code)


@pytest.mark.parametrize("query", ["", "?family=Okonkwo", "?identifier=a|1&identifier=b|2"])
def test_the_only_criterion_is_one_identifier(own, query):
    refusal(own.put(PATH + query, json=NEW), 400, "invalid")
    refusal(own.delete(PATH + query), 400, "invalid")


def test_every_source_can_be_fed_under_a_domain_of_its_own(own):
    sent = patient("Okonkwo", "Ada", "1988-08-08", identifiers=[(CRN, "X654321")])
    assert put(own, f"{IDS}/records/hjis|H1", sent).status_code == 201
    assert len(targets(resource(pix(own, f"{CRN}|X654321")))) == 1


def test_a_patient_has_the_identifier_it_is_fed_under(own):
    refusal(put(own, f"{RED}|R10", NEW), 400, "structure")
    refusal(pix(own, f"{RED}|R10"), 404, "not-found")


@pytest.mark.parametrize(
    "sent",
    [
        {**NEW, "gender": "f"},
        {**NEW, "birthDate": 19880808},
        {**NEW, "wrong": 1},
        {**NEW, "contained": [{"resourceType": "Organization"}]},
        {**NEW, "modifierExtension": [{"url": "urn:x", "valueBoolean": True}]},
        {**NEW, "resourceType": "Person"},
        {"resourceType": "Bundle", "type": "transaction", "entry": []},
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_stored(own, sent):
    answer = put(own, f"{RED}|R9", sent)
    assert resource(answer)["resourceType"] == "OperationOutcome"
    assert answer.status_code == 400
    refusal(pix(own, f"{RED}|R9"), 404, "not-found")


def test_what_an_answer_says_of_a_person_is_its_id_alone(own):
    sent = patient(identifiers=[(GREEN, "G1"), (CRN, "X123456")], **ZELDA)
    answer = put(own, f"{GREEN}|G1", sent)
    assert answer.status_code == 200
    assert not any(each in answer.text for each in ("Quillfeather", "9990000018", "B1", "X123456"))


def test_a_record_comes_in_xml_as_well(own):
    from mpi.api.fhir.xml import to_xml

    headers = {"content-type": "application/fhir+xml", "accept": "application/fhir+xml"}
    answer = own.put(PATH, params={"identifier": f"{RED}|R9"}, content=to_xml(NEW), headers=headers)
    assert answer.status_code == 201
    assert resource(answer)["resourceType"] == "OperationOutcome"
    assert identifiers(resource(pix(own, f"{RED}|R9"))) == {(CRN, "X654321")}
