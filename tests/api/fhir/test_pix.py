"""`Patient/$ihe-pix`: every row of IHE's table of ITI-83."""

from __future__ import annotations

import json

import pytest

from tests.api.fhir.answers import identifiers, refusal, resource, targets
from tests.api.fhir.world import BLUE, CRN, GREEN, IDS, NHS, PNC, RED

PATH = "/fhir/Patient/$ihe-pix"
OTHERS = {(NHS, "9990000018"), (CRN, "X123456"), (GREEN, "G1"), (BLUE, "B1")}
UNKNOWN = "urn:oid:1.2.3.4.5"
NOT_FOUND = "sourceIdentifier Patient Identifier not found"
NO_AUTHORITY = "sourceIdentifier Assigning Authority not found"
NO_TARGET = "targetSystem not found"


def by_get(client, source, *targets, **headers):
    query = [("sourceIdentifier", source), *(("targetSystem", each) for each in targets)]
    return client.get(PATH, params=query, headers=headers)


def by_post(client, source, *targets, **headers):
    said = [{"name": "sourceIdentifier", "valueString": source}]
    said += [{"name": "targetSystem", "valueUri": each} for each in targets]
    return client.post(
        PATH, json={"resourceType": "Parameters", "parameter": said}, headers=headers
    )


@pytest.fixture(params=[by_get, by_post], ids=["GET", "POST"])
def ask(request, fhir):
    return lambda *said, **headers: request.param(fhir, *said, **headers)


def test_all_other_identifiers_of_the_holder_are_returned_and_the_patient(ask):
    answer = ask(f"{RED}|R1")
    found = resource(answer)
    assert (answer.status_code, found["resourceType"]) == (200, "Parameters")
    assert identifiers(found) == OTHERS
    assert len(targets(found)) == 1


@pytest.mark.parametrize("asked", sorted({*OTHERS, (RED, "R1")}), ids=lambda each: each[1])
def test_the_source_identifier_itself_is_never_returned(ask, asked):
    found = identifiers(resource(ask("|".join(asked))))
    assert found == (OTHERS | {(RED, "R1")}) - {asked}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([BLUE], {(BLUE, "B1")}),
        ([BLUE, GREEN], {(BLUE, "B1"), (GREEN, "G1")}),
        ([NHS], {(NHS, "9990000018")}),
        (["urn:oid:2.16.840.1.113883.2.1.4.1"], {(NHS, "9990000018")}),
    ],
    ids=["one", "two", "NHS number", "its OID"],
)
def test_the_answer_is_kept_to_the_target_systems(ask, wanted, expected):
    assert identifiers(resource(ask(f"{RED}|R1", *wanted))) == expected


def test_a_known_target_system_without_a_cross_reference_is_an_empty_200(ask):
    answer = ask(f"{RED}|R1", f"{IDS}/uln")
    assert answer.status_code == 200
    assert resource(answer) == {"resourceType": "Parameters"}


def test_someone_known_to_one_system_alone_has_a_patient_and_no_other_identifier(ask):
    found = resource(ask(f"{RED}|R2"))
    assert (identifiers(found), len(targets(found))) == (set(), 1)


@pytest.mark.parametrize(
    ("source", "wanted", "status", "code", "diagnostics"),
    [
        (f"{RED}|nobody", [], 404, "not-found", NOT_FOUND),
        (f"{NHS}|9990000026", [], 404, "not-found", NOT_FOUND),
        (f"{NHS}|not a number", [], 404, "not-found", NOT_FOUND),
        (f"{UNKNOWN}|R1", [], 400, "code-invalid", NO_AUTHORITY),
        (f"{IDS}/records/red|R1", [], 400, "code-invalid", NO_AUTHORITY),
        (f"{RED}|R1", [UNKNOWN], 403, "code-invalid", NO_TARGET),
        (f"{RED}|R1", [BLUE, UNKNOWN], 403, "code-invalid", NO_TARGET),
        (f"{RED}|nobody", [UNKNOWN], 403, "code-invalid", NO_TARGET),
        (f"{UNKNOWN}|R1", [UNKNOWN], 400, "code-invalid", NO_AUTHORITY),
    ],
)
def test_the_errors_of_the_table(ask, source, wanted, status, code, diagnostics):
    issue = refusal(ask(source, *wanted), status, code, diagnostics)
    assert issue["severity"] == "error"


