"""Stable person ids: hand-made histories."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from mpi.linking.churn import churn
from mpi.linking.persons import (
    Assignment,
    Membership,
    Occasion,
    Origin,
    Past,
    Retired,
    assign,
    mint,
    resolve,
)


def step(old: Membership, label: list[int], sequence: int, **past) -> Assignment:
    occasion = Occasion(b"seed", sequence, 1_700_000_000_000 + sequence)
    return assign(old, np.array(label), occasion=occasion, past=Past(**past))


def first(*label: int) -> Membership:
    return step(Membership.nobody(len(label)), list(label), 1).membership


def holders(membership: Membership) -> list[str | None]:
    return [membership.ids[p] if p >= 0 else None for p in membership.person.tolist()]


def test_a_minted_id_is_a_uuid_7_of_the_time_of_its_log_entry():
    person_id = UUID(mint(b"seed", 5, ordinal=3, at_ms=1_700_000_000_123))
    assert person_id.version == 7
    assert person_id.variant == "specified in RFC 4122"
    assert person_id.int >> 80 == 1_700_000_000_123


def test_minting_repeats_under_replay_and_never_otherwise():
    ids = {
        mint(seed, sequence, ordinal=ordinal, at_ms=1)
        for seed in (b"a", b"b")
        for sequence in range(20)
        for ordinal in range(20)
    }
    assert len(ids) == 800
    assert mint(b"a", 3, ordinal=4, at_ms=1) in ids


def test_a_first_load_mints_an_id_for_every_cluster_and_none_for_inactive_records():
    found = step(Membership.nobody(5), [7, 7, -1, 3, 7], 1)
    ids = holders(found.membership)
    assert ids[0] == ids[1] == ids[4] != ids[3]
    assert ids[2] is None
    assert len(found.ids_of(Origin.MINTED)) == 2
    assert found.membership.founder.tolist() == [0, 3]


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ([0, 0, 1], [5, 5, 9], [0, 0, 2]),
        ([0, 0, -1], [0, 0, 0], [0, 0, 0]),
        ([0, 0, 1], [0, -1, 1], [0, None, 2]),
        ([0, 0, 0, 3, 3], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
        ([0, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]),
        ([0, 0, 0], [0, 1, 1], ["new", 0, 0]),
        ([0, 0, 2, 2], [0, 1, 1, 0], [0, 2, 2, 0]),
    ],
    ids=[
        "unchanged",
        "grown",
        "shrunk",
        "merged",
        "merged into the larger",
        "split",
        "crossed, with the founders",
    ],
)
def test_ids_stay_with_most_of_their_records(before, after, kept):
    """`kept` names, per record, a record whose former id it has now."""
    old = first(*before)
    was, now = holders(old), holders(step(old, after, 2).membership)
    for record, source in enumerate(kept):
        if source == "new":
            assert now[record] not in was
        else:
            assert now[record] == (None if source is None else was[source])


def test_of_equal_claims_the_older_id_is_kept():
    old = first(0, -1)
    both = step(old, [0, 1], 2).membership
    merged = step(both, [0, 0], 3)
    assert merged.membership.ids == old.ids
    assert [r.reason for r in merged.retired] == [Retired.MERGED]


def test_a_survivor_named_by_a_decision_is_kept_against_overlap():
    old = first(0, 0, 0, 3)
    small = holders(old)[3]
    merged = step(old, [0, 0, 0, 0], 2, survivors=frozenset({small}))
    assert merged.membership.ids == (small,)


def test_a_split_keeps_the_id_with_its_founder():
    grown = step(first(-1, 0), [0, 0], 2).membership
    split = step(grown, [0, 1], 3)
    assert holders(split.membership)[1] == grown.ids[0]


@pytest.mark.parametrize(
    ("before", "after", "reason", "successors"),
    [
        ([0, 1, 1], [0, 0, 0], Retired.MERGED, 1),
        ([0, 0, 2, 2, 2, 5, 5, 5], [1, 2, 1, 1, 1, 2, 2, 2], Retired.SPLIT, 2),
        ([0, 1, 1], [-1, 1, 1], Retired.DELETED, 0),
    ],
)
def test_a_retired_id_says_how_it_went_and_where(before, after, reason, successors):
    old = first(*before)
    (retired,) = step(old, after, 2).retired
    assert retired.person_id == holders(old)[0]
    assert retired.reason is reason
    assert len(retired.successors) == successors
    assert retired.members == {r for r, p in enumerate(before) if p == before[0]}


def test_an_unmerge_brings_the_retired_id_back():
    old = first(0, 0, 0, 3, 3)
    merged = step(old, [0, 0, 0, 0, 0], 2)
    back = step(merged.membership, [0, 0, 0, 3, 3], 3, retired=merged.retired)
    assert holders(back.membership) == holders(old)
    assert back.ids_of(Origin.REVIVED) == [holders(old)[3]]
    assert back.retired == ()


def test_the_latest_of_two_retired_ids_with_the_same_records_comes_back():
    old = first(0, 0, 2, 2)
    merged = step(old, [0, 0, 0, 0], 2)
    earlier = merged.retired[0]
    later = type(earlier)("ffff", Retired.MERGED, earlier.members, 9)
    back = step(merged.membership, [0, 0, 2, 2], 10, retired=(earlier, later))
    assert back.ids_of(Origin.REVIVED) == ["ffff"]


def test_an_id_that_was_split_up_comes_back_with_its_records():
    old = first(0, 0, 2, 2, 2, 5, 5, 5)
    split = step(old, [1, 2, 1, 1, 1, 2, 2, 2], 2)
    back = step(split.membership, [0, 0, 2, 2, 2, 5, 5, 5], 3, retired=split.retired)
    assert holders(back.membership) == holders(old)


def test_a_revived_id_keeps_its_founder():
    grown = step(first(0, 0, 0, -1, 4), [0, 0, 0, 3, 3], 2).membership
    assert grown.founder.tolist() == [0, 4]
    merged = step(grown, [0, 0, 0, 0, 0], 3)
    back = step(merged.membership, [0, 0, 0, 3, 3], 4, retired=merged.retired)
    assert len(back.ids_of(Origin.REVIVED)) == 1
    assert back.membership.founder.tolist() == [0, 4]


def test_an_id_merged_away_does_not_return_when_its_records_come_back_from_deletion():
    old = first(0, 0, 2)
    merged = step(old, [0, 0, 0], 2)
    gone = step(merged.membership, [-1, -1, -1], 3, retired=merged.retired)
    alone = step(gone.membership, [-1, -1, 2], 4, retired=(*merged.retired, *gone.retired))
    assert alone.ids_of(Origin.REVIVED) == []


def test_an_id_in_use_is_never_revived():
    old = first(0, 0, 2, 2)
    merged = step(old, [0, 0, 0, 0], 2)
    stale = type(merged.retired[0])(merged.membership.ids[0], Retired.MERGED, frozenset({2, 3}), 1)
    back = step(merged.membership, [0, 0, 2, 2], 3, retired=(stale,))
    assert len(set(back.membership.ids)) == 2
    assert back.ids_of(Origin.REVIVED) == []


def test_no_id_is_kept_by_a_cluster_that_shares_no_record():
    old = first(0, 0, 0, 0, 4)
    found = step(old, [0, 0, 0, 3, 0], 2)
    assert holders(found.membership)[0] == holders(old)[0]
    assert len(found.ids_of(Origin.MINTED)) == 1
    assert [r.person_id for r in found.retired] == [holders(old)[4]]


def test_a_shrunk_person_does_not_take_back_an_id_it_absorbed():
    merged = step(first(0, 1, 1), [0, 0, 0], 2)
    shrunk = step(merged.membership, [0, -1, -1], 3, retired=merged.retired)
    assert shrunk.membership.ids == merged.membership.ids


def test_a_deleted_person_returns_with_exactly_its_records():
    old = first(0, 0, 2)
    gone = step(old, [-1, -1, 2], 2)
    back = step(gone.membership, [0, 0, 2], 3, retired=gone.retired)
    assert holders(back.membership) == holders(old)
    partly = step(gone.membership, [0, -1, 2], 3, retired=gone.retired)
    assert holders(partly.membership)[0] not in holders(old)


def test_a_deleted_person_does_not_return_with_more_than_its_records():
    old = first(0, 0, -1, 3)
    gone = step(old, [-1, -1, -1, 3], 2)
    back = step(gone.membership, [0, 0, 0, 3], 3, retired=gone.retired)
    assert holders(back.membership)[0] not in holders(old)


@pytest.mark.parametrize(
    ("last", "found"),
    [({1}, {"P": 1}), ({1, 2, 3}, {"Q": 2, "P": 1}), ({9}, {}), (set(), {})],
)
def test_a_retired_id_resolves_through_its_last_members(last, found):
    current = {1: "P", 2: "Q", 3: "Q", 4: "P"}
    assert list(resolve(last, current).items()) == list(found.items())


def test_churn_counts_what_changed():
    old = first(0, 0, 0, 3, 3, 5, 6, 6)
    new = step(old, [0, 0, 2, 3, 3, 3, 6, 6], 2).membership
    found = churn(old, new)
    assert (found.records, found.records_moved) == (8, 2)
    assert (found.unchanged, found.split, found.merged) == (1, 1, 1)
    assert (found.pairs_kept, found.pairs_lost, found.pairs_gained) == (3, 2, 2)
    assert found.split_bits == pytest.approx((2 * np.log2(3 / 2) + np.log2(3)) / 8)
    assert found.merge_bits == pytest.approx((2 * np.log2(3 / 2) + np.log2(3)) / 8)
    assert found.talburt_wang == pytest.approx(4 / 5)


def test_nothing_churns_when_nothing_changes():
    old = first(0, 0, 2, -1)
    found = churn(old, step(old, [0, 0, 2, -1], 2).membership)
    assert (found.records_moved, found.split, found.merged, found.pairs_lost) == (0, 0, 0, 0)
    assert (found.split_bits, found.merge_bits, found.talburt_wang) == (0, 0, 1)
    empty = Membership.nobody(0)
    assert churn(empty, empty).talburt_wang == 1
