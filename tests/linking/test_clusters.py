"""Clusters of hand-made cases, each with a story."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mpi.errors import MPIError
from mpi.linking.clusters import Decisions, Pairs, Thresholds, VerifiedValues, cluster, pieces
from mpi.linking.linkage import Component, link
from mpi.linking.possible import REASONS

T = Thresholds(
    low=0,
    join=2000,
    average=-4000,
    conflict=4000,
    review=-1000,
    clip_low=-10000,
    clip_high=12000,
    n_cap=300,
)
NOTHING = np.empty((0, 2), dtype=np.int64)


def scored(*rows: tuple[int, int, int], completed: bool = False) -> Pairs:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Pairs(table[:, 0], table[:, 1], table[:, 2], np.full(len(rows), not completed))


def verified(*rows: tuple[int, int], hard: bool = False) -> VerifiedValues:
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return VerifiedValues(table[:, 0], np.zeros(len(rows), int), table[:, 1], np.array([hard]))


def decided(must=(), cannot=()) -> Decisions:
    links = np.array(must, dtype=np.int64).reshape(-1, 3)
    return Decisions(links[:, 1:], links[:, 0], np.array(cannot, dtype=np.int64).reshape(-1, 2))


def run(n, pairs, *, identifiers=None, decisions=None, thresholds=T):
    return cluster(
        n,
        pairs,
        identifiers=identifiers or verified(),
        decisions=decisions or decided(),
        thresholds=thresholds,
    )


# A bridging record 2 fits both {0, 1} and {3, 4}, who contradict each other.
BRIDGE = scored(
    *((0, 1, 15000), (3, 4, 15000), (0, 2, 9000), (1, 2, 9000), (2, 3, 8000), (2, 4, 7000)),
    *((0, 3, -12000), (0, 4, -12000), (1, 3, -12000), (1, 4, -12000)),
)

CASES = {
    "no links": (3, scored(), {}, [0, 1, 2]),
    "a link at the join threshold": (2, scored((0, 1, 2000)), {}, [0, 0]),
    "a link just below it": (2, scored((0, 1, 1999)), {}, [0, 1]),
    "one contradictory pair does not veto": (
        3,
        scored((0, 1, 9000), (1, 2, 9000), (0, 2, -9000)),
        {},
        [0, 0, 0],
    ),
    "a bridging record does not fuse two people": (5, BRIDGE, {}, [0, 0, 0, 3, 3]),
    "one overwhelming link does not buy a merge": (
        3,
        scored((0, 1, 9000), (1, 2, 60000), (0, 2, -30000)),
        {"thresholds": replace(T, average=2000)},
        [0, 1, 1],
    ),
    "twins under two verified NHS numbers": (
        2,
        scored((0, 1, 3500)),
        {"identifiers": verified((0, 1), (1, 2))},
        [0, 1],
    ),
    "a duplicate NHS number on strong evidence": (
        2,
        scored((0, 1, 4001)),
        {"identifiers": verified((0, 1), (1, 2))},
        [0, 0],
    ),
    "two values of a hard-unique identifier": (
        2,
        scored((0, 1, 30000)),
        {"identifiers": verified((0, 1), (1, 2), hard=True)},
        [0, 1],
    ),
    "a decision outranks hard-unique values": (
        3,
        scored((0, 1, 30000), (0, 2, 9000), (1, 2, 9000)),
        {
            "identifiers": verified((0, 1), (1, 2), (2, 1), hard=True),
            "decisions": decided(must=[(1, 0, 1)]),
        },
        [0, 0, 0],
    ),
    "a must-link where no link is": (2, scored(), {"decisions": decided([(1, 0, 1)])}, [0, 0]),
    "a cannot-link against a strong link": (
        2,
        scored((0, 1, 30000)),
        {"decisions": decided(cannot=[(0, 1)])},
        [0, 1],
    ),
    "cannot dominates must": (
        2,
        scored((0, 1, 30000)),
        {"decisions": decided([(1, 0, 1)], [(1, 0)])},
        [0, 1],
    ),
    "of must-links that a cannot-link opposes together the earlier holds": (
        3,
        scored(),
        {"decisions": decided([(2, 0, 1), (1, 1, 2)], [(0, 2)])},
        [0, 1, 1],
    ),
    "a merge refused for its values is weighed again when one side has learnt the other's": (
        3,
        scored((0, 1, 3000), (0, 2, 2500)),
        {"identifiers": verified((0, 1), (1, 2), (2, 1), (2, 2))},
        [0, 0, 0],
    ),
    "of equal means the smallest keys merge first": (
        3,
        scored((0, 1, 5000), (1, 2, 5000), (0, 2, -20000)),
        {"thresholds": replace(T, average=-1000)},
        [0, 0, 2],
    ),
}


@pytest.mark.parametrize(("n", "pairs", "evidence", "labels"), CASES.values(), ids=CASES)
def test_hand_made_case(n, pairs, evidence, labels):
    assert run(n, pairs, **evidence).label.tolist() == labels


def test_one_by_one_linkage_weighs_a_refused_merge_again():
    pairs = [(0, 1, 3000, 3000), (0, 2, 2500, 2500)]
    values = [(0, 0, 1), (1, 0, 2), (2, 0, 1), (2, 0, 2)]
    assert link(Component(pairs, values=values), T, hard=np.array([False])) == {1: 0, 2: 0}


def test_a_completed_pair_feeds_the_mean_but_never_connects():
    assert run(2, scored((0, 1, 9000), completed=True)).label.tolist() == [0, 1]


def test_a_completed_pair_can_be_the_strong_one_inside_a_component():
    weak, strong = scored((0, 1, 500), (1, 2, 500)), scored((0, 2, 9000), completed=True)
    both = Pairs(
        *(
            np.concatenate((getattr(weak, f), getattr(strong, f)))
            for f in ("left", "right", "weight", "blocked")
        )
    )
    assert run(3, both).label.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("evidence", "label", "codes"),
    [
        ({"identifiers": verified((0, 1), (1, 2))}, 0, ("two-verified-values",)),
        ({"decisions": decided([(1, 0, 1)], [(0, 1)])}, 0, ("overruled-decision",)),
        ({"identifiers": verified((0, 1), (1, 1))}, 0, None),
    ],
)
def test_findings_say_what_to_look_at(evidence, label, codes):
    assert run(2, scored((0, 1, 9000)), **evidence).findings.get(label) == codes


def chain(n: int, weight: int) -> Pairs:
    return scored(*((i, i + 1, weight) for i in range(n - 1)))


def test_an_oversized_component_breaks_at_its_weakest_links_only():
    pairs = scored((0, 1, 9000), (1, 2, 500), (2, 3, 9000), (3, 4, 1500), (4, 5, 9000))
    found = pieces(6, pairs, must=NOTHING, thresholds=replace(T, n_cap=4))
    assert found.label.tolist() == [0, 0, 2, 2, 2, 2]
    assert not found.oversized.any()


def test_a_piece_that_has_come_loose_is_left_alone_while_the_rest_breaks_further():
    large = ((0, 2, 9000), (2, 4, 1500), (4, 6, 9000))
    small = ((1, 3, 9000), (3, 5, 9000))
    pairs = scored(*large, *small, (5, 6, 500))
    found = pieces(7, pairs, must=NOTHING, thresholds=replace(T, n_cap=3))
    assert found.label.tolist() == [0, 1, 0, 1, 4, 1, 4]


def test_what_no_threshold_breaks_is_flagged_and_clustered_on_blocked_links():
    found = run(9, chain(9, 12000), thresholds=replace(T, n_cap=4))
    assert found.label.tolist() == [0] * 9
    assert found.findings == {0: ("oversized-component",)}


def test_no_link_counts_across_the_pieces_of_an_oversized_component():
    pairs = scored((0, 1, 11500), (1, 2, 2500), (2, 3, 11500))
    found = run(4, pairs, thresholds=replace(T, n_cap=3))
    assert found.label.tolist() == [0, 0, 2, 2]
    assert found.findings == {}


def test_must_linked_records_count_as_one_and_stay_together():
    must = np.array([(0, 1), (1, 2), (2, 3)])
    found = pieces(5, chain(5, 500), must=must, thresholds=replace(T, n_cap=2))
    assert found.label.tolist() == [0] * 5


@pytest.mark.parametrize(
    ("pairs", "evidence", "reason"),
    [
        (scored((0, 1, 1500)), {}, "weight"),
        (scored((0, 1, 9000)), {"decisions": decided(cannot=[(0, 1)])}, "decision"),
        (scored((0, 1, 9000)), {"identifiers": verified((0, 1), (1, 2), hard=True)}, "identifier"),
        (scored((0, 1, 3000)), {"identifiers": verified((0, 1), (1, 2))}, "conflict"),
        (scored((0, 1, 3000)), {"thresholds": replace(T, average=3000)}, "average"),
        (
            scored((0, 1, 3000)),
            {
                "identifiers": verified((0, 1), (0, 2), (1, 2)),
                "thresholds": replace(T, average=3000),
            },
            "average",
        ),
    ],
)
def test_a_possible_link_says_what_kept_it_apart(pairs, evidence, reason):
    found = run(2, pairs, **evidence).possible
    assert [REASONS[code] for code in found.reason] == [reason]
    assert (found.left.tolist(), found.right.tolist()) == ([0], [1])


def test_only_the_strongest_pair_between_two_clusters_is_a_possible_link():
    found = run(5, BRIDGE).possible
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(2, 3)]
    assert found.weight.tolist() == [8000]


def test_links_below_the_review_threshold_are_not_shown():
    assert run(2, scored((0, 1, -1001))).possible.left.size == 0


def test_clusters_that_share_a_verified_value_do_not_differ():
    values = verified((0, 1), (0, 2), (1, 2))
    found = run(2, scored((0, 1, 3000)), identifiers=values)
    assert found.label.tolist() == [0, 0]


@pytest.mark.parametrize("wrong", [{"join": -1}, {"conflict": -5000}, {"n_cap": 1}])
def test_contradictory_thresholds_are_refused(wrong):
    with pytest.raises(MPIError, match="cannot be used"):
        replace(T, **wrong)


def test_more_values_than_fit_in_a_mask_are_still_told_apart():
    n = 70
    rows = [(i, j, 5000 if j == i + 1 else -9000) for i in range(n) for j in range(i + 1, n)]
    found = run(n, scored(*rows), identifiers=verified(*((i, i) for i in range(n)), hard=True))
    assert found.label.tolist() == list(range(n))
