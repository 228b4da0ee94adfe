"""The properties of the specification that are about decisions, seals and supersessions.

See `laws`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import combinations, pairwise, product

from mpi.linking.contradiction import followed
from mpi.linking.sealing import IDENTIFIER, RECORD
from mpi.records import RecordKey
from tests.properties.naive_linkage import components
from tests.properties.reference_index import ReferenceIndex
from tests.properties.reference_state import Compiled, State, Two
from tests.properties.small_world import LATEST, Decide, Event, Undo


def decisions_hold(index: ReferenceIndex, history: Sequence[Event]) -> None:
    """P7, P10, and the dominance rule: who is followed, and who is told that he is not."""
    for event in history:
        index.apply(event)
        together = {key: members for members in index.answer().persons for key in members}
        apart = kept_apart(index.state, index.compiled)
        verdicts = [v for v in index.state.verdicts() if together.keys() >= set(v.ends)]
        different = {v.ends for v in verdicts if not v.same}
        for one, other in [*apart, *different]:
            assert together[one] != together[other]
        joined = {v.ends for v in followed(verdicts, apart)}
        for verdict in (v for v in verdicts if v.same):
            one, other = (together[end] for end in verdict.ends)
            assert (one == other) == (verdict.ends in joined)
            told = ("overruled-decision" in index.answer().persons[m][1] for m in (one, other))
            assert one == other or all(told)
        _refines_components(index, apart)


def _refines_components(index: ReferenceIndex, barred: set[Two]) -> None:
    edges = [e for e, k in index.answer().links.items() if k.blocked and e not in barred]
    edges += [v.ends for v in index.state.verdicts() if v.same]
    present = index.state.records.keys()
    edges = [(a, b) for a, b in edges if a in present and b in present]
    whole = components(present, edges)
    assert all(any(members <= part for part in whole) for members in index.answer().persons)
    for ends, link in index.answer().links.items():
        assert link.blocked or any(set(ends) <= part for part in whole)
        assert link.blocked or ends not in barred


def accepted_decisions_are_followed(index: ReferenceIndex, history: Sequence[Event]) -> None:
    """What is not refused at the door holds; what is refused would not, or would break another.

    The door also hears of records that are gone, for they may come back.
    """
    for event in history:
        present = index.state.records.keys()
        if not isinstance(event, Decide) or not present >= {event.left, event.right}:
            index.apply(event)
            continue
        chain = index.contradiction(event)
        index.apply(event)
        if event.version in index.state.undone or event.verdict == "unsure":
            continue
        ends = event.left, event.right
        together = any(set(ends) <= members for members in index.answer().persons)
        if chain is None:
            between = {key for pair in _between(index) for key in pair}
            assert together == (event.verdict == "same") or between.intersection(ends)
        elif present >= set(chain):
            assert (chain[0], chain[-1]) == ends
            assert not together
            broken = _overruled(index).intersection(_two(*step) for step in pairwise(chain))
            assert event.verdict == "same" or broken


def _two(one: RecordKey, other: RecordKey) -> Two:
    return (one, other) if one < other else (other, one)


def _overruled(index: ReferenceIndex) -> set[Two]:
    """The must-links that are not followed."""
    together = {key: members for members in index.answer().persons for key in members}
    return {
        v.ends
        for v in index.state.verdicts()
        if v.same and together.keys() >= set(v.ends) and together[v.left] != together[v.right]
    }


def _own_sides(state: State, key: RecordKey) -> set[tuple[int, int]]:
    """The seals, with their sides, that name a record or a value it is matched on."""
    held = {f"{i.system}|{i.value}" for i in state.matched(key).identifiers}
    current = state.supersessions().current
    return {
        (side.seal, side.side)
        for side in state.sides()
        if (side.kind == RECORD and (side.first, side.second) == key)
        or (side.kind == IDENTIFIER and f"{side.first}|{current(*side[3:])}" in held)
    }


def kept_apart(state: State, compiled: Compiled, *, between: bool = True) -> set[Two]:
    """Every pair of records that a seal keeps apart; without `between`, by name alone."""
    own = {key: _own_sides(state, key) for key in sorted(state.records)}
    sides = {key: set(named) for key, named in own.items()}
    join = compiled.release.thresholds.join
    strong = [ends for ends, link in state.links(compiled).items() if link.weight >= join]
    near = {key: [one for ends in strong if key in ends for one in ends] for key in own}
    for key, seal in product(own, state.seals):
        met = {side for other in near[key] for s, side in own[other] if s == seal}
        if between and not own[key] & {(seal, 1), (seal, 2)} and met == {1, 2}:
            sides[key] |= {(seal, 1), (seal, 2)}
    return {
        (one, other)
        for one, other in combinations(sides, 2)
        if any((seal, 3 - side) in sides[other] for seal, side in sides[one])
    }


def _between(index: ReferenceIndex) -> set[Two]:
    """The pairs kept apart only because a record matches both sides of a seal."""
    state, compiled = index.state, index.compiled
    return kept_apart(state, compiled) - kept_apart(state, compiled, between=False)


def undoing_restores_the_answer(
    index: ReferenceIndex, history: Sequence[Event], ruling: Event
) -> None:
    """P12, for every kind of ruling.

    Not the ids: an id once merged away may have come back meanwhile, and is then the older one.
    """
    for event in history:
        index.apply(event)
    before = index.answer()
    assert index.apply(replace(ruling, version=LATEST))
    assert index.apply(Undo(LATEST))
    assert index.answer() == before


def superseding_is_rewriting(state: State, compiled: Compiled) -> None:
    """What superseded values make of records is what records with the new values are."""
    new = {}
    for version in sorted(state.replaced.keys() - state.undone):
        event = state.replaced[version]
        new[event.system, event.old] = event.new
    rewritten = deepcopy(state)
    rewritten.replaced = {}
    for key, old in state.records.items():
        identifiers = tuple(
            replace(i, value=_last(new, i.system, i.value)) for i in old.identifiers
        )
        rewritten.records[key] = replace(old, identifiers=identifiers)
    rewritten.seals = {
        version: replace(
            seal,
            sides=tuple(
                side._replace(second=_last(new, side.first, side.second))
                if side.kind == IDENTIFIER
                else side
                for side in seal.sides
            ),
        )
        for version, seal in state.seals.items()
    }
    assert rewritten.answer(compiled) == state.answer(compiled)


def _last(new: dict[tuple[str, str], str], system: str, value: str) -> str:
    """The end of a chain of values; of a circle the smallest."""
    passed = [value]
    while (system, passed[-1]) in new:
        following = new[system, passed[-1]]
        if following in passed:
            return min(passed[passed.index(following) :])
        passed.append(following)
    return passed[-1]
