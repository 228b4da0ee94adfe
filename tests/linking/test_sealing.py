"""Seals: what they name, whom they keep apart, and who is between their sides."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mpi.linking.evidence import Decisions, Pairs
from mpi.linking.sealing import SealSide, among, cannot_links, enforce, marks
from mpi.linking.superseding import NONE, Supersessions
from mpi.records import RecordKey

JOIN = 3000
KEYS = [RecordKey("hjis", str(number)) for number in range(6)]
POSITION = {key: number for number, key in enumerate(KEYS)}
HOLDERS = {("nhs-number", "9990000018"): [1, 4], ("nhs-number", "9990000026"): [2]}


def record(seal, side, number):
    return SealSide(seal, side, "record", *KEYS[number])


def identifier(seal, side, value):
    return SealSide(seal, side, "identifier", "nhs-number", value)


def marked(*sides, supersessions=NONE):
    def holders(system, value):
        return HOLDERS.get((system, value), [])

    return [tuple(row) for row in marks(sides, POSITION, holders, supersessions).tolist()]


def test_a_side_is_the_records_it_names_and_those_that_hold_its_identifiers():
    sides = [record(7, 1, 0), identifier(7, 1, "9990000018"), record(7, 2, 3)]
    assert marked(*sides) == [(7, 1, 0), (7, 1, 1), (7, 1, 4), (7, 2, 3)]


def test_a_record_that_is_not_in_play_and_a_value_that_nobody_holds_name_nobody():
    gone = SealSide(7, 1, "record", "hjis", "99")
    assert marked(gone, identifier(7, 2, "9990000034")) == []
    assert marked() == []


def test_a_superseded_value_names_those_who_are_matched_on_the_new_one():
    supersessions = Supersessions({("nhs-number", "9990000034"): "9990000026"})
    assert marked(identifier(7, 1, "9990000034"), supersessions=supersessions) == [(7, 1, 2)]


def barred(*rows):
    return [tuple(pair) for pair in cannot_links(np.array(rows).reshape(-1, 3)).tolist()]


@pytest.mark.parametrize(
    ("rows", "pairs"),
    [
        pytest.param([(1, 1, 0), (1, 2, 3)], [(0, 3)], id="one against one"),
        pytest.param(
            [(1, 1, 5), (1, 1, 0), (1, 2, 3), (1, 2, 2)],
            [(0, 2), (0, 3), (2, 5), (3, 5)],
            id="every record of one side against every one of the other",
        ),
        pytest.param([(1, 1, 0), (2, 2, 3)], [], id="two seals do not meet"),
        pytest.param([(1, 1, 0), (1, 1, 3)], [], id="one side alone"),
        pytest.param(
            [(1, 1, 0), (1, 1, 4), (1, 2, 4), (1, 2, 5)],
            [(0, 4), (0, 5), (4, 5)],
            id="a record on both sides is apart from all",
        ),
        pytest.param([(1, 1, 2), (1, 2, 2)], [], id="nobody is apart from himself"),
    ],
)
def test_the_sides_of_a_seal_are_kept_apart(rows, pairs):
    assert barred(*rows) == pairs


def linked(*rows):
    left, right, weight = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Pairs(left, right, weight, np.ones(left.size, dtype=bool))


def enforced(pairs, *sealed, cannot=()):
    decisions = Decisions(
        cannot=np.array(cannot, dtype=np.int64).reshape(-1, 2),
        sealed=np.array(sealed, dtype=np.int64).reshape(-1, 3),
    )
    return enforce(decisions, pairs, JOIN)


def test_a_record_that_would_join_both_sides_joins_neither():
    found = enforced(linked((0, 2, 3000), (2, 5, 9000)), (1, 1, 0), (1, 2, 5))
    assert found.between.tolist() == [2]
    assert found.barred.tolist() == [[0, 2], [0, 5], [2, 5]]
    assert found.open(linked((0, 2, 3000), (2, 5, 9000), (2, 3, 1))).left.tolist() == [2]


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(linked((0, 2, 3000), (2, 5, 2999)), id="too weak to join one of them"),
        pytest.param(linked((0, 2, 3000), (2, 3, 3000), (3, 5, 3000)), id="each joins another"),
        pytest.param(linked((0, 5, 9000)), id="the sides themselves"),
        pytest.param(linked(), id="nothing is linked"),
    ],
)
def test_nobody_else_is_between_the_sides(pairs):
    found = enforced(pairs, (1, 1, 0), (1, 2, 5))
    assert found.between.tolist() == []
    assert found.barred.tolist() == [[0, 5]]


def test_cannot_links_of_seals_are_added_to_those_decided():
    found = enforced(linked(), (1, 1, 0), (1, 2, 5), cannot=[(1, 2)])
    assert found.decisions.cannot.tolist() == [[1, 2], [0, 5]]


def test_without_seals_everything_is_as_it_was():
    decisions, pairs = Decisions(), linked((0, 1, 1))
    found = enforce(decisions, pairs, JOIN)
    assert found.decisions is decisions
    assert found.open(pairs) is pairs


def test_pairs_are_looked_up_whatever_the_order_of_their_ends():
    wanted = np.array([(0, 3), (2, 4)])
    every = np.array(list(combinations(range(5), 2)))
    for left, right in (every.T, every[:, ::-1].T):
        assert every[among(left, right, wanted)].tolist() == wanted.tolist()
