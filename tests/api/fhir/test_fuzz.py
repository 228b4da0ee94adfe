"""Whatever is sent to FHIR, the answer is FHIR, and never an error of the server."""

from __future__ import annotations

import copy
import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.api.fhir.xml import to_xml
from tests.api.fhir.answers import resource
from tests.api.fhir.conftest import serving
from tests.api.fhir.test_match import KNOWN, parameters
from tests.api.fhir.world import BLUE, NHS, RED, sources_in

FUZZ = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def words(text):
    """One of some words."""
    return st.sampled_from(text.split())


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)
JUNK = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = words(
    "name family given identifier system value birthDate _birthDate link extension use id meta"
    " modifierExtension contained resourceType telecom valueString valueReference resource"
    " parameter count deceasedBoolean photo"
)
VALUES = JUNK | words("Patient Parameters Bundle 2020-01-01 true é") | st.just("\x00")


def places(resource, path=()):
    """The path of every element and value of a resource."""
    yield path
    children = (
        resource.items()
        if isinstance(resource, dict)
        else enumerate(resource)
        if isinstance(resource, list)
        else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


def put_at(resource, path, value):
    """A resource with something else at one place."""
    if not path:
        return value
    *before, last = path
    found = copy.deepcopy(resource)
    inside = found
    for key in before:
        inside = inside[key]
    inside[last] = value
    return found


@st.composite
def mutated(draw, sent):
    """A resource with up to three places changed, or elements added."""
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(sent))))
        value = draw(VALUES)
        if draw(st.booleans()):
            inside = sent
            for key in path:
                inside = inside[key]
            if isinstance(inside, dict):
                path = (*path, draw(NAMES))
        sent = put_at(sent, path, value)
    return sent


def check(answer):
    """The answer is FHIR, and no error of the server."""
    assert answer.status_code < 500, answer.text
    resource(answer)


@FUZZ
@given(sent=mutated(parameters(KNOWN, count=3)) | mutated(KNOWN) | JUNK)
def test_match_answers_anything(fhir, sent):
    check(fhir.post("/fhir/Patient/$match", content=json.dumps(sent).encode()))


@FUZZ
@given(
    sent=mutated(
        {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "sourceIdentifier", "valueString": f"{RED}|R1"},
                {"name": "targetSystem", "valueUri": BLUE},
            ],
        }
    )
)
def test_pix_by_post_answers_anything(fhir, sent):
    check(fhir.post("/fhir/Patient/$ihe-pix", content=json.dumps(sent).encode()))


@pytest.fixture(scope="module")
def written(fhir_folder, tmp_path_factory):
    """A client of a copy of the index, which is written to."""
    folder = tmp_path_factory.mktemp("written")
    shutil.copy(fhir_folder / "mpi.db", folder / "mpi.db")
    with serving(f"sqlite:///{folder / 'mpi.db'}", sources_in(folder / "sources")) as client:
        yield client


@FUZZ
@given(sent=mutated({key: value for key, value in KNOWN.items() if key != "identifier"}))
def test_a_feed_answers_anything(written, sent):
    if isinstance(sent, dict):
        sent = {"identifier": [{"system": RED, "value": "R1"}], **sent}
    query = {"identifier": f"{RED}|R1"}
    check(written.put("/fhir/Patient", params=query, content=json.dumps(sent).encode()))


WORDS = (
    st.text(max_size=12)
    | words(rf"{RED}|R1 {NHS}| | \ \| a,b 2020-01-01 eq -1 true")
    | st.just("Q" * 300)
    | st.just("\x00")
)
PARAMETERS = words(
    "family given:exact birthdate identifier _id _count _offset gender telecom address active"
    " sourceIdentifier targetSystem"
)


@FUZZ
@given(
    st.sampled_from(["/fhir/Patient", "/fhir/Patient/$ihe-pix", "/fhir/metadata"]),
    st.lists(st.tuples(PARAMETERS, WORDS), max_size=5),
)
def test_any_query_is_answered(fhir, path, query):
    check(fhir.get(path, params=query))
    check(fhir.post("/fhir/Patient/_search", data=dict(query)))


@FUZZ
@given(
    st.binary(max_size=64) | st.builds(bytes.join, st.just(b""), st.lists(st.binary(max_size=8)))
)
@pytest.mark.parametrize("sent", ["application/fhir+json", "application/fhir+xml", "text/x"])
def test_any_bytes_are_answered(fhir, sent, content):
    check(fhir.post("/fhir/Patient/$match", content=content, headers={"content-type": sent}))


@FUZZ
@given(st.data())
def test_broken_xml_is_answered(fhir, data):
    content = to_xml(KNOWN)
    at = data.draw(st.integers(0, len(content)))
    more = data.draw(words('< &x; <name/> <!-- " ]]>') | st.just("\x00") | st.just(""))
    cut = data.draw(st.integers(0, 20))
    broken = content[:at] + more.encode() + content[at + cut :]
    check(
        fhir.post(
            "/fhir/Patient/$match", content=broken, headers={"content-type": "application/fhir+xml"}
        )
    )


@FUZZ
@given(st.text(max_size=20).filter(lambda text: "?" not in text and "#" not in text))
def test_any_path_is_answered(fhir, path):
    answer = fhir.get("/fhir/Patient/" + "".join(f"%{byte:02X}" for byte in path.encode()))
    check(answer)
