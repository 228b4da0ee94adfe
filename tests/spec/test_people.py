"""The tables of this directory, run."""

import pytest

from mpi.attributes import standardise
from mpi.cleaning import family_tokens, given_tokens, phonetic_code
from tests.spec.name_words import NAMES
from tests.spec.people_pairs import PAIRS
from tests.spec.sounds import ALIKE, DIFFERENT, KNOWN_MISSES


@pytest.mark.parametrize(
    ("left", "right", "attribute", "verdict"),
    [case[1:] for case in PAIRS],
    ids=[case[0] for case in PAIRS],
)
def test_pairs_share_or_differ_as_the_table_says(left, right, attribute, verdict):
    assert verdict in ("share", "differ")
    shared = set(_values(left, attribute)) & set(_values(right, attribute))
    assert bool(shared) == (verdict == "share")


def _values(record, attribute):
    value = standardise(record)[attribute]
    return value if isinstance(value, list) else [value] if value is not None else []


@pytest.mark.parametrize(("given", "family", "given_words", "family_words"), NAMES)
def test_names_keep_the_words_of_the_table(given, family, given_words, family_words):
    assert " ".join(given_tokens(given)) == given_words
    assert " ".join(family_tokens(family)) == family_words


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_spellings_of_one_name_share_a_code(one, other):
    assert phonetic_code(one) == phonetic_code(other)


@pytest.mark.parametrize(("one", "other"), [*DIFFERENT, *KNOWN_MISSES])
def test_other_names_have_other_codes(one, other):
    assert phonetic_code(one) != phonetic_code(other)