@pytest.mark.parametrize("source", [f"{RED}|", "R1", "|R1", "|", ""])
def test_a_source_identifier_without_domain_or_value_is_refused(ask, source):
    assert resource(ask(source))["resourceType"] == "OperationOutcome"
    assert ask(source).status_code == 400


@pytest.mark.parametrize("query", [[], [("sourceIdentifier", f"{RED}|R1")] * 2])
def test_there_is_one_source_identifier(fhir, query):
    refusal(fhir.get(PATH, params=query), 400, "invalid")


def test_the_target_systems_of_one_question_are_bounded(fhir):
    asked = [("sourceIdentifier", f"{RED}|R1"), *[("targetSystem", BLUE)] * 64]
    assert fhir.get("/fhir/Patient/$ihe-pix", params=asked).status_code == 200
    answer = fhir.get("/fhir/Patient/$ihe-pix", params=[*asked, ("targetSystem", BLUE)])
    refusal(answer, 400, "invalid")


def test_a_patient_of_ours_can_be_asked_about_as_well(fhir):
    (patient,) = targets(resource(by_get(fhir, f"{RED}|R1")))
    found = resource(by_get(fhir, f"http://127.0.0.1:8000/fhir|{patient}"))
    assert identifiers(found) == OTHERS | {(RED, "R1")}
    refusal(by_get(fhir, "http://127.0.0.1:8000/fhir|Patient/none"), 404, "not-found", NOT_FOUND)


def test_of_an_identifier_that_two_hold_both_patients_are_named_and_no_identifier(fhir):
    found = resource(by_get(fhir, f"{PNC}|12/123Q"))
    assert (len(targets(found)), identifiers(found)) == (2, set())


def test_a_value_may_be_written_as_anybody_does(fhir):
    found = identifiers(resource(by_get(fhir, f"{NHS}|999 000 0018")))
    assert found == OTHERS - {(NHS, "9990000018")} | {(RED, "R1")}


@pytest.mark.parametrize("wanted", ["xml", "application/fhir+xml", "application/fhir xml"])
def test_the_answer_comes_in_xml_if_that_is_wanted(fhir, wanted):
    query = {"sourceIdentifier": f"{RED}|R1", "_format": wanted}
    answer = fhir.get(PATH, params=query)
    assert answer.headers["content-type"] == "application/fhir+xml; charset=utf-8"
    assert identifiers(resource(answer)) == OTHERS


def test_the_format_may_stand_among_the_parameters_of_a_post(fhir):
    said = [
        {"name": "sourceIdentifier", "valueString": f"{RED}|R1"},
        {"name": "_format", "valueString": "application/fhir+xml"},
    ]
    answer = fhir.post(PATH, json={"resourceType": "Parameters", "parameter": said})
    assert "xml" in answer.headers["content-type"]


def test_an_unknown_parameter_is_left_alone_unless_the_client_is_strict(fhir):
    query = {"sourceIdentifier": f"{RED}|R1", "wrong": "1"}
    assert fhir.get(PATH, params=query).status_code == 200
    strict = fhir.get(PATH, params=query, headers={"prefer": "handling=strict"})
    refusal(strict, 400, "not-supported")


def test_no_answer_repeats_what_was_asked_in_an_error(fhir):
    answer = by_get(fhir, f"{RED}|very-private-123")
    assert "very-private-123" not in answer.text
    assert json.loads(answer.text)["issue"][0]["code"] == "not-found"
