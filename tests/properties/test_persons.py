"""Person ids over random histories."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mpi.linking.persons import (
    Assignment,
    Membership,
    Occasion,
    Origin,
    Past,
    Retirement,
    assign,
    resolve,
)

RECORDS = 8


@dataclass
class Index:
    """What a store keeps between two assignments."""

    membership: Membership = field(default_factory=lambda: Membership.nobody(RECORDS))
    retired: dict[str, Retirement] = field(default_factory=dict)
    minted: set[str] = field(default_factory=set)
    sequence: int = 0

    def publish(self, label) -> Assignment:
        self.sequence += 1
        occasion = Occasion(b"seed", self.sequence, 1_700_000_000_000 + self.sequence)
        past = Past(tuple(self.retired.values()))
        found = assign(self.membership, np.array(label), occasion=occasion, past=past)
        fresh = set(found.ids_of(Origin.MINTED))
        assert not fresh & self.minted
        self.minted |= fresh
        for person_id in found.ids_of(Origin.REVIVED):
            del self.retired[person_id]
        self.retired |= {r.person_id: r for r in found.retired}
        self.membership = found.membership
        return found

    def holders(self) -> list[str | None]:
        ids = self.membership.ids
        return [ids[p] if p >= 0 else None for p in self.membership.person.tolist()]


labels = st.lists(st.integers(-1, 4), min_size=RECORDS, max_size=RECORDS)
histories = st.lists(labels, min_size=1, max_size=6)


def parts(values) -> set[frozenset[int]]:
    groups: dict[object, set[int]] = {}
    for record, value in enumerate(values):
        if value not in (-1, None):
            groups.setdefault(value, set()).add(record)
    return {frozenset(members) for members in groups.values()}


@settings(max_examples=100, deadline=None)
@given(histories)
def test_every_id_ever_minted_is_active_or_retired_and_resolves(history):
    index = Index()
    for label in history:
        index.publish(label)
        active = set(index.membership.ids)
        assert active | set(index.retired) == index.minted
        assert not active & set(index.retired)
        current = {r: p for r, p in enumerate(index.holders()) if p is not None}
        for retired in index.retired.values():
            assert set(resolve(retired.members, current)) <= active


@settings(max_examples=100, deadline=None)
@given(histories)
def test_the_persons_are_the_clusters(history):
    index = Index()
    for label in history:
        index.publish(label)
        assert parts(index.holders()) == parts(label)
        assert len(set(index.membership.ids)) == len(index.membership.ids)


@settings(max_examples=50, deadline=None)
@given(histories)
def test_publishing_the_same_clusters_again_changes_nothing(history):
    index = Index()
    for label in history:
        index.publish(label)
    before = index.holders()
    again = index.publish([-1 if c < 0 else 9 - c for c in history[-1]])
    assert index.holders() == before
    assert set(again.origin.tolist()) <= {Origin.KEPT}
    assert again.retired == ()


@settings(max_examples=50, deadline=None)
@given(histories)
def test_replay_gives_the_same_ids(history):
    one, other = Index(), Index()
    for label in history:
        one.publish(label)
        other.publish(label)
    assert one.holders() == other.holders()
    assert one.retired == other.retired


@settings(max_examples=100, deadline=None)
@given(histories, st.data())
def test_an_unchanged_cluster_keeps_its_id_whatever_happens_elsewhere(history, data):
    index = Index()
    for label in history:
        index.publish(label)
        before = dict(zip(map(frozenset, _members(index)), index.membership.ids, strict=True))
        after = data.draw(labels)
        index.publish(after)
        for members, person_id in zip(_members(index), index.membership.ids, strict=True):
            assert before.get(members, person_id) == person_id


def _members(index: Index) -> list[frozenset[int]]:
    person = index.membership.person
    return [
        frozenset(np.flatnonzero(person == p).tolist()) for p in range(len(index.membership.ids))
    ]


@settings(max_examples=100, deadline=None)
@given(histories, labels)
@example(
    # An id merged away in the second step fits a cluster that a surviving id must return to.
    [[0, 0, 0, 1, 0, 1, 0, 0], [0] * 8, [0, 1, 0, 0, 0, 0, 1, 1], [-1, 0, -1, 2, -1, 2, 0, 1]],
    [0] * 8,
)
def test_a_merge_undone_restores_every_id(history, into):
    """Any clusters, any of them merged, then apart again: the ids are those from before."""
    index = Index()
    for label in history:
        index.publish(label)
    before, last = index.holders(), history[-1]
    merged = [-1 if c < 0 else into[c] + 1 for c in last]
    index.publish(merged)
    index.publish(last)
    assert index.holders() == before


@settings(max_examples=100, deadline=None)
@given(histories, st.sets(st.integers(0, RECORDS - 1), min_size=1))
def test_a_bridging_record_added_and_deleted_restores_every_id(history, touched):
    """The last record joins every cluster that it touches into one, and then is deleted."""
    index = Index()
    for label in history:
        index.publish([*label[:-1], -1])
    before, last = index.holders(), [*history[-1][:-1], -1]
    bridged = {last[r] for r in touched if last[r] >= 0}
    index.publish([7 if c in bridged else c for c in last[:-1]] + [7])
    index.publish(last)
    assert index.holders() == before


@settings(max_examples=50, deadline=None)
@given(histories)
def test_regions_are_settled_alike_alone_and_together(history):
    """A second, unchanged population beside the first does not disturb its ids' survival."""
    alone = Index()
    kept_alone = [len(alone.publish(label).ids_of(Origin.KEPT)) for label in history]
    beside = Index(Membership.nobody(RECORDS + 2))
    kept_beside = [len(beside.publish([*label, 98, 99]).ids_of(Origin.KEPT)) for label in history]
    extra = [0] + [2] * (len(history) - 1)
    assert kept_beside == [k + e for k, e in zip(kept_alone, extra, strict=True)]
