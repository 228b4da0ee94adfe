"""What the patterns of relatives weigh, told by sex where no verified numbers tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from mpi.model.parameters import LevelParameters
from mpi.training.relatives import CAUTION, LOWEST_BITS, _likeliest, _likeliest_by_sex

OTHER = LevelParameters(m=0.01, u=0.5, weight=-5644)


def drawn(share_of_one_person, two_sexes, pairs=4000, seed=3):
    """Pairs of a pattern: other evidence in bits, which are two people, and which two sexes."""
    random = np.random.default_rng(seed)
    one = random.random(pairs) < share_of_one_person
    bits = np.where(one, random.normal(9, 2, pairs), random.normal(4, 2, pairs))
    chance = np.where(one, OTHER.m, two_sexes)
    return bits, one, random.random(pairs) < chance


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("two_sexes", [1 / 3, 0.5])
def test_sex_tells_how_many_pairs_of_a_pattern_are_one_person(share, two_sexes):
    bits, one, differs = drawn(share, two_sexes)
    offset = _likeliest_by_sex(bits, differs, OTHER)
    believed = expit((bits + offset) * np.log(2))
    assert believed.mean() == pytest.approx(share, abs=0.08)
    assert believed[one].mean() > believed[~one].mean()


def test_a_pattern_of_one_person_takes_nothing_back():
    bits, _, differs = drawn(1.0, 0.5)
    assert _likeliest_by_sex(bits, differs, OTHER) > -2.0


def test_a_pattern_of_relatives_alone_outweighs_its_agreements():
    bits, _, differs = drawn(0.0, 0.5)
    offset = _likeliest_by_sex(bits, differs, OTHER)
    assert LOWEST_BITS <= offset < -6.0


def test_numbers_tell_the_weight_under_which_pairs_come_out_right_with_caution():
    random = np.random.default_rng(5)
    bits = random.uniform(-4, 12, 4000)
    agree = random.random(4000) < expit((bits - 5.0) * np.log(2))
    assert _likeliest(bits, agree) == pytest.approx(-5.0 - np.log2(CAUTION), abs=0.5)
