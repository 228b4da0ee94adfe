"""URIs of identifier systems, domains that sources issue, and tokens of a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.errors import InvalidSource
from mpi.fhir.domains import Domain, Domains
from mpi.fhir.tokens import Token, alternatives, token
from mpi.identifiers import SYSTEMS, fhir_uri
from mpi.records import Identifier, RecordKey

RED = "urn:oid:1.2.3"
DOMAINS = Domains(
    "https://ids.example.net/of/",
    {"red": Domain(uri=RED, ods="RED"), "nomis": Domain(system="noms-number")},
)
NOMS = "https://ids.example.net/of/noms-number"


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_every_identifier_system_has_a_uri_that_leads_back(system):
    uri, value = DOMAINS.written(Identifier(system, "ABC:1"))
    assert uri == fhir_uri(system, "https://ids.example.net/of")
    assert DOMAINS.identifier(uri, value) == Identifier(system, "ABC:1")


def test_the_numbers_of_an_organisation_have_the_uri_of_its_domain():
    named = Identifier("local-patient-id", "RED:994")
    assert DOMAINS.written(named) == (RED, "994")
    assert DOMAINS.identifier(RED, "994") == named


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        (RED, RecordKey("red", "1")),
        (NOMS, RecordKey("nomis", "1")),
        ("https://ids.example.net/of/records/hjis", RecordKey("hjis", "1")),
        ("https://ids.example.net/of/records/", None),
        ("https://ids.example.net/of/crn", None),
        ("https://fhir.nhs.uk/Id/nhs-number", None),
        ("records/hjis", None),
        ("", None),
    ],
)
def test_a_feed_names_a_record_by_a_domain_that_its_source_issues(uri, key):
    assert DOMAINS.record_key(uri, "1") == key


@pytest.mark.parametrize(
    "clash",
    [
        {"a": Domain(uri=RED, ods="A"), "b": Domain(uri=RED, ods="B")},
        {"a": Domain(system="crn"), "b": Domain(system="crn")},
        {"a": Domain(uri="https://fhir.nhs.uk/Id/nhs-number", ods="A")},
    ],
)
def test_a_domain_has_one_source(clash):
    with pytest.raises(InvalidSource):
        Domains(by_source=clash)


@pytest.mark.parametrize(
    ("domain", "sound"),
    [
        (Domain(uri=RED, ods="RED"), True),
        (Domain(system="crn"), True),
        (Domain(namespace="https://x.example/Id"), True),
        (Domain(), False),
        (Domain(uri=RED), False),
        (Domain(ods="RED"), False),
        (Domain(system="crn", uri=RED, ods="RED"), False),
        (Domain(system="wrong"), False),
        (Domain(system="local-patient-id"), False),
    ],
)
def test_a_domain_is_either_a_system_or_the_numbers_of_an_organisation(domain, sound):
    assert (domain.problem() == "") == sound


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", Token("a", "b")),
        ("a|", Token("a", "")),
        ("|b", Token("", "b")),
        ("b", Token("", "b")),
        (r"a\|b|c", Token("a|b", "c")),
        (r"a|b\,c", Token("a", "b,c")),
        ("a|b|c", Token("a", "b|c")),
        (" a | b ", Token("a", "b")),
        ("", Token("", "")),
    ],
)
def test_a_token_is_parted_at_its_first_bar(text, expected):
    assert token(text) == expected


@given(st.lists(st.text(min_size=1).filter(str.strip), max_size=4))
def test_alternatives_that_were_escaped_come_apart_again(parts):
    escaped = [each.replace("\\", r"\\").replace(",", r"\,").replace("|", r"\|") for each in parts]
    found = [token(each).value for each in alternatives(",".join(escaped))]
    assert found == [each.strip() for each in parts]
