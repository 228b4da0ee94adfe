"""Identifier systems: the table of vectors, the written forms around it, and hostile text."""

import pytest

from mpi.errors import InvalidIdentifier, UnknownIdentifierSystem
from mpi.identifiers import (
    SYSTEMS,
    Uniqueness,
    attribute_name,
    clean_identifier,
    fhir_uri,
    nhs_check_digit,
    parse,
    sf_check_letters,
    uln_check_digit,
)
from mpi.identifiers.formats import pnc_year
from tests.spec.identifier_vectors import IDENTIFIERS, SAMPLES, Vector

WELL_FORMED = [vector for vector in IDENTIFIERS if vector.canonical is not None]
REFUSED = [vector for vector in IDENTIFIERS if vector.canonical is None]
EVERY_SYSTEM = pytest.mark.parametrize("system", SYSTEMS)


def _label(vector: Vector) -> str:
    return f"{vector.system} {vector.text or 'nothing'}"


def _accepts(system: str, text: str) -> bool:
    try:
        parse(system, text)
    except InvalidIdentifier:
        return False
    return True


@pytest.mark.parametrize("vector", WELL_FORMED, ids=_label)
def test_a_well_formed_identifier_has_its_canonical_form(vector: Vector):
    assert parse(vector.system, vector.text) == vector.canonical, vector.why


@pytest.mark.parametrize("vector", REFUSED, ids=_label)
def test_a_malformed_identifier_is_refused_and_is_no_evidence(vector: Vector):
    with pytest.raises(InvalidIdentifier):
        parse(vector.system, vector.text)
    assert clean_identifier(vector.system, vector.text) is None, vector.why


@pytest.mark.parametrize("vector", WELL_FORMED, ids=_label)
def test_only_placeholders_are_well_formed_without_being_evidence(vector: Vector):
    assert (clean_identifier(vector.system, vector.text) is None) == vector.placeholder, vector.why


@EVERY_SYSTEM
def test_spacing_and_case_do_not_matter(system: str):
    sample = SAMPLES[system]
    written = f" \t{sample[:4].lower()} \u00a0{sample[4:].lower()}\u200b\r\n"
    assert parse(system, sample) == parse(system, written) == sample


@pytest.mark.parametrize(
    ("system", "written", "canonical"),
    [
        ("noms-number", "A-1234-BC", "A1234BC"),
        ("crn", "X\u2013123456", "X123456"),
        ("nino", "AB-12-34-56-C", "AB123456C"),
        ("cro", "SF83/00058B", "SF83/58B"),
        ("cro", "SF83/58J", "SF83/58J"),
        ("driving-licence", "MORGA 657054 SM9IJ", "MORGA657054SM9IJ"),
        ("driving-licence", "MORGA657054SM9IJ 02", "MORGA657054SM9IJ"),
        ("driving-licence", "LEE99 811230 J999A", "LEE99811230J999A"),
        ("driving-licence", "12345678", "12345678"),
        ("local-patient-id", "rx1|0012345", "RX1:0012345"),
        ("home-office-reference", "1212-0001-2345-6789", "1212000123456789"),
        ("court-defendant-id", "1/23", "1/23"),
        ("court-defendant-id", "12/3", "12/3"),
    ],
)
def test_each_written_form_has_one_canonical_form(system: str, written: str, canonical: str):
    assert parse(system, written) == canonical


@pytest.mark.parametrize(
    ("system", "text"),
    [
        ("nhs-number", "999/000/0018"),
        ("pnc", "1979163001B"),
        ("pnc", "2079/0163001B"),
        ("pnc", "/0163001B"),
        ("cro", "SF83/1234567A"),
        ("nino", "MW123456A"),
        ("nino", "AB1234567"),
        ("upn", "I801200005001"),
        ("uln", "0000000000"),
        ("driving-licence", "MORGA613054SM9IJ"),
        ("driving-licence", "MORGA651324SM9IJ"),
        ("driving-licence", "MO9GA657054SM9IJ"),
        ("driving-licence", "MORGA6570549M9IJ"),
        ("driving-licence", "1234567802"),
        ("local-patient-id", "0012345"),
        ("local-patient-id", "RX1:"),
        ("custody-reference", "/1234"),
        ("custody-reference", "A" * 41),
        ("custody-reference", "a;b"),
    ],
)
def test_what_only_looks_like_an_identifier_is_refused(system: str, text: str):
    assert not _accepts(system, text)


def test_a_nino_counts_with_or_without_its_suffix():
    forms = ("AB123456C", "AB123456", "ab 12 34 56 d")
    assert {clean_identifier("nino", form) for form in forms} == {"AB123456"}


@EVERY_SYSTEM
def test_an_ordinary_value_is_evidence_and_stays_so_when_cleaned_again(system: str):
    assert clean_identifier(system, SAMPLES[system]) == SAMPLES[system]


