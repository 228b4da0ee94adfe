"""A Record as a Patient and back: what is kept, and what a Patient of a person shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.errors import InvalidResource
from mpi.fhir import uris
from mpi.fhir.domains import Domain, Domains
from mpi.fhir.reading import is_replaced, record_of
from mpi.fhir.writing import patient_of, person_patient
from mpi.identifiers import SYSTEMS
from mpi.records import (
    Basis,
    CrossReference,
    Identifier,
    Name,
    Person,
    Record,
    RecordKey,
)

RED = "urn:oid:1.2.3"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
DOMAINS = Domains(by_source={"red": Domain(uri=RED, ods="RED"), "pds": Domain(system="nhs-number")})
KEY = RecordKey("red", "R1")

LETTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Cn", "Zs", "Zl", "Zp"), exclude_characters=":,"
)
WORD = st.text(LETTERS, min_size=1, max_size=8)
WORDS = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
DATES = st.lists(st.dates().map(lambda date: date.isoformat()), max_size=3).map(tuple)
TEXTS = st.lists(WORDS, max_size=3).map(tuple)
IDENTIFIERS = st.builds(Identifier, st.sampled_from(sorted(SYSTEMS)), WORD, st.booleans()).map(
    lambda each: each if each.system != "local-patient-id" else Identifier(each.system, "RX1:7")
)
PLACES = st.lists(
    st.tuples(
        st.lists(WORDS, min_size=1, max_size=2).map(", ".join),
        st.just("LS1 4AP") | st.just("other:75011") | st.just("institution:LE16 7RP"),
    ),
    max_size=3,
)


@st.composite
def records(draw):
    """Records in the forms in which FHIR delivers them."""
    places = draw(PLACES)
    return Record(
        source=KEY.source,
        source_id=KEY.source_id,
        version=draw(st.sampled_from(["", "000000000042", "2026-01-02T03:04:05"])),
        names=tuple(draw(st.lists(st.builds(Name, WORDS, WORDS), max_size=3))),
        birth_dates=draw(DATES),
        sex=draw(st.sampled_from(["", "M", "F"])),
        addresses=tuple(address for address, _ in places),
        postcodes=tuple(postcode for _, postcode in places),
        town=draw(st.just("") | WORDS),
        phones=draw(TEXTS),
        emails=draw(TEXTS),
        birth_place=draw(st.just("") | WORDS),
        occupation=draw(st.just("") | WORDS),
        identifiers=tuple(draw(st.lists(IDENTIFIERS, max_size=4))),
        custody_dates=draw(DATES),
        sentence_dates=draw(DATES),
        restricted=draw(st.booleans()),
    )


@given(records())
def test_a_record_as_a_patient_is_read_as_the_same_record(record):
    assert record_of(patient_of(record, DOMAINS), DOMAINS, key=KEY) == record


CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


@pytest.mark.parametrize(
    ("labels", "restricted"),
    [
        ([], False),
        ([{"system": CONFIDENTIALITY, "code": "R"}], True),
        ([{"system": CONFIDENTIALITY, "code": "V", "display": "very restricted"}], True),
        ([{"system": CONFIDENTIALITY, "code": "U"}], False),
        ([{"system": CONFIDENTIALITY, "code": "N"}, {"code": "R"}], False),
        ([{"system": "urn:elsewhere", "code": "R"}], False),
        ([{"system": "urn:elsewhere"}, {"system": CONFIDENTIALITY, "code": "R"}], True),
    ],
)
def test_a_label_of_confidentiality_makes_a_record_restricted(labels, restricted):
    assert record_of({"meta": {"security": labels}}, DOMAINS).restricted is restricted


@pytest.mark.parametrize("meta", [{"security": "R"}, {"security": ["R"]}])
def test_labels_of_another_shape_are_refused(meta):
    with pytest.raises(InvalidResource):
        record_of({"meta": meta}, DOMAINS)


@pytest.mark.parametrize(
    ("said", "field", "expected"),
    [
        ({"gender": "female"}, "sex", "F"),
        ({"gender": "male"}, "sex", "M"),
        ({"gender": "other"}, "sex", ""),
        ({"birthDate": "1958-01-30"}, "birth_dates", ("1958-01-30",)),
        ({"birthDate": "1958-01"}, "birth_dates", ()),
        ({"birthDate": "1958"}, "birth_dates", ()),
        ({"name": [{"text": "Ann Marie Example"}]}, "names", (Name("Ann Marie", "Example"),)),
        ({"name": [{"family": "Example"}]}, "names", (Name("", "Example"),)),
        (
            {"name": [{"use": "maiden", "family": "Old"}, {"use": "official", "family": "New"}]},
            "names",
            (Name("", "New"), Name("", "Old")),
        ),
        ({"name": [{"given": [None, "Ann"]}]}, "names", (Name("Ann", ""),)),
        (
            {"telecom": [{"system": "phone", "value": "1"}, {"system": "url", "value": "2"}]},
            "phones",
            ("1",),
        ),
        (
            {"telecom": [{"system": "email", "value": "a@example.org"}]},
            "emails",
            ("a@example.org",),
        ),
        ({"address": [{"postalCode": "LS1 4AP"}]}, "postcodes", ("LS1 4AP",)),
        ({"address": [{"line": ["1 A St", "B"], "city": "Leeds"}]}, "addresses", ("1 A St, B",)),
        ({"address": [{"line": ["1 A St"], "city": "Leeds"}]}, "town", "Leeds"),
        ({"meta": {"versionId": "7"}}, "version", "000000000007"),
        ({"meta": {"lastUpdated": "2026-01-01T01:00:00+01:00"}}, "version", "2026-01-01T00:00:00"),
        ({"contact": [{"name": {"family": "Other"}}]}, "names", ()),
    ],
    ids=str,
)
def test_what_a_patient_says_is_read(said, field, expected):
    assert getattr(record_of({"resourceType": "Patient", **said}, DOMAINS), field) == expected


@pytest.mark.parametrize(
    ("system", "code", "verified"),
    [
        (uris.VERIFICATION_CODES, "01", True),
        ("https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus", "01", True),
        (uris.VERIFICATION_CODES.replace("England", "Wales"), "01", True),
        ("urn:retired", "number-present-and-verified", True),
        (uris.VERIFICATION_CODES, "02", False),
        (uris.VERIFICATION_CODES, "03", False),
    ],
)
def test_an_nhs_number_is_verified_if_its_status_says_so(system, code, verified):
    status = {"coding": [{"system": system, "code": code}]}
    extension = {"url": uris.VERIFICATION_STATUS, "valueCodeableConcept": status}
    sent = {"identifier": [{"system": NHS, "value": "9990000018", "extension": [extension]}]}
    (found,) = record_of(sent, DOMAINS).identifiers
    assert found == Identifier("nhs-number", "9990000018", verified)


def test_of_a_trusted_system_every_value_is_verified():
    sent = {"identifier": [{"system": NHS, "value": "9990000018"}]}
    (found,) = record_of(sent, DOMAINS, trusted={"nhs-number"}).identifiers
    assert found.verified


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (NHS, Identifier("nhs-number", "1")),
        (uris.NHS_NUMBER_OID, Identifier("nhs-number", "1")),
        (RED, Identifier("local-patient-id", "RED:1")),
        ("https://mpi.example.org/Id/crn", Identifier("crn", "1")),
        ("https://elsewhere.example/Id/crn", None),
        ("crn", None),
        ("", None),
    ],
)
def test_identifiers_of_systems_that_nobody_knows_are_left_out(uri, expected):
    sent = {"identifier": [{"system": uri, "value": "1"}]}
    assert record_of(sent, DOMAINS).identifiers == ((expected,) if expected else ())


@pytest.mark.parametrize(
    "said",
    [
        {"name": "x"},
        {"name": ["x"]},
        {"name": [{"family": 1}]},
        {"name": [{"family": "a\x00b"}]},
        {"birthDate": 1},
        {"identifier": {}},
        {"address": [{"line": "x"}]},
        {"meta": []},
        {"meta": {"lastUpdated": "yesterday"}},
        {"meta": {"lastUpdated": "0001-01-01T00:00:00+14:00"}},
        {"extension": "x"},
        {"extension": [{"url": uris.BIRTH_PLACE, "valueAddress": "x"}]},
    ],
    ids=str,
)
def test_a_shape_that_is_not_fhir_is_an_error_of_ours_that_names_the_element(said):
    with pytest.raises(InvalidResource) as refused:
        record_of({"resourceType": "Patient", **said}, DOMAINS)
    assert refused.value.where["element"]


def test_a_patient_is_replaced_if_it_is_inactive_and_says_by_whom():
    link = [{"type": "replaced-by", "other": {"reference": "Patient/1"}}]
    assert is_replaced({"active": False, "link": link})
    assert not is_replaced({"active": True, "link": link})
    assert not is_replaced({"active": False})


def person(*identifiers):
    """A person of one record, with identifiers."""
    key = RecordKey("red", "R1")
    references = (
        CrossReference(each, 0.9, True, Basis.PROBABILISTIC, (key,)) for each in identifiers
    )
    return Person("p-1", "release", (key,), tuple(references))


SHOWN = Record(
    "red",
    "R1",
    names=(Name("Ann", "Example"), Name("Annie", "Alias")),
    birth_dates=("1990-01-01", "1991-01-01"),
    sex="F",
    addresses=("HM Prison Leeds", "1 A Street"),
    postcodes=("institution:LS12 2TJ", "LS1 4AP"),
    phones=("07700900123",),
    occupation="Baker",
    custody_dates=("2020-01-01",),
)


def test_a_person_is_shown_without_aliases_telephones_custody_and_institutions():
    found = person_patient(person(Identifier("crn", "X123456")), SHOWN, DOMAINS)
    assert found["name"] == [{"use": "usual", "family": "Example", "given": ["Ann"]}]
    assert found["birthDate"] == "1990-01-01"
    assert found["address"] == [{"line": ["1 A Street"], "postalCode": "LS1 4AP"}]
    assert not {"telecom", "extension"} & found.keys()
    assert "Prison" not in str(found)


def test_a_patient_has_one_nhs_number():
    both = (
        Identifier("nhs-number", "9990000018", verified=True),
        Identifier("nhs-number", "9990000026"),
    )
    found = person_patient(person(*both), SHOWN, DOMAINS)
    assert [each["value"] for each in found["identifier"]] == ["9990000018"]


def test_an_unverified_nhs_number_is_marked_as_not_traced():
    found = person_patient(person(Identifier("nhs-number", "9990000018")), SHOWN, DOMAINS)
    (extension,) = found["identifier"][0]["extension"]
    assert extension["valueCodeableConcept"]["coding"][0]["code"] == "02"


def test_who_is_shown_without_a_name_has_the_reason_in_its_place():
    found = person_patient(person(Identifier("crn", "X123456")), None, DOMAINS)
    (name,) = found["name"]
    assert name["extension"][0]["url"].endswith("/data-absent-reason")
    assert not {"gender", "birthDate", "address"} & found.keys()
