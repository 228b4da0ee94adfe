"""Searching for Patients: every row of IHE's table of ITI-78."""

from __future__ import annotations

import pytest

from tests.api.fhir.answers import outcomes, patients, refusal, resource
from tests.api.fhir.world import BLUE, GREEN, NHS, PNC, RED

PATH = "/fhir/Patient"
ZELDA = {"family": "Quillfeather", "birthdate": "1961-04-30"}


def by_get(client, query, **headers):
    return client.get(PATH, params=query, headers=headers)


def by_post(client, query, **headers):
    return client.post(f"{PATH}/_search", data=query, headers=headers)


@pytest.fixture(params=[by_get, by_post], ids=["GET", "POST"])
def search(request, fhir):
    return lambda query, **headers: request.param(fhir, query, **headers)


@pytest.fixture(scope="module")
def zelda(fhir):
    """The id of her Patient."""
    (found,) = patients(resource(by_get(fhir, {"identifier": f"{RED}|R1"})))
    return found["id"]


def found(answer):
    bundle = resource(answer)
    assert (answer.status_code, bundle["type"]) == (200, "searchset")
    for entry in bundle.get("entry", ()):
        if entry["search"]["mode"] == "match":
            assert entry["fullUrl"].endswith(f"/fhir/Patient/{entry['resource']['id']}")
    return [each["id"] for each in patients(bundle)], bundle["total"]


@pytest.mark.parametrize(
    "query",
    [
        ZELDA,
        {**ZELDA, "gender": "female"},
        {**ZELDA, "given": "zelda"},
        {**ZELDA, "given": "Maud"},
        {**ZELDA, "given:exact": "Zelda Maud"},
        {**ZELDA, "family": "quill"} | {"given": "Zelda"},
        {**ZELDA, "family": "QUILLFEATHER,Other"},
        {"family:exact": "Quillfeather", "birthdate": "eq1961-04-30"},
        {"family:contains": "Quillfeather", "birthdate": "1961-04-30"},
        {**ZELDA, "address-postalcode": "hg12ab"},
        {**ZELDA, "address-postalcode": "HG1"},
        {**ZELDA, "address-city": "Harrow"},
        {**ZELDA, "address": "larkspur"},
        {**ZELDA, "telecom": "zelda.q@example.org"},
        {**ZELDA, "active": "true"},
        {"identifier": f"{NHS}|9990000018"},
        {"identifier": f"{NHS}|999 000 0018", "family": "Quillfeather"},
        {"identifier": f"{RED}|R1,{RED}|none"},
    ],
    ids=str,
)
def test_who_fits_every_parameter_is_found(search, zelda, query):
    assert found(search(query)) == ([zelda], 1)


@pytest.mark.parametrize(
    "query",
    [
        {**ZELDA, "birthdate": "1961-05-30"},
        {**ZELDA, "gender": "male"},
        {**ZELDA, "given": "Omar"},
        {**ZELDA, "given:exact": "zelda"},
        {**ZELDA, "family:exact": "QUILLFEATHER"},
        {**ZELDA, "address-postalcode": "LS1"},
        {**ZELDA, "address-city": "Leeds"},
        {**ZELDA, "telecom": "other@example.org"},
        {**ZELDA, "active": "false"},
        {"identifier": f"{RED}|none"},
        {"identifier": f"{NHS}|not a number"},
        {"identifier": f"{RED}|R1", "family": "Somebodyelse"},
        {"_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70"},
    ],
    ids=str,
)
def test_nobody_who_fits_is_a_total_of_nought_and_no_entry(search, query):
    bundle = resource(search(query))
    assert bundle["total"] == 0
    assert "entry" not in bundle


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ([("identifier", f"{RED}|R1"), ("identifier", f"{NHS}|9990000018")], 1),
        ([("identifier", f"{RED}|R1"), ("identifier", f"{RED}|R2")], 0),
        ([("identifier", f"{RED}|R1,{RED}|R2")], 2),
        ([("identifier", f"{RED}|R1"), ("_id", "{zelda}")], 1),
        ([("identifier", f"{RED}|R2"), ("_id", "{zelda}")], 0),
        ([("_id", "{zelda}"), ("_id", "somebody")], 0),
        ([("_id", "{zelda},somebody")], 1),
    ],
)
def test_parameters_that_repeat_hold_all_and_values_of_one_any(fhir, zelda, query, total):
    asked = [(name, value.replace("{zelda}", zelda)) for name, value in query]
    assert resource(fhir.get(PATH, params=asked))["total"] == total


@pytest.mark.parametrize("name", ["identifier", "_id", "family", "telecom"])
def test_the_values_of_all_parameters_are_bounded(fhir, name):
    value = f"{RED}|R%d" if name == "identifier" else "R%d"
    groups = [",".join(value % (10 * at + each) for each in range(10)) for at in range(7)]
    asked = [(name, each) for each in groups]
    assert refusal(fhir.get(PATH, params=asked), 400, "invalid")["diagnostics"].endswith(
        f"({name})"
    )
    assert fhir.get(PATH, params=[*asked[:6], *ZELDA.items()]).status_code == 200


