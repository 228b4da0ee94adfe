"""The properties of the specification, each as a function of a history that raises if it is broken.

Kept apart from the tests, so that the same laws can be tried on implementations with planted bugs
(`benchmarks/torture/planted.py`). The numbers are those of the specification.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from mpi.linking.confidence import DECIDED
from mpi.records import RecordKey
from tests.properties.laws_of_rulings import kept_apart
from tests.properties.naive_linkage import Case, naive
from tests.properties.reference_index import Keys, ReferenceIndex
from tests.properties.reference_state import Answer, Compiled, State
from tests.properties.small_world import KEYS, LATEST, Delete, Event, Put, record


def incremental_is_batch(index: ReferenceIndex, history: Sequence[Event]) -> None:
    """P3, P6, P9, P13, P14, P16 after every step."""
    snapshots: list[dict[RecordKey, str]] = [{}]
    for event in history:
        before, kept = index.persons(), index.kept
        if index.apply(event):
            snapshots.append(dict(index.person))
        assert index.answer() == index.state.answer(index.compiled)
        _everybody_is_somewhere(index)
        _elsewhere_nothing_changed(index, before, kept)
        _every_id_resolves(index)
        _confidence_is_consistent(index.answer())
    assert [index.as_of(sequence) for sequence in range(index.sequence + 1)] == snapshots


def _everybody_is_somewhere(index: ReferenceIndex) -> None:
    persons = index.persons()
    assert set(index.person) == set(index.state.records)
    assert set(persons.values()) == set(index.answer().persons)
    assert all(golden in members for members, (golden, _) in index.answer().persons.items())


def _elsewhere_nothing_changed(
    index: ReferenceIndex, before: dict[str, Keys], kept: Answer
) -> None:
    now = index.persons()
    for person, members in before.items():
        if not members & index.region:
            assert now[person] == members
            assert index.answer().persons[members] == kept.persons[members]


def _every_id_resolves(index: ReferenceIndex) -> None:
    active = set(index.persons())
    assert active.isdisjoint(index.retired)
    assert active.union(index.retired) == set(index.minted)
    assert len(set(index.minted)) == len(index.minted)
    for person in index.retired:
        assert active.issuperset(index.successors(person))


def _confidence_is_consistent(answer: Answer) -> None:
    sure = answer.confidence
    assert all(0 <= each.parts <= 1_000_000 for each in sure.values())
    for members in answer.persons:
        for three in combinations(sorted(members), 3):
            ends = list(combinations(three, 2))
            if all(pair in sure for pair in ends):
                weakest, middle, _ = sorted(sure[pair].bottleneck for pair in ends)
                assert weakest == middle
    for ends, each in sure.items():
        assert each.direct is None or each.bottleneck >= min(each.direct, DECIDED)
        assert any(set(ends) <= members for members in answer.persons)


def order_does_not_matter(
    index: ReferenceIndex, other: ReferenceIndex, events: Sequence[Event], rng: random.Random
) -> None:
    """P1 and P5: any order of the same events, some of them twice, leads to the same answer."""
    for event in events:
        index.apply(event)
    again = [*events, *rng.sample(list(events), len(events) // 2)]
    rng.shuffle(again)
    for event in again:
        other.apply(event)
    assert other.state.records == index.state.records
    assert other.answer() == index.answer()


def repeating_changes_nothing(index: ReferenceIndex, history: Sequence[Event]) -> None:
    """P2, P5: what came before, or another content of a version that came, is not taken."""
    for event in history:
        index.apply(event)
    before = index.answer(), dict(index.person), index.sequence
    for event in history:
        assert not index.apply(event)
        if isinstance(event, Put):
            changed = replace(event.record, sex="", phones=())
            assert not index.apply(Put(changed, event.version))
    assert (index.answer(), index.person, index.sequence) == before


def deleting_what_was_added_restores_everything(
    index: ReferenceIndex, history: Sequence[Event], added: Put
) -> None:
    """P4, with the ids."""
    for event in history:
        index.apply(event)
    if added.record.key in index.state.records:
        return
    before = index.answer(), dict(index.person)
    assert index.apply(replace(added, version=LATEST))
    assert index.apply(Delete(added.record.key, LATEST + 1))
    assert (index.answer(), index.person) == before


def replay_is_the_same(
    index: ReferenceIndex, other: ReferenceIndex, history: Sequence[Event]
) -> None:
    """P15: the same log gives the same ids; and so does `other`, whatever its regions."""
    for event in history:
        assert index.apply(event) == other.apply(event)
        assert index.person == other.person
        assert index.retired == other.retired
    assert index.answer() == other.answer()


def higher_averages_refine(state: State, compileds: Sequence[Compiled]) -> None:
    """P11: with releases that differ in a rising threshold for means."""
    nested = [set(state.answer(each).persons) for each in compileds]
    for coarse, fine in pairwise(nested):
        assert all(any(members <= whole for whole in coarse) for members in fine)


def agrees_with_the_specification(state: State, compiled: Compiled) -> None:
    """The persons are those of the specification read aloud; seals take the pairs across away."""
    members = sorted(state.records)
    held = [compiled.held(state.matched(key)) for key in members]
    links, sealed = state.links(compiled), kept_apart(state, compiled)
    pairs = []
    for a, b in combinations(range(len(members)), 2):
        link = links.get((members[a], members[b]))
        weight = compiled.weight(held[a].row, held[b].row)
        if (members[a], members[b]) not in sealed:
            pairs.append((a, b, weight, link is not None))
    rulings = state.decisions(members)
    must = zip(rulings.version.tolist(), rulings.must.tolist(), strict=True)
    values = [(n, 1, hash(v)) for n, each in enumerate(held) for v in each.verified]
    case = Case(
        len(members),
        tuple(pairs),
        tuple((version, a, b) for version, (a, b) in must),
        (*map(tuple, rulings.cannot.tolist()), *(tuple(map(members.index, two)) for two in sealed)),
        tuple(v for v in values if _is_nhs(held[v[0]].verified, v[2])),
    )
    expected = naive(case, compiled.release.thresholds)
    found = state.answer(compiled).persons
    assert {frozenset(members[n] for n in group) for group in expected} == set(found)


def _is_nhs(verified: frozenset[str], code: int) -> bool:
    return any(hash(text) == code and text.startswith("nhs-number|") for text in verified)


def a_deletion_stands_before_the_version_it_is_of(
    index: ReferenceIndex, other: ReferenceIndex
) -> None:
    """P1, P5: some sources delete without a new version; whichever comes first, it is gone."""
    put, gone = Put(record(KEYS[0], (), ("", "F")), 5), Delete(KEYS[0], 5)
    assert index.apply(put)
    assert index.apply(gone)
    assert other.apply(gone)
    assert not other.apply(put)
    assert index.person == other.person == {}
    assert not index.apply(put)
    assert not index.apply(gone)


def deletes_are_versioned(index: ReferenceIndex) -> None:
    """P5: a delete that came first keeps an older version out for good."""
    key = KEYS[0]
    index.apply(Delete(key, 5))
    assert not index.apply(Put(record(key, (), ("", "F")), 4))
    assert index.person == {}
    assert index.apply(Put(record(key, (), ("", "F")), 6))
    assert set(index.person) == {key}
