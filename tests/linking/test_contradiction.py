"""The chain of earlier decisions that speaks against a new one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.linking.contradiction import contradicting, followed
from mpi.linking.deciding import Decided, Verdict, in_force
from mpi.records import RecordKey
from tests.properties.naive_linkage import components

A, B, C, D, E = KEYS = tuple(RecordKey("hjis", name) for name in "ABCDE")


def same(one, other, version=1):
    return Verdict(one, other, True, version)


def different(one, other, version=1):
    return Verdict(one, other, False, version)


@pytest.mark.parametrize(
    ("made", "apart", "new", "chain"),
    [
        pytest.param([], [], same(A, B), None, id="nothing was decided"),
        pytest.param([different(A, C)], [], same(A, B), None, id="about others"),
        pytest.param([same(A, B)], [], same(B, A), None, id="said again"),
        pytest.param([different(A, B)], [], same(A, B), None, id="replaced, not contradicted"),
        pytest.param([same(A, B)], [], different(A, B), None, id="replaced the other way"),
        pytest.param(
            [same(A, B), same(C, B)], [], different(A, C), (A, B, C), id="the same through one"
        ),
        pytest.param(
            [same(A, B), different(B, C)], [], same(A, C), (A, B, C), id="different through one"
        ),
        pytest.param(
            [same(A, B), different(B, C), same(D, C)],
            [],
            same(D, A),
            (D, C, B, A),
            id="from the new one's left end to its right",
        ),
        pytest.param([], [(B, A)], same(A, B), (A, B), id="a seal between the two"),
        pytest.param([same(A, B)], [(B, C)], same(C, A), (C, B, A), id="a seal further on"),
        pytest.param(
            [different(A, B), different(B, C)],
            [],
            same(A, C),
            None,
            id="two steps apart say nothing",
        ),
        pytest.param(
            [same(A, B), same(B, C), same(C, D), same(A, E), same(E, D)],
            [],
            different(A, D),
            (A, E, D),
            id="the shortest chain",
        ),
        pytest.param(
            [same(A, C), same(C, D), same(A, B), same(B, D)],
            [],
            different(A, D),
            (A, B, D),
            id="of equals the first in order",
        ),
        pytest.param(
            [same(A, B, 5), different(A, C, 9), same(B, C, 2)],
            [],
            different(A, B, 11),
            None,
            id="its own pair is left out",
        ),
        pytest.param(
            [same(A, B, 5), different(A, C, 9), same(B, C, 7)],
            [],
            different(B, C, 11),
            None,
            id="a must-link that is not followed counts for nothing",
        ),
    ],
)
def test_the_chain(made, apart, new, chain):
    assert contradicting(made, apart, new) == chain


def test_of_contradicting_must_links_the_earlier_ones_are_followed():
    made = [same(B, C, 3), same(A, B, 2), different(C, A, 9)]
    assert followed(made, []) == [made[1]]
    assert followed(made[:2], [(A, C)]) == [made[1]]
    assert followed(made[:2], []) == [made[1], made[0]]


pairs = st.lists(st.sampled_from(KEYS), min_size=2, max_size=2, unique=True).map(tuple)
rulings = st.lists(st.tuples(pairs, st.booleans()), max_size=9)


@settings(max_examples=150, deadline=None)
@given(made=rulings, apart=st.lists(pairs, max_size=2), asked=pairs, verdict=st.booleans())
def test_a_decision_is_refused_exactly_if_it_could_not_be_followed(made, apart, asked, verdict):
    """By brute force: groups of what is followed, with the new decision and without."""
    numbered_ = enumerate(made, start=1)
    verdicts = in_force(
        Decided(*ends, "same" if yes else "different", n, undone=False)
        for n, (ends, yes) in numbered_
    )
    new = Verdict(*asked, verdict, 99)
    others = [each for each in verdicts if each.ends != new.ends]
    standing = followed(others, apart)
    if verdict:
        holds = new in followed([*others, new], apart)
    else:
        groups = components(KEYS, [each.ends for each in standing])
        holds = not any(set(asked) <= group for group in groups)
    chain = contradicting(verdicts, apart, new)
    assert (chain is None) == holds
    if chain is not None:
        joined = {each.ends for each in standing}
        breaks = [step for step in pairwise(chain) if tuple(sorted(step)) not in joined]
        barred = {e.ends for e in others if not e.same} | {tuple(sorted(p)) for p in apart}
        assert (chain[0], chain[-1]) == asked
        assert len(breaks) == verdict
        assert all(tuple(sorted(step)) in barred for step in breaks)
        assert len(set(chain)) == len(chain)


def test_of_a_pair_the_last_decision_that_stands_is_in_force():
    made = [
        Decided(A, B, "same", 1, undone=False),
        Decided(B, A, "different", 2, undone=False),
        Decided(C, D, "same", 3, undone=False),
        Decided(D, C, "different", 4, undone=True),
        Decided(D, E, "same", 5, undone=False),
        Decided(D, E, "unsure", 6, undone=False),
    ]
    assert in_force(reversed(made)) == [Verdict(B, A, False, 2), Verdict(C, D, True, 3)]
