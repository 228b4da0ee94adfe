"""`Patient/$match`: every row of IHE's table of ITI-119."""

from __future__ import annotations

import json

import pytest

from mpi.fhir.uris import MATCH_GRADE
from tests.api.fhir.answers import patients, refusal, resource
from tests.api.fhir.world import NHS, PNC, RED, ZELDA, patient

PATH = "/fhir/Patient/$match"
KNOWN = patient(identifiers=[(NHS, "9990000018")], **ZELDA)
VAGUE = {"resourceType": "Patient", "identifier": [{"system": PNC, "value": "2012/0000123Q"}]}
STRANGER = patient("Nobodyson", "Xenia", "1933-03-03")


def parameters(sent, **said):
    values = {"onlyCertainMatches": "valueBoolean", "count": "valueInteger"}
    given = [{"name": name, values[name]: value} for name, value in said.items()]
    resource = {"name": "resource", "resource": sent}
    return {"resourceType": "Parameters", "parameter": [resource, *given]}


def asked(client, sent, **said):
    return client.post(PATH, json=parameters(sent, **said))


def entries(answer):
    found = resource(answer)
    assert (answer.status_code, found["type"]) == (200, "searchset")
    assert found["total"] == len(found.get("entry", ()))
    return found.get("entry", [])


def grade(entry):
    (extension,) = entry["search"]["extension"]
    assert extension["url"] == MATCH_GRADE
    return extension["valueCode"]


def test_a_match_has_score_mode_and_one_grade(fhir):
    (entry,) = entries(asked(fhir, KNOWN))
    assert entry["search"]["mode"] == "match"
    assert 0 < entry["search"]["score"] <= 1
    assert grade(entry) == "certain"
    assert set(entry) == {"fullUrl", "resource", "search"}
    assert entry["fullUrl"] == f"http://127.0.0.1:8000/fhir/Patient/{entry['resource']['id']}"


def test_a_patient_that_matches_has_identifiers_and_is_active(fhir):
    (entry,) = entries(asked(fhir, KNOWN))
    found = entry["resource"]
    assert found["active"] is True
    assert all({"system", "value"} <= each.keys() for each in found["identifier"])
    assert "modifierExtension" not in found


def test_the_score_is_the_calibrated_confidence_of_a_match(fhir):
    record = {
        "names": [{"given": "Zelda Maud", "family": "Quillfeather"}],
        "birth_dates": ["1961-04-30"],
        "sex": "F",
    }
    ours = fhir.post("/v1/match", json=record).json()["persons"]
    sent = patient()
    (entry,) = entries(asked(fhir, sent))
    assert [(each["confidence"], each["grade"]) for each in ours] == [
        (entry["search"]["score"], grade(entry))
    ]


def test_several_matches_come_in_descending_order(fhir):
    found = entries(asked(fhir, VAGUE))
    scores = [each["search"]["score"] for each in found]
    assert len(scores) > 1
    assert scores == sorted(scores, reverse=True)
    assert {grade(each) for each in found} <= {"certain", "probable", "possible"}


@pytest.mark.parametrize("count", [1, 2])
def test_count_is_the_most_that_are_returned(fhir, count):
    assert len(entries(asked(fhir, VAGUE, count=count))) == count


def test_nobody_matching_is_an_empty_200(fhir):
    assert entries(asked(fhir, STRANGER)) == []


def test_only_certain_matches_returns_one_that_is_certain(fhir):
    (entry,) = entries(asked(fhir, KNOWN, onlyCertainMatches=True))
    assert grade(entry) == "certain"


def test_only_certain_matches_returns_nobody_where_none_is(fhir):
    assert entries(asked(fhir, VAGUE))
    assert entries(asked(fhir, VAGUE, onlyCertainMatches=True)) == []


def test_only_certain_matches_returns_nobody_where_several_could_be(fhir):
    both = patient(
        "Quillfeather", "Zelda Maud", identifiers=[(NHS, "9990000018"), (RED, "R2")], **ZELDA
    )
    both["name"].append({"family": "Brackenridge", "given": ["Omar"]})
    everybody = entries(asked(fhir, both))
    certain = [each for each in everybody if grade(each) == "certain"]
    told = entries(asked(fhir, both, onlyCertainMatches=True))
    assert [each["fullUrl"] for each in told] == [each["fullUrl"] for each in certain]


def test_the_patient_may_come_alone(fhir):
    assert patients(resource(fhir.post(PATH, json=KNOWN)))


def test_an_unknown_ordinary_extension_does_not_matter(fhir):
    extended = {**KNOWN, "extension": [{"url": "urn:x", "valueString": "y"}]}
    assert entries(asked(fhir, extended))
    meta = {**KNOWN, "extension": [{"url": "urn:x", "valueMeta": {"versionId": "1"}}]}
    assert entries(asked(fhir, meta))


@pytest.mark.parametrize(
    "where",
    [
        lambda p, m: {**p, "modifierExtension": m},
        lambda p, m: {**p, "contact": [{"modifierExtension": m, "name": {"text": "A"}}]},
        lambda p, m: {**p, "implicitRules": "urn:rules"},
    ],
    ids=["of the Patient", "inside", "rules"],
)
def test_an_unknown_modifier_is_refused_and_nobody_named(fhir, where):
    modifier = [{"url": "urn:unknown", "valueBoolean": True}]
    issue = refusal(asked(fhir, where(KNOWN, modifier)), 400, "extension")
    assert issue["severity"] == "error"


def test_a_patient_that_says_too_little_is_refused(fhir):
    refusal(asked(fhir, {"resourceType": "Patient", "gender": "female"}), 400, "required")


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Parameters"},
        {"resourceType": "Parameters", "parameter": [{"name": "count", "valueInteger": 1}]},
        {"resourceType": "Parameters", "parameter": [{"name": "resource", "valueString": "x"}]},
        {"resourceType": "Observation"},
        {"resourceType": "Bundle", "type": "batch"},
        parameters({"resourceType": "Observation"}),
        parameters({"resourceType": "Nonsense"}),
        {**parameters(KNOWN), "parameter": parameters(KNOWN)["parameter"] * 2},
        {
            "resourceType": "Parameters",
            "parameter": [*parameters(KNOWN)["parameter"], {"name": "x", "valueString": "y"}],
        },
        parameters(KNOWN, count=0),
        parameters(KNOWN, count=-1),
        parameters(KNOWN, count="1"),
        parameters(KNOWN, onlyCertainMatches="true"),
        [],
        "Patient",
        None,
    ],
)
def test_a_body_that_asks_nothing_that_is_understood_is_refused(fhir, body):
    refusal(fhir.post(PATH, json=body), 400, "structure")


def test_matching_writes_nothing(fhir):
    before = fhir.get("/ready").json()
    asked(fhir, KNOWN)
    assert fhir.get("/ready").json() == before


def test_a_body_may_be_sent_as_curl_does_by_itself(fhir):
    sent = json.dumps(patient(**ZELDA))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = fhir.post("/fhir/Patient/$match", content=sent, headers=headers)
    assert resource(answer)["total"] == 1
    refusal(fhir.post("/fhir/Patient/$match", data={"a": "b"}), 400, "structure")
