"""What individuals searched for say about recall: the estimate, and how sure it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.training.searches import search_recall, together_of

PIECES = st.lists(st.integers(1, 9), min_size=1, max_size=5).map(np.array)


@given(PIECES)
def test_an_individual_in_one_person_lacks_nothing_and_any_other_does(pieces):
    together, whole = together_of(pieces)
    assert 0 <= together <= whole
    assert (together == whole) == (len(pieces) == 1)


@given(st.lists(PIECES, min_size=1, max_size=12))
def test_of_all_records_it_is_the_recall_of_all_pairs(people):
    drawn = [each for pieces in people for each in [pieces] * int(pieces.sum())]
    together, whole = np.array([together_of(each) for each in drawn], dtype=float).T
    right = sum(int((pieces * (pieces - 1)).sum()) for pieces in people)
    pairs = sum(int(pieces.sum() * (pieces.sum() - 1)) for pieces in people)
    found = search_recall(together, whole, 1.0)
    if not pairs:
        assert found is None
        return
    assert found.estimate == pytest.approx(right / pairs)
    assert found.low <= found.estimate + 1e-12
    assert found.estimate <= found.high + 1e-12


@pytest.mark.parametrize(("drawn", "least"), [(30, 0.884), (300, 0.9878), (3_000, 0.99877)])
def test_of_n_without_an_error_some_three_in_n_may_lack_something(drawn, least):
    found = search_recall(np.full(drawn, 3.0), np.full(drawn, 3.0), 0.01)
    assert (found.estimate, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(least, rel=0.001)


def test_few_individuals_with_most_of_the_pairs_say_less_than_many_with_equal_parts():
    even, uneven = np.full(100, 3.0), np.array([1.0] * 95 + [41.0] * 5)
    assert even.sum() == uneven.sum()
    assert search_recall(uneven, uneven, 0.0).low < search_recall(even, even, 0.0).low


def test_nothing_found_together_at_all_is_a_recall_of_nothing():
    found = search_recall(np.zeros(50), np.full(50, 2.0), 0.0)
    assert (found.estimate, found.low) == (0.0, 0.0)
    assert 0 < found.high < 0.1