@pytest.mark.parametrize(
    ("system", "text"),
    [
        ("noms-number", "A0000AA"),
        ("crn", "X000000"),
        ("cro", f"SF83/0{min(sf_check_letters(83, 0))}"),
        ("nino", "AA000000A"),
        ("upn", "A000000000000"),
        ("driving-licence", "00000000"),
        ("court-defendant-id", "00000000-0000-0000-0000-000000000000"),
        ("custody-reference", "n/a"),
        ("young-person-id", "Not Known"),
        ("local-patient-id", "RX1:UNKNOWN"),
        ("local-patient-id", "RX1:9999999"),
        ("social-care-person-id", "0"),
    ],
)
def test_a_placeholder_is_well_formed_but_no_evidence(system: str, text: str):
    assert parse(system, text)
    assert clean_identifier(system, text) is None


def test_a_local_number_counts_only_within_its_organisation():
    one, other = (clean_identifier("local-patient-id", f"{ods}:77") for ods in ("RX1", "RX2"))
    assert one
    assert other
    assert one != other


def test_a_number_that_needs_the_digit_ten_has_no_check_digit():
    stems = [f"{number:09}" for number in range(999_000_000, 999_000_200)]
    unissued = [stem for stem in stems if nhs_check_digit(stem) is None]
    assert unissued
    assert not any(
        _accepts("nhs-number", stem + digit) for stem in unissued for digit in "0123456789"
    )


@pytest.mark.parametrize("short_of_ten", ["99900000", "9990000011"])
def test_a_learner_number_is_computed_from_nine_digits(short_of_ten: str):
    with pytest.raises(ValueError):
        uln_check_digit(short_of_ten)


def test_a_learner_number_never_starts_with_zero():
    digit = uln_check_digit("012345678")
    assert digit is not None
    assert not _accepts("uln", f"012345678{digit}")


@pytest.mark.parametrize(
    ("year", "serial", "letters"),
    [
        (38, 7, "V"),
        (39, 7, "FG"),
        (64, 100_001, "NW"),
        (65, 100_001, "V"),
        (95, 1, "HM"),
        (96, 1, "U"),
    ],
)
def test_two_rules_for_file_forms_hold_only_in_the_years_of_the_standard(
    year: int, serial: int, letters: str
):
    assert sf_check_letters(year, serial) == set(letters)


@pytest.mark.parametrize(
    ("year", "pivot", "full"),
    [("38", 38, 2038), ("39", 38, 1939), ("26", 25, 1926), ("1926", 25, 1926), ("2026", 25, None)],
)
def test_the_pivot_decides_the_century_of_a_pnc_year(year: str, pivot: int, full: int | None):
    assert pnc_year(year, pivot) == full


def test_an_error_names_the_system_and_the_form_but_never_the_value():
    with pytest.raises(InvalidIdentifier) as caught:
        parse("pnc", "79/163001C")
    assert caught.value.where == {"system": "pnc"}
    assert "check letter" in caught.value.message
    assert "163001" not in caught.value.message


def test_the_systems_stand_in_a_fixed_order_under_their_own_names():
    assert list(SYSTEMS) == list(SAMPLES)
    assert all(name == system.name for name, system in SYSTEMS.items())


@pytest.mark.parametrize("ask", [clean_identifier, parse])
def test_an_unknown_system_is_an_error_not_a_missing_value(ask):
    with pytest.raises(UnknownIdentifierSystem):
        ask("passport", "123")


@pytest.mark.parametrize("ask", [attribute_name, fhir_uri])
def test_an_unknown_system_has_no_attribute_and_no_uri(ask):
    with pytest.raises(UnknownIdentifierSystem):
        ask("passport")


def test_attribute_names_are_distinct_python_names():
    names = {attribute_name(system) for system in SYSTEMS}
    assert len(names) == len(SYSTEMS)
    assert all(name.isidentifier() for name in names)


def test_only_the_nhs_number_has_a_published_uri_and_the_rest_follow_the_namespace():
    own = {fhir_uri(system, "https://id.example.net/mpi") for system in SYSTEMS}
    assert own - {f"https://id.example.net/mpi/{system}" for system in SYSTEMS} == {
        "https://fhir.nhs.uk/Id/nhs-number"
    }
    assert len(own) == len(SYSTEMS)


@pytest.mark.parametrize(
    ("policy", "systems"),
    [
        (Uniqueness.HARD_UNIQUE, set()),
        (Uniqueness.CONFLICT, {"nhs-number"}),
        (Uniqueness.SOFT_UNIQUE, {"noms-number", "crn", "pnc", "cro", "nino", "uln"}),
    ],
)
def test_how_unique_an_identifier_is(policy: Uniqueness, systems: set[str]):
    assert {name for name, system in SYSTEMS.items() if system.policy is policy} == systems


def test_only_the_driving_licence_repeats_what_other_attributes_say():
    assert [name for name, system in SYSTEMS.items() if not system.independent] == [
        "driving-licence"
    ]
