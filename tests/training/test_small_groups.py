"""What is withheld of a whole so that the rest and the total give nobody away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.training.small_groups import FEWEST_PEOPLE, withheld

CASES = {
    "nobody is few": ([10, 50, 400], []),
    "one small group, and the next": ([400, 9, 50, 60], [1, 2]),
    "two that are few together, and the next": ([400, 1, 2, 50], [1, 2, 3]),
    "two that are enough together": ([400, 6, 4, 50], [1, 2]),
    "everything, where nothing is left to hide behind": ([5, 80], [0, 1]),
    "one group alone": ([5], [0]),
    "a group of nobody hides nobody": ([0, 400, 50], [0]),
    "nor does it hide another": ([0, 5, 400, 50], [0, 1, 3]),
    "no group": ([], []),
}


@pytest.mark.parametrize(("people", "expected"), CASES.values(), ids=CASES)
def test_withheld(people, expected):
    assert np.flatnonzero(withheld(np.array(people, dtype=np.int64))).tolist() == expected


@given(st.lists(st.integers(0, 60), max_size=12))
def test_the_total_less_what_is_told_is_never_of_one_group_or_of_few_people(people):
    counts = np.array(people, dtype=np.int64)
    hidden = counts[withheld(counts)]
    assert (counts[~withheld(counts)] >= FEWEST_PEOPLE).all()
    if hidden.any() and len(hidden) < len(counts):
        assert (hidden > 0).sum() >= 2
        assert hidden.sum() >= FEWEST_PEOPLE
