"""The API describes itself well enough to be used without reading its code."""

from __future__ import annotations

import pytest

from mpi.api import schemas
from mpi.api.app import create_app
from mpi.api.problems import MEDIA_TYPE


@pytest.fixture(scope="module")
def openapi(client):
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def operations(openapi):
    return [each for path in openapi["paths"].values() for each in path.values()]


def test_every_operation_has_a_summary_a_description_and_a_tag(operations):
    assert operations
    for operation in operations:
        assert operation["summary"]
        assert len(operation["description"]) > 40
        assert operation["tags"]


def test_every_answer_has_a_description_and_an_example(operations):
    for operation in operations:
        for status, answer in operation["responses"].items():
            assert answer["description"], (operation["operationId"], status)
            for content in answer["content"].values():
                assert "example" in content, (operation["operationId"], status)


def test_every_refusal_is_described_as_a_problem_and_nothing_else(operations):
    for operation in operations:
        for status, answer in operation["responses"].items():
            if status[0] in "45d":
                assert list(answer["content"]) == [MEDIA_TYPE]


def test_the_schema_of_a_problem_is_told_once_and_referred_to(openapi, operations):
    told = openapi["components"]["schemas"]["Problem"]
    schema = schemas.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    assert told == {name: part for name, part in schema.items() if name != "$defs"}
    for operation in operations:
        for status, answer in operation["responses"].items():
            if status[0] in "45d":
                schema = answer["content"][MEDIA_TYPE]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_reference_leads_somewhere(openapi):
    import re

    names = set(re.findall(r"#/components/schemas/(\w+)", str(openapi)))
    assert names == set(openapi["components"]["schemas"])


def test_every_parameter_has_a_description_and_an_example(operations):
    for operation in operations:
        for parameter in operation.get("parameters", []):
            assert parameter["description"]
            assert parameter["schema"]["examples"]


@pytest.mark.parametrize(
    "name", ["CrossReferences", "CrossReference", "Person", "PersonWithRelease", "RecordRef"]
)
def test_every_property_has_a_description(openapi, name):
    schema = openapi["components"]["schemas"][name]
    assert schema["description"]
    for field, described in schema["properties"].items():
        assert described.get("description"), field


@pytest.mark.parametrize(
    ("example", "schema"),
    [
        (schemas.CROSS_REFERENCES_EXAMPLE, schemas.CrossReferences),
        (schemas.PERSON_EXAMPLE, schemas.PersonWithRelease),
        (schemas.SUPERSEDED_EXAMPLE, schemas.Superseded),
    ],
)
def test_the_examples_fit_their_schemas(example, schema):
    schema.model_validate(example)


def test_nhs_numbers_of_examples_are_of_the_range_never_issued(openapi):
    import re

    numbers = re.findall(r'"(\d{10})"', str(openapi).replace("'", '"'))
    assert numbers
    assert all(number.startswith("999") for number in numbers)


def test_describing_itself_twice_gives_the_same(index_url):
    assert create_app(index_url).openapi() == create_app(index_url).openapi()


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_no_page_is_served_that_loads_scripts_from_elsewhere(client, path):
    assert client.get(path).status_code == 404
