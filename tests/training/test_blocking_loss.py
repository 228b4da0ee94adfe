"""Blocking's loss and cost against a listing of every pair of records."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.linking.batch import live_keys
from mpi.linking.engines.duckdb import Limits, connection, store_candidates, store_keys
from mpi.model.blocking import RULE_BITS, RULES, rule_name
from mpi.training.blocking_loss import blocking_cost, blocking_loss

RULE_NAMES = {0: "first", 3: "fourth", 5: "sixth"}
RECORD = st.tuples(
    st.integers(-1, 3),
    st.sets(st.tuples(st.integers(1, 3), st.sampled_from(sorted(RULE_NAMES))), max_size=4),
)


def key(value, rule):
    return value * (RULE_BITS + 1) | rule


def judged(records, **columns):
    """The loss among records given as (person, keys)."""
    rows = [(key(*each), number) for number, (_, keys) in enumerate(records) for each in keys]
    names = ("key", "record_no")
    columns_of = zip(*rows, strict=True) if rows else ((), ())
    types = (pa.int64(), pa.int32())
    arrays = [pa.array(list(c), kind) for c, kind in zip(columns_of, types, strict=True)]
    keys = pa.table(dict(zip(names, arrays, strict=True)))
    person = np.array([person for person, _ in records], dtype=np.int64)
    return blocking_loss(keys, person, rules=RULE_NAMES, columns=columns, limits=Limits(threads=1))


@settings(deadline=None, max_examples=15)
@given(st.lists(RECORD, min_size=1, max_size=8))
def test_every_count_equals_a_listing_of_every_pair(records):
    found = judged(records)
    shared = {
        (left, right): {rule for _, rule in records[left][1] & records[right][1]}
        for left, right in combinations(range(len(records)), 2)
    }
    true = [
        rules
        for (left, right), rules in shared.items()
        if records[left][0] == records[right][0] >= 0
    ]
    assert found.true_pairs == len(true)
    assert found.lost == sum(not rules for rules in true)
    for each, number in zip(found.rules, RULE_NAMES, strict=True):
        assert each.rule == RULE_NAMES[number]
        assert each.candidates == sum(number in rules for rules in shared.values())
        assert each.found == sum(number in rules for rules in true)
        assert each.only == sum(rules == {number} for rules in true)


def test_a_pair_that_shares_two_keys_is_found_once():
    twice = {(1, 0), (2, 0), (1, 3)}
    found = judged([(0, twice), (0, twice), (0, set())])
    assert (found.true_pairs, found.lost, found.recall) == (3, 2, pytest.approx(1 / 3))
    assert [(r.candidates, r.found, r.only) for r in found.rules] == [
        (1, 1, 0),
        (1, 1, 0),
        (0,) * 3,
    ]


def test_groups_share_the_loss_and_few_people_are_left_out():
    people = [(person, {(1, 0)} if person % 2 else set()) for person in range(34) for _ in "ab"]
    group = ["odd" if person % 2 else "even" for person, _ in people]
    group[:22] = ["few"] * 10 + ["some"] * 12
    found = judged(people, group=group)
    groups = {each.group: each.as_dict() for each in found.groups["group"]}
    assert groups == {
        "even": {"group": "even", "true_pairs": 11.0, "lost": 11.0, "rate": 1.0},
        "odd": {"group": "odd", "true_pairs": 12.0, "lost": 0.0, "rate": 0.0},
    }


def test_without_true_pairs_nothing_is_lost():
    found = judged([(0, {(1, 0)}), (1, {(1, 0)})])
    assert (found.true_pairs, found.lost, found.recall) == (0, 0, 1.0)


def test_the_cost_on_training_feeds_is_the_candidates_of_each_rule(invented):
    rows, release = invented.brief_rows, invented.brief_release
    found = blocking_cost(rows, release, Limits(threads=1))
    assert [each["rule"] for each in found] == [rule_name(rule) for rule in RULES]
    assert {n for n, each in enumerate(found) if each["used"]} == set(release.rules)
    keys = live_keys(rows, release)
    for number in release.rules:
        of_rule = pa.compute.equal(pa.compute.bit_wise_and(keys["key"], RULE_BITS), number)
        with connection(Limits(threads=1)) as con:
            store_keys(con, keys.filter(of_rule))
            assert store_candidates(con) == found[number]["pairs"]
