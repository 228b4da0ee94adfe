"""Reading a Patient by id, what the service says of itself, and what is no route."""

from __future__ import annotations

import pytest

from mpi.api.fhir import match, pix, search
from mpi.fhir.capability import SEARCH_PARAMETERS
from mpi.fhir.uris import VERIFICATION_CODES, VERIFICATION_STATUS
from tests.api.fhir.answers import patients, refusal, resource
from tests.api.fhir.world import BLUE, NHS, RED, ZELDA, patient

SHE_AGAIN = patient(identifiers=[(RED, "R2"), (NHS, "9990000018")], **ZELDA)
UNKNOWN = "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70"


def the_patient(client, identifier):
    answer = client.get("/fhir/Patient", params={"identifier": identifier})
    (found,) = patients(resource(answer))
    return found


def told(patient):
    """A Patient with its identifiers in one order: that of a search is the surest first."""
    listed = sorted(patient["identifier"], key=lambda each: (each["system"], each["value"]))
    return {**patient, "identifier": listed}


def test_a_patient_is_read_as_it_is_found(fhir):
    found = the_patient(fhir, f"{RED}|R1")
    answer = fhir.get(f"/fhir/Patient/{found['id']}")
    assert answer.status_code == 200
    assert told(resource(answer)) == told(found)


def test_a_patient_carries_the_nhs_number_with_its_verification_status(fhir):
    found = the_patient(fhir, f"{RED}|R1")
    (number,) = [each for each in found["identifier"] if each["system"] == NHS]
    (extension,) = number["extension"]
    (coding,) = extension["valueCodeableConcept"]["coding"]
    assert (extension["url"], coding["system"]) == (VERIFICATION_STATUS, VERIFICATION_CODES)
    assert (number["value"], coding["code"]) == ("9990000018", "01")


def test_a_patient_shows_what_identifies_by_sight_and_no_more(fhir):
    found = the_patient(fhir, f"{RED}|R1")
    assert found["name"] == [{"use": "usual", "family": "Quillfeather", "given": ["Zelda", "Maud"]}]
    assert (found["gender"], found["birthDate"]) == ("female", "1961-04-30")
    assert found["address"] == [
        {"line": ["7 Larkspur Lane"], "city": "Harrowgate", "postalCode": "HG1 2AB"}
    ]
    assert found.keys() <= {
        *("resourceType", "id", "identifier", "active", "name", "gender", "birthDate", "address")
    }


@pytest.mark.parametrize("person_id", [UNKNOWN, "none", "$match", "a" * 200, "%00"])
def test_an_id_never_issued_is_a_404(fhir, person_id):
    refusal(fhir.get(f"/fhir/Patient/{person_id}"), 404, "not-found")


def test_an_id_no_longer_in_use_is_a_patient_replaced_by_another(own):
    omar, zelda = the_patient(own, f"{RED}|R2")["id"], the_patient(own, f"{RED}|R1")["id"]
    own.put("/fhir/Patient", params={"identifier": f"{RED}|R2"}, json=SHE_AGAIN)
    answer = own.get(f"/fhir/Patient/{omar}")
    assert answer.status_code == 200
    found = resource(answer)
    assert (found["id"], found["active"]) == (omar, False)
    assert found["link"] == [{"other": {"reference": f"Patient/{zelda}"}, "type": "replaced-by"}]


def test_an_id_whose_records_are_all_gone_is_a_410(own):
    omar = the_patient(own, f"{RED}|R2")["id"]
    own.delete("/fhir/Patient", params={"identifier": f"{RED}|R2"})
    refusal(own.get(f"/fhir/Patient/{omar}"), 410, "deleted")


def test_the_capability_statement_names_what_is_served(fhir):
    statement = resource(fhir.get("/fhir/metadata"))
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["implementation"]["url"] == "http://127.0.0.1:8000/fhir"
    ((served,),) = [each["resource"] for each in statement["rest"]]
    assert served["conditionalDelete"] == "single"
    assert served["conditionalUpdate"] is True
    assert served["conditionalCreate"] is True
    assert {each["code"] for each in served["interaction"]} == {
        *("read", "search-type", "create", "update", "delete")
    }
    assert {each["name"] for each in served["operation"]} == {"ihe-pix", "match"}
    assert {each["name"] for each in served["searchParam"]} == SEARCH_PARAMETERS.keys()


def test_every_operation_has_the_definition_that_the_statement_names(fhir):
    statement = resource(fhir.get("/fhir/metadata"))
    for operation in statement["rest"][0]["resource"][0]["operation"]:
        definition = resource(fhir.get(operation["definition"]))
        assert definition["url"] == operation["definition"]
        assert definition["code"] == operation["name"]
        assert (definition["system"], definition["type"], definition["instance"]) == (
            *(False, True, False),
        )


def test_the_operations_served_are_those_defined():
    routes = [route for each in (pix, match, search) for route in each.router.routes]
    served = {route.path for route in routes if "$" in route.path}
    assert served == {"/Patient/$ihe-pix", "/Patient/$match"}


def test_the_statement_comes_in_xml_too(fhir):
    answer = fhir.get("/fhir/metadata", headers={"accept": "application/fhir+xml"})
    assert resource(answer)["resourceType"] == "CapabilityStatement"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/fhir/Observation", 404, "not-found"),
        ("GET", "/fhir/", 404, "not-found"),
        ("GET", "/fhir/Patient/1/_history", 404, "not-found"),
        ("GET", "/fhir/OperationDefinition/none", 404, "not-found"),
        ("POST", "/fhir/metadata", 405, "not-supported"),
        ("PUT", "/fhir/Patient/1", 405, "not-supported"),
        ("DELETE", "/fhir/Patient/$match", 405, "not-supported"),
        ("PATCH", "/fhir/Patient", 405, "not-supported"),
    ],
)
@pytest.mark.parametrize("wanted", ["json", "xml"])
def test_what_is_no_route_is_an_operation_outcome(fhir, method, path, status, code, wanted):
    answer = fhir.request(method, path, params={"_format": wanted})
    refusal(answer, status, code)
    assert wanted in answer.headers["content-type"]


def test_a_405_names_every_method_of_the_path(fhir):
    answer = fhir.patch("/fhir/Patient", json={})
    assert answer.headers["allow"] == "DELETE, GET, HEAD, POST, PUT"


def test_head_answers_where_get_does(fhir):
    answer = fhir.head("/fhir/metadata")
    assert (answer.status_code, answer.content) == (200, b"")


def test_every_answer_has_the_request_id_and_is_not_kept(fhir):
    for path in ("/fhir/metadata", "/fhir/nowhere"):
        answer = fhir.get(path, headers={"x-request-id": "a-name"})
        assert answer.headers["x-request-id"] == "a-name"
        assert answer.headers["cache-control"] == "no-store"


def test_without_the_library_every_route_says_what_to_install(fhir, monkeypatch):
    from mpi.api.fhir import door

    monkeypatch.setattr(door, "_NEEDED", ("no_such_library",))
    door._installed.cache_clear()
    answer = fhir.get("/fhir/metadata")
    door._installed.cache_clear()
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (501, "not-supported")
    assert "master-person-index[fhir]" in answer.json()["issue"][0]["diagnostics"]


def test_a_domain_that_several_persons_share_is_theirs_alone(fhir):
    shown = the_patient(fhir, f"{BLUE}|B100")
    assert [each["system"] for each in shown["identifier"]] == [BLUE]
