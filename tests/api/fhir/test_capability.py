"""What the CapabilityStatement and the OperationDefinitions say is what the server does."""

from __future__ import annotations

import pytest

from mpi.fhir.capability import SEARCH_PARAMETERS, capability_statement, operation_definitions
from mpi.fhir.matching import _VALUES
from mpi.fhir.pix import NAMES
from tests.api.fhir.answers import refusal, resource
from tests.api.fhir.world import BLUE, CRN, NHS, RED, ZELDA, patient

PATH = "/fhir/Patient"
STRICT = {"prefer": "handling=strict"}
STATED = capability_statement("http://127.0.0.1:8000/fhir", "1")
(SERVED,) = STATED["rest"][0]["resource"]
WHO = {"family": "Quillfeather", "birthdate": "1961-04-30"}
SAID = {
    "_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
    "active": "true",
    "identifier": f"{NHS}|9990000018",
    **WHO,
    "given": "Zelda",
    "gender": "female",
    "telecom": "zelda.q@example.org",
    "address-postalcode": "HG1",
    "address-city": "Harrowgate",
    "address": "larkspur",
}
OF_R4 = (
    *("address-country", "address-state", "address-use", "death-date", "deceased", "email"),
    *("general-practitioner", "language", "link", "name", "organization", "phone", "phonetic"),
    *("mothersMaidenName", "_lastUpdated", "_tag", "_sort", "_include", "_has:x:y:z", "_text"),
)
NEW = patient("Okonkwo", "Ada", "1988-08-08", identifiers=[(RED, "R9"), (CRN, "X654321")])
QUERY = {"params": {"identifier": f"{RED}|R9"}}


def test_it_is_what_is_answered(fhir):
    told = resource(fhir.get("/fhir/metadata"))
    assert told["rest"] == STATED["rest"]
    assert told["format"] == STATED["format"]


@pytest.mark.parametrize("wanted", STATED["format"])
def test_every_format_is_spoken(fhir, wanted):
    answer = fhir.get(PATH, params={**WHO, "_format": wanted})
    assert resource(answer)["total"] == 1
    assert wanted.rpartition("+")[2].rpartition("/")[2] in answer.headers["content-type"]


@pytest.mark.parametrize("name", SEARCH_PARAMETERS)
def test_every_search_parameter_is_supported_as_its_type(fhir, name):
    asked = {**WHO, name: SAID[name]}
    assert fhir.get(PATH, params=asked, headers=STRICT).status_code == 200
    exact = {**WHO, f"{name}:exact": SAID[name]}
    if SEARCH_PARAMETERS[name][0] == "string":
        assert fhir.get(PATH, params=exact, headers=STRICT).status_code == 200
    else:
        refusal(fhir.get(PATH, params=exact, headers=STRICT), 400, "invalid")


@pytest.mark.parametrize("name", OF_R4)
def test_no_other_search_parameter_is(fhir, name):
    answer = fhir.get(PATH, params={**WHO, name: "x"}, headers=STRICT)
    refusal(answer, 400, "not-supported")


def test_every_interaction_is_served_as_it_is_stated(own):
    served = {each["code"] for each in SERVED["interaction"]}
    condition = {"if-none-exist": f"identifier={RED}|R9"}
    made = own.post(PATH, json=NEW, headers=condition)
    found = {
        "create": made.status_code == 201,
        "update": own.put(PATH, json=NEW, **QUERY).status_code == 200,
        "read": own.get(made.headers["location"]).status_code == 200,
        "search-type": own.get(PATH, **QUERY).status_code == 200,
        "delete": own.delete(PATH, **QUERY).status_code == 204,
    }
    assert found == dict.fromkeys(served, True)
    assert SERVED["conditionalCreate"]
    assert SERVED["conditionalUpdate"]
    assert not SERVED["updateCreate"]
    assert own.post(PATH, json=NEW).status_code == 400
    assert own.put(f"{PATH}/somebody", json=NEW).status_code == 405
    several = {"params": {"identifier": f"{RED}|R1,{BLUE}|B1"}}
    assert SERVED["conditionalDelete"] == "single"
    assert own.delete(PATH, **several).status_code == 412


def test_there_are_no_versions_and_no_history(fhir):
    assert (SERVED["versioning"], SERVED["readHistory"]) == ("no-version", False)
    found = resource(fhir.get(PATH, params=WHO))["entry"][0]["resource"]
    answer = fhir.get(f"{PATH}/{found['id']}")
    assert "etag" not in answer.headers
    assert "versionId" not in found.get("meta", {})
    assert fhir.get(f"{PATH}/{found['id']}/_history").status_code == 404


def test_every_parameter_of_an_operation_is_taken_and_no_other(fhir):
    defined = {
        code: {each["name"] for each in definition["parameter"] if each["use"] == "in"}
        for code, definition in operation_definitions(STATED["implementation"]["url"]).items()
    }
    assert defined == {"ihe-pix": {*NAMES}, "match": {*_VALUES}}
    query = {"sourceIdentifier": f"{RED}|R1", "targetSystem": BLUE, "_format": "json"}
    assert fhir.get(f"{PATH}/$ihe-pix", params=query, headers=STRICT).status_code == 200
    query["other"] = "x"
    refusal(fhir.get(f"{PATH}/$ihe-pix", params=query, headers=STRICT), 400, "not-supported")
    given = [
        {"name": "resource", "resource": patient(**ZELDA)},
        {"name": "onlyCertainMatches", "valueBoolean": True},
        {"name": "count", "valueInteger": 1},
    ]
    body = {"resourceType": "Parameters", "parameter": given}
    assert resource(fhir.post(f"{PATH}/$match", json=body))["total"] == 1


def test_no_page_of_another_origin_is_let_read(fhir):
    assert STATED["rest"][0]["security"]["cors"] is False
    answer = fhir.get("/fhir/metadata", headers={"origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
