"""Under a policy no question confirms what its caller is not told, and none leads around it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import HERE
from tests.api.fhir.answers import identifiers, refusal, resource, targets
from tests.api.fhir.guarded import KNOWN, by_pix, headers, policy, serving
from tests.api.fhir.world import BLUE, NHS, RED, ZELDA, patient


@pytest.fixture(scope="module")
def client(fhir_folder, tmp_path_factory):
    app = serving(fhir_folder / "mpi.db", tmp_path_factory.mktemp("policy"), policy())
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("born", ["1961-04-30", "1999-01-01"], ids=["right", "wrong"])
@pytest.mark.parametrize("named", [{"identifier": f"{NHS}|9990000018"}, {"_id": "{id}"}], ids=str)
@pytest.mark.parametrize(
    "said",
    [{"birthdate": "{born}"}, {"birthdate": "{born}", "family": "Quillfeather"}],
    ids=["birth date", "and name"],
)
def test_who_may_not_search_by_individuals_cannot_have_one_confirmed(client, named, said, born):
    (where,) = targets(resource(by_pix(client, f"{NHS}|9990000018", purpose="PATADMIN")))
    filled = {"{id}": where.removeprefix("Patient/"), "{born}": born}
    query = {name: filled.get(value, value) for name, value in (named | said).items()}
    answers = [
        client.get("/fhir/Patient", params=query, headers=headers("PATADMIN")),
        client.post("/fhir/Patient/_search", data=query, headers=headers("PATADMIN")),
    ]
    for answer in answers:
        issue = refusal(answer, 403, "forbidden")
        assert {each["code"] for each in issue["details"]["coding"]} == {"search-not-permitted"}
    alone = {name: filled.get(value, value) for name, value in named.items()}
    found = resource(client.get("/fhir/Patient", params=alone, headers=headers("PATADMIN")))
    assert found["total"] == 1


def test_a_former_id_leads_to_those_alone_whose_records_may_be_known(own, tmp_path):
    gone = former_id(own)
    told = {}
    for name, sources in (("knows", KNOWN), ("does not", ("pds", "blue"))):
        app = serving(tmp_path / "mpi.db", tmp_path / name, policy(sources))
        with TestClient(app, base_url=HERE) as client:
            told[name] = by_pix(client, f"{HERE}/fhir|Patient/{gone}")
    assert len(targets(resource(told["knows"]))) == 1
    refusal(told["does not"], 404, "not-found", "sourceIdentifier Patient Identifier not found")


def former_id(client):
    """A person id whose only record was Red's, and which now is with others."""
    alone = patient("Quillfeather", "Zelda Maud", "1961-04-30", identifiers=[(RED, "R50")])
    moved = {**alone, "identifier": [*alone["identifier"], {"system": NHS, "value": "9990000018"}]}
    alone = {**alone, "birthDate": "1933-03-03", "name": [{"family": "Elsewhere"}]}
    query = {"identifier": f"{RED}|R50"}
    before = client.put("/fhir/Patient", params=query, json=alone).headers["location"]
    after = client.put("/fhir/Patient", params=query, json={**moved, **ZELDA}).headers["location"]
    assert before != after
    return before.rpartition("/")[2]


def test_what_replaced_an_identifier_is_told_like_any_other(own, tmp_path):
    link = [{"other": {"identifier": {"system": RED, "value": "R1"}}, "type": "replaced-by"}]
    gone = {**patient(identifiers=[(RED, "R2")]), "active": False, "link": link}
    merged = own.put("/fhir/Patient", params={"identifier": f"{RED}|R2"}, json=gone)
    assert merged.status_code == 200
    policies = {
        "sees": policy(),
        "does not": policy(see=["nhs-number"]),
        "knows not": policy(sources=["pds", "blue"]),
    }
    told, status = {}, {}
    for name, text in policies.items():
        app = serving(tmp_path / "mpi.db", tmp_path / name, text)
        with TestClient(app, base_url=HERE) as client:
            told[name] = identifiers(resource(by_pix(client, f"{RED}|R2")))
            status[name] = by_pix(client, f"{RED}|R2").status_code
    assert status == {"sees": 200, "does not": 200, "knows not": 404}
    assert told == {
        "sees": {(NHS, "9990000018"), (RED, "R1"), (BLUE, "B1")},
        "does not": {(NHS, "9990000018")},
        "knows not": set(),
    }
