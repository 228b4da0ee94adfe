"""Identifier systems: what holds for every value and for any text whatever."""

import random
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mpi.errors import InvalidIdentifier
from mpi.identifiers import (
    SYSTEMS,
    clean_identifier,
    cro_check_letter,
    nhs_check_digit,
    parse,
    pnc_check_letter,
    sf_check_letters,
    uln_check_digit,
    upn_check_letter,
)
from mpi.identifiers.formats import MAX_LENGTH, pnc_year
from tests.spec.identifier_vectors import SAMPLES

YEARS = st.integers(0, 99)
EVERY_SYSTEM = pytest.mark.parametrize("system", SYSTEMS)


def _accepts(system: str, text: str) -> bool:
    try:
        parse(system, text)
    except InvalidIdentifier:
        return False
    return True


@pytest.mark.parametrize("position", range(10))
def test_a_wrong_digit_of_an_nhs_number_is_always_seen(position: int):
    number = SAMPLES["nhs-number"]
    others = [digit for digit in string.digits if digit != number[position]]
    wrong = [number[:position] + digit + number[position + 1 :] for digit in others]
    assert not any(_accepts("nhs-number", text) for text in wrong)


@pytest.mark.parametrize("stem", ["1979/0163001", "79/163001", "065656/91"])
def test_one_letter_of_the_alphabet_fits_a_police_number(stem: str):
    system = "cro" if stem.endswith("/91") else "pnc"
    assert sum(_accepts(system, stem + letter) for letter in string.ascii_uppercase) == 1


@given(YEARS, st.integers(0, 9_999_999))
def test_every_written_form_of_a_pnc_id_is_one_value(year: int, serial: int):
    end = f"{serial}{pnc_check_letter(year, serial)}"
    full = pnc_year(f"{year:02}")
    padded = f"{full}/{end:0>8}"
    written = (f"{year:02}/{end}", f"{year:02}{end}", f"{full}/{end}", padded.replace("/", ""))
    assert {parse("pnc", text) for text in written} == {padded}


@given(YEARS, st.integers(0, 999_999))
def test_a_cro_number_made_with_the_check_letter_is_accepted(year: int, serial: int):
    letter = cro_check_letter(year, serial)
    assert parse("cro", f"{serial}/{year:02}{letter}") == f"{serial:06}/{year:02}{letter}"
    for file_letter in sf_check_letters(year, serial):
        form = f"SF{year:02}/{serial}{file_letter}"
        assert parse("cro", form) == form


@given(st.integers(100_000_000, 999_999_999).map(str))
def test_a_ten_digit_number_made_with_its_check_digit_is_accepted(nine: str):
    nhs, learner = nhs_check_digit(nine), uln_check_digit(nine)
    assert nhs is None or _accepts("nhs-number", nine + nhs)
    assert learner is None or _accepts("uln", nine + learner)
    assert nhs is None or nhs != learner


def test_a_pupil_number_made_with_its_check_letter_is_accepted_and_no_other():
    draw = random.Random(7)
    for _ in range(50):
        rest = f"{draw.randrange(10**12):012}"
        letters = [a for a in string.ascii_uppercase if _accepts("upn", a + rest)]
        assert letters == [upn_check_letter(rest)]


@given(st.sampled_from(sorted(SYSTEMS)), st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_parsed_or_refused(system: str, text: str):
    try:
        canonical = parse(system, text)
    except InvalidIdentifier:
        assert clean_identifier(system, text) is None
    else:
        assert canonical.isascii()
        assert canonical == canonical.upper()
        assert parse(system, canonical) == canonical
        cleaned = clean_identifier(system, text)
        assert cleaned is None or clean_identifier(system, cleaned) == cleaned


@given(
    st.sampled_from(sorted(SYSTEMS)),
    st.data(),
    st.sampled_from("\0\x7f٠٣۹²⁵①９Аß\ud800\u202e'\"$*"),
)
def test_a_stray_character_is_refused_wherever_it_stands(
    system: str, data: st.DataObject, stray: str
):
    sample = SAMPLES[system]
    at = data.draw(st.integers(0, len(sample)))
    replaced = data.draw(st.booleans())
    assert not _accepts(system, sample[:at] + stray + sample[at + replaced :])


@given(st.sampled_from(sorted(SYSTEMS)), st.data())
def test_digits_of_another_script_are_no_digits(system: str, data: st.DataObject):
    sample = SAMPLES[system]
    zero = data.draw(st.sampled_from("٠۰०０𝟎"))
    foreign = sample.translate({ord("0") + n: chr(ord(zero) + n) for n in range(10)})
    assume(foreign != sample)
    assert not _accepts(system, foreign)
    assert clean_identifier(system, foreign) is None


@EVERY_SYSTEM
@pytest.mark.parametrize("text", ["9" * 10_000_000, " " * 1_000_000, "A1234BC" + " " * MAX_LENGTH])
def test_very_long_text_is_refused(system: str, text: str):
    assert not _accepts(system, text)
    assert clean_identifier(system, text) is None
