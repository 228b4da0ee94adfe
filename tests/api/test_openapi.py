"""The API describes itself well enough to be used without reading its code."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator, FormatChecker

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
                assert content.keys() & {"example", "examples"}, (operation["operationId"], status)


def test_every_problem_of_a_status_is_told(operations):
    for operation in operations:
        for status, answer in operation["responses"].items():
            if status[0] in "45":
                examples = answer["content"][MEDIA_TYPE]["examples"]
                for code, example in examples.items():
                    assert f"`{code}`: {example['summary']}" in answer["description"]
                    assert example["value"]["status"] == int(status)
                    assert example["value"]["code"] == code
    (put,) = [each for each in operations if each["operationId"] == "put_record"]
    codes = {c for s, a in put["responses"].items() if s[0] == "4" for c in problem_codes(a)}
    assert codes >= {"changed-meanwhile", "unsupported-format", "too-large", "not-authenticated"}
    assert codes >= {"not-permitted", "purpose-not-permitted", "idempotency-conflict"}


def problem_codes(answer):
    return answer["content"][MEDIA_TYPE]["examples"].keys()


def test_every_answer_names_its_request_and_says_when_to_come_back(openapi, operations):
    headers = openapi["components"]["headers"]
    wanted = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
    for operation in operations:
        for status, answer in operation["responses"].items():
            names = answer["headers"].keys()
            assert "X-Request-ID" in names
            assert wanted.get(status, "X-Request-ID") in names
    for header in headers.values():
        assert header["description"]
        assert header["schema"]["examples"]


def test_operations_have_names_that_a_client_could_be_made_of(operations):
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in names)


def resolved(openapi, described):
    """A part of the description, or what it refers to."""
    if "$ref" not in described:
        return described
    found = openapi
    for name in described["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def checks(openapi, schema, value):
    """Whether a value is as a schema of the description says."""
    whole = {"components": openapi["components"], **schema}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)


def fields(openapi):
    """Every field of every schema, with its name."""
    for name, schema in openapi["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            yield f"{name}.{field}", described


def test_every_field_has_a_description_and_an_example_that_fits_it(openapi):
    found = dict(fields(openapi))
    assert len(found) > 100
    for name, described in found.items():
        assert described.get("description"), name
        assert described.get("examples"), name
        for example in described["examples"]:
            checks(openapi, described, example)


def test_every_whole_example_fits_its_schema(openapi, operations):
    for operation in operations:
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for answer in [*operation["responses"].values(), *bodies]:
            for content in answer["content"].values():
                named = content.get("examples", {"": {"value": content.get("example")}})
                for example in named.values():
                    checks(openapi, content.get("schema", {}), example["value"])


def test_every_refusal_is_described_as_a_problem_and_nothing_else(operations):
    for operation in operations:
        for status, answer in operation["responses"].items():
            if status[0] in "45d":
                assert list(answer["content"]) == [MEDIA_TYPE]


def test_the_schema_of_a_problem_is_told_once_and_referred_to(openapi, operations):
    told = openapi["components"]["schemas"]["Problem"]
    assert told["properties"].keys() == schemas.Problem.model_fields.keys()
    for operation in operations:
        for status, answer in operation["responses"].items():
            if status[0] in "45d":
                schema = answer["content"][MEDIA_TYPE]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_reference_leads_somewhere(openapi):
    names = set(re.findall(r"#/components/schemas/(\w+)", str(openapi)))
    assert names == set(openapi["components"]["schemas"])


def test_every_parameter_has_a_description_and_an_example(openapi, operations):
    for operation in operations:
        for said in operation.get("parameters", []):
            parameter = resolved(openapi, said)
            assert parameter["description"]
            (example, *_) = parameter["schema"]["examples"]
            checks(openapi, parameter["schema"], example)


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
    numbers = re.findall(r'"(\d{10})"', str(openapi).replace("'", '"'))
    assert numbers
    assert all(number.startswith("999") for number in numbers)


def test_describing_itself_twice_gives_the_same(index_url):
    assert create_app(index_url).openapi() == create_app(index_url).openapi()


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_no_page_is_served_that_loads_scripts_from_elsewhere(client, path):
    assert client.get(path).status_code == 404