def test_an_id_finds_the_patient(search, zelda):
    assert found(search({"_id": zelda})) == ([zelda], 1)


def test_a_domain_keeps_the_answer_to_its_identifiers(search, zelda):
    (shown,) = patients(resource(search({**ZELDA, "identifier": f"{BLUE}|,{GREEN}|"})))
    assert shown["id"] == zelda
    assert {each["system"] for each in shown["identifier"]} == {BLUE, GREEN}


def test_whoever_has_no_identifier_of_the_domain_is_left_out(search):
    omar = {"family": "Brackenridge", "birthdate": "1975-11-02"}
    assert found(search(omar))[1] == 1
    assert found(search({**omar, "identifier": f"{BLUE}|"})) == ([], 0)


@pytest.mark.parametrize("value", ["urn:oid:9.9.9|", "urn:oid:9.9.9|1"])
def test_an_unknown_domain_is_a_404_with_a_warning(search, value):
    answer = search({**ZELDA, "identifier": value})
    issue = refusal(answer, 404, "not-found", "targetSystem not found")
    assert issue["severity"] == "warning"


def test_a_format_that_is_not_spoken_is_a_406(fhir):
    issue = refusal(by_get(fhir, {**ZELDA, "_format": "text/turtle"}), 406, "not-supported")
    assert issue["severity"] == "error"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"family": "Quillfeather"},
        {"gender": "female"},
        {"active": "true"},
        {"identifier": f"{NHS}|"},
        {"address-postalcode": "HG1"},
    ],
    ids=str,
)
def test_a_search_that_says_too_little_is_refused(search, query):
    refusal(search(query), 422, "too-costly")


def test_too_many_matches_name_nobody(search):
    bundle = resource(search({"family": "Thistlewood", "birthdate": "1980-06-15"}))
    assert (bundle["total"], patients(bundle)) == (0, [])
    (said,) = outcomes(bundle)
    (issue,) = said["issue"]
    assert (issue["severity"], issue["code"]) == ("information", "multiple-matches")
    assert "TOO_MANY_MATCHES" in {each["code"] for each in issue["details"]["coding"]}


@pytest.mark.parametrize(
    "query",
    [
        {**ZELDA, "birthdate": "1961"},
        {**ZELDA, "birthdate": "ge1961-04-30"},
        {**ZELDA, "birthdate": ""},
        {**ZELDA, "family:wrong": "Q"},
        {**ZELDA, "gender:not": "female"},
        {**ZELDA, "gender": "f"},
        {**ZELDA, "identifier": "R1"},
        {**ZELDA, "identifier": "|R1"},
        {**ZELDA, "_count": "x"},
        {**ZELDA, "_count": "-1"},
        {**ZELDA, "family": "-"},
    ],
    ids=str,
)
def test_a_parameter_that_makes_no_sense_is_refused(search, query):
    refusal(search(query), 400, "invalid")


def test_what_is_not_supported_is_left_out_and_said_so(search, zelda):
    answer = search({**ZELDA, "mothersMaidenName": "Unknown"})
    assert found(answer) == ([zelda], 1)
    (said,) = outcomes(resource(answer))
    assert (said["issue"][0]["severity"], said["issue"][0]["code"]) == ("warning", "not-supported")


def test_what_is_not_supported_is_refused_where_that_is_preferred(search):
    answer = search({**ZELDA, "mothersMaidenName": "Unknown"}, prefer="handling=strict")
    refusal(answer, 400, "not-supported")


def test_pages_follow_their_links(fhir):
    query = {"identifier": f"{PNC}|2012/0000123Q", "_count": "1"}
    seen, answer = [], by_get(fhir, query)
    for _ in range(2):
        bundle = resource(answer)
        assert bundle["total"] == 2
        seen += [each["id"] for each in patients(bundle)]
        links = {each["relation"]: each["url"] for each in bundle["link"]}
        if "next" in links:
            answer = fhir.get(links["next"])
    assert len(set(seen)) == 2
    assert set(links) == {"self", "previous"}


def test_a_page_of_none_tells_the_total(search):
    assert found(search({**ZELDA, "_count": "0"})) == ([], 1)


def test_a_search_by_post_takes_a_form_only(fhir):
    refusal(fhir.post(f"{PATH}/_search", json=ZELDA), 415, "not-supported")


def test_a_search_by_post_gives_no_links_that_would_carry_what_was_asked(fhir):
    assert "link" not in resource(by_post(fhir, ZELDA))


def test_the_self_link_says_what_was_understood(fhir):
    bundle = resource(by_get(fhir, {**ZELDA, "mothersMaidenName": "Unknown"}))
    (link,) = [each["url"] for each in bundle["link"] if each["relation"] == "self"]
    assert "mothersMaidenName" not in link
    assert resource(fhir.get(link))["total"] == 1
