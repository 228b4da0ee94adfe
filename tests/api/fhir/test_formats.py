"""JSON and XML: what is spoken, what is refused, and that no XML does any harm."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.api.fhir.door import LARGEST_BODY
from mpi.api.fhir.validating import valid
from mpi.api.fhir.xml import MOST_DEPTH, MOST_ELEMENTS, from_xml, to_xml
from mpi.errors import InvalidResource
from tests.api.fhir.answers import refusal, resource
from tests.api.fhir.world import RED, ZELDA, patient

METADATA = "/fhir/metadata"
MATCH = "/fhir/Patient/$match"
XML = "application/fhir+xml"
JSON = "application/fhir+json"
KNOWN = patient(identifiers=[(RED, "R1")], **ZELDA)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("application/json", JSON),
        (f"{JSON}; fhirVersion=4.0", JSON),
        (XML, XML),
        ("application/xml", XML),
        ("text/xml", XML),
        (f"{JSON};q=0.5, {XML}", XML),
        (f"text/html, {XML};q=0.9, */*;q=0.1", XML),
        (f"{XML};q=0, {JSON}", JSON),
        (f"{JSON};q=nonsense", JSON),
    ],
)
def test_the_answer_is_in_the_format_most_accepted(fhir, accept, media):
    answer = fhir.get(METADATA, headers={"accept": accept})
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert resource(answer)["resourceType"] == "CapabilityStatement"


@pytest.mark.parametrize("wanted", ["json", JSON, "xml", XML, "application/fhir xml", "text/xml"])
def test_the_parameter_outweighs_the_header(fhir, wanted):
    other = XML if "json" in wanted else JSON
    answer = fhir.get(METADATA, params={"_format": wanted}, headers={"accept": other})
    assert answer.headers["content-type"].partition(";")[0] == (JSON if other == XML else XML)


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("?_format=ttl", "*/*"),
        ("?_format=text/html", "*/*"),
        ("?_format=application/fhir%2Bjson;fhirVersion=3.0", "*/*"),
        ("", "text/turtle"),
        ("", f"{JSON}; fhirVersion=5.0"),
        ("", f"{JSON};q=0"),
    ],
)
def test_another_format_is_a_406(fhir, query, accept):
    refusal(fhir.get(METADATA + query, headers={"accept": accept}), 406, "not-supported")


@pytest.mark.parametrize(
    "sent", ["text/plain", "application/x-ndjson", f"{JSON}; fhirVersion=5.0", f"{JSON}; charset=x"]
)
def test_a_body_in_another_format_is_a_415(fhir, sent):
    content = json.dumps(KNOWN)
    refusal(fhir.post(MATCH, content=content, headers={"content-type": sent}), 415, "not-supported")


@pytest.mark.parametrize("sent", [JSON, "application/json", "application/json; charset=utf-8", ""])
def test_a_body_in_json_may_be_called_so_in_any_way(fhir, sent):
    answer = fhir.post(MATCH, content=json.dumps(KNOWN), headers={"content-type": sent})
    assert answer.status_code == 200


@pytest.mark.parametrize("sent", [XML, "application/xml", "text/xml; charset=UTF-8"])
def test_a_body_in_xml_is_read_the_same(fhir, sent):
    headers = {"content-type": sent, "accept": JSON}
    in_xml = fhir.post(MATCH, content=to_xml(KNOWN), headers=headers)
    assert in_xml.json() == fhir.post(MATCH, json=KNOWN).json()


@pytest.mark.parametrize(
    "ask",
    [
        lambda c, **q: c.get("/fhir/Patient", params={"identifier": f"{RED}|R1", **q}),
        lambda c, **q: c.post("/fhir/Patient/_search", data={"identifier": f"{RED}|R1", **q}),
        lambda c, **q: c.post(MATCH, json=KNOWN, params=q),
        lambda c, **q: c.get("/fhir/OperationDefinition/match", params=q),
        lambda c, **q: c.get("/fhir/Patient", params={"family": "x", **q}),
    ],
    ids=["search", "search by post", "match", "definition", "error"],
)
def test_every_answer_says_the_same_in_both_formats(fhir, ask):
    in_json, in_xml = ask(fhir), ask(fhir, _format="xml")
    assert "xml" in in_xml.headers["content-type"]
    assert resource(in_xml) == resource(in_json)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"{'a': 1}", b'{"a": NaN}', b"<Patient"])
@pytest.mark.parametrize("sent", [JSON, XML])
def test_what_is_no_json_or_xml_is_refused(fhir, content, sent):
    refusal(fhir.post(MATCH, content=content, headers={"content-type": sent}), 400, "structure")


FHIR = 'xmlns="http://hl7.org/fhir"'
BOMB = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
DEEP = '<extension url="u">' * 40 + "</extension>" * 40
DOCUMENTS = {
    "a bomb": f'<!DOCTYPE x [<!ENTITY e0 "ha">{BOMB}]><Patient {FHIR}><id value="&e9;"/></Patient>',
    "a quadratic bomb": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><Patient {FHIR}>'
    f'<id value="{"&a;" * 5_000}"/></Patient>',
    "a file": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    f'<Patient {FHIR}><id value="x"/><name><family value="x"/>&f;</name></Patient>',
    "a URL": f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Patient {FHIR}/>',
    "an empty type": f"<!DOCTYPE Patient><Patient {FHIR}/>",
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'
    f"<Patient {FHIR}/>",
    "another namespace": '<Patient xmlns="urn:other"/>',
    "no namespace": "<Patient/>",
    "no such resource": f"<Nonsense {FHIR}/>",
    "a type that is no resource": f"<HumanName {FHIR}/>",
    "an unknown element": f'<Patient {FHIR}><wrong value="1"/></Patient>',
    "an unknown attribute": f'<Patient {FHIR}><gender value="female" wrong="1"/></Patient>',
    "an attribute of a resource": f'<Patient {FHIR} id="1"/>',
    "text": f"<Patient {FHIR}>text</Patient>",
    "text in a value": f'<Patient {FHIR}><gender value="female">text</gender></Patient>',
    "a value twice": f'<Patient {FHIR}><gender value="male"/><gender value="male"/></Patient>',
    "no truth": f'<Patient {FHIR}><active value="yes"/></Patient>',
    "no number": f'<Patient {FHIR}><multipleBirthInteger value="x"/></Patient>',
    "too deep": f"<Patient {FHIR}>{DEEP}</Patient>",
    "far too deep": f"<Patient {FHIR}>{'<a>' * 5000}{'</a>' * 5000}</Patient>",
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_xml_that_is_not_fhir_or_wants_more_than_to_be_read_is_refused(fhir, document):
    answer = fhir.post(MATCH, content=document.encode(), headers={"content-type": XML})
    refusal(answer, 400, "structure")
    assert "root:" not in answer.text


def test_a_document_type_in_another_encoding_is_seen_as_well():
    with pytest.raises(InvalidResource):
        from_xml(f'<?xml version="1.0" encoding="UTF-16"?>{DOCUMENTS["a file"]}'.encode("utf-16"))


def test_a_body_that_is_too_large_is_a_413(fhir):
    large = {**KNOWN, "photo": [{"data": "A" * LARGEST_BODY}]}
    refusal(fhir.post(MATCH, json=large), 413, "too-long")


def test_a_body_that_says_it_is_far_too_large_is_not_even_read(fhir):
    answer = fhir.post(MATCH, content=b"{}", headers={"content-length": "99999999"})
    refusal(answer, 413, "too-long")


@pytest.mark.parametrize("wanted", ["json", "xml"])
@pytest.mark.parametrize("path", ["/fhir", "/fhir/metadata"])
def test_what_stands_around_the_routes_refuses_in_fhir_too(fhir, path, wanted):
    headers = {"host": "elsewhere.example"} if path != "/fhir" else {}
    answer = fhir.get(path, params={"_format": wanted}, headers=headers)
    assert resource(answer)["resourceType"] == "OperationOutcome"
    assert answer.status_code == (421 if headers else 404)
    assert wanted in answer.headers["content-type"]


def test_a_resource_of_too_many_elements_is_refused():
    names = [{"family": "Quillfeather"}] * MOST_ELEMENTS
    with pytest.raises(InvalidResource, match="more than"):
        valid({"resourceType": "Patient", "name": names}, "Patient")


def test_a_resource_nested_too_deeply_is_refused(fhir):
    inner: dict = {"url": "u", "valueString": "x"}
    for _ in range(MOST_DEPTH):
        inner = {"url": "u", "extension": [inner]}
    refusal(fhir.post(MATCH, json={**KNOWN, "extension": [inner]}), 400, "structure")
    deep = b'{"resourceType":"Patient","extension":' + b"[" * 900 + b"]" * 900 + b"}"
    refusal(fhir.post(MATCH, content=deep), 400, "structure")
    deeper = b"[" * 5000 + b"]" * 5000
    refusal(fhir.post(MATCH, content=deeper), 400, "structure")


_LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zs", "Zl", "Zp"))
TEXT = st.text(_LETTERS, min_size=1, max_size=12)
EXTENSIONS = st.lists(
    st.fixed_dictionaries({"url": st.just("urn:x"), "valueString": TEXT}), min_size=1, max_size=2
)


def element(**parts):
    """Elements with some of these parts, and at least one."""
    return st.fixed_dictionaries({}, optional=parts).filter(bool)


NAMES = element(
    id=st.just("n1"),
    use=st.sampled_from(["official", "old"]),
    family=TEXT,
    given=st.lists(TEXT, min_size=1, max_size=3),
    extension=EXTENSIONS,
    period=element(start=st.just("2020-01-01"), end=st.just("2021-01-01T10:00:00Z")),
)
PATIENTS = st.fixed_dictionaries(
    {"resourceType": st.just("Patient")},
    optional={
        "id": st.from_regex(r"[A-Za-z0-9.-]{1,64}", fullmatch=True),
        "active": st.booleans(),
        "name": st.lists(NAMES, min_size=1, max_size=2),
        "gender": st.sampled_from(["male", "female", "other", "unknown"]),
        "birthDate": st.dates().map(lambda date: date.isoformat()),
        "_birthDate": st.builds(lambda each: {"extension": each}, EXTENSIONS),
        "multipleBirthInteger": st.integers(-5, 5),
        "telecom": st.lists(element(system=st.just("phone"), value=TEXT), min_size=1, max_size=2),
        "address": st.lists(
            element(line=st.lists(TEXT, min_size=1, max_size=2), city=TEXT), min_size=1, max_size=2
        ),
        "extension": EXTENSIONS,
        "photo": st.just([{"contentType": "image/png", "data": "AAAA"}]),
    },
)


@given(PATIENTS)
def test_json_to_xml_and_back_is_the_same(patient):
    valid(patient, "Patient")
    assert from_xml(to_xml(patient)) == patient


@given(st.lists(st.none() | TEXT, min_size=2, max_size=4), st.data())
def test_primitives_keep_their_extensions_at_their_place(given_names, data):
    beside = [
        None
        if name is not None and data.draw(st.booleans())
        else {"extension": [{"url": "urn:x", "valueString": "y"}]}
        for name in given_names
    ]
    names = {"given": given_names, "_given": beside}
    kept = {name: values for name, values in names.items() if any(v is not None for v in values)}
    sent = {"resourceType": "Patient", "name": [kept]}
    assert from_xml(to_xml(valid(sent, "Patient"))) == sent
