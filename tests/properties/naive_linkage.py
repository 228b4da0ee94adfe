"""Clustering as the specification says it, slow and obvious: the oracle of the property tests."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from mpi.linking.clusters import Decisions, Pairs, Thresholds, VerifiedValues, cluster

# System 0 is HARD_UNIQUE, system 1 CONFLICT.
HARD = (True, False)
THRESHOLDS = Thresholds(
    low=0,
    join=2000,
    average=-1000,
    conflict=2000,
    review=-1000,
    clip_low=-6000,
    clip_high=6000,
    n_cap=300,
)
# A small domain, so that ties, and means equal to a threshold, are common.
WEIGHTS = (-9000, -6000, -3000, -1000, -1000, 0, 1000, 2000, 2000, 3001, 5000, 12000)


@dataclass(frozen=True)
class Case:
    """Evidence as plain tuples."""

    n: int
    pairs: tuple[tuple[int, int, int, bool], ...] = ()
    must: tuple[tuple[int, int, int], ...] = ()
    cannot: tuple[tuple[int, int], ...] = ()
    values: tuple[tuple[int, int, int], ...] = ()

    def shifted(self, by: int) -> Case:
        """The same case on records numbered from `by`."""
        return Case(
            self.n,
            tuple((a + by, b + by, w, x) for a, b, w, x in self.pairs),
            tuple((v, a + by, b + by) for v, a, b in self.must),
            tuple((a + by, b + by) for a, b in self.cannot),
            tuple((r + by, s, v) for r, s, v in self.values),
        )


def run(case: Case, thresholds: Thresholds = THRESHOLDS, n: int | None = None):
    """The case through the function under test."""
    columns = np.array(case.pairs, dtype=np.int64).reshape(-1, 4).T
    must = np.array(case.must, dtype=np.int64).reshape(-1, 3)
    held = np.array(case.values, dtype=np.int64).reshape(-1, 3).T
    return cluster(
        n or case.n,
        Pairs(columns[0], columns[1], columns[2].astype(np.int32), columns[3] == 1),
        identifiers=VerifiedValues(*held, np.array(HARD)),
        decisions=Decisions(
            must[:, 1:], must[:, 0], np.array(case.cannot, dtype=np.int64).reshape(-1, 2)
        ),
        thresholds=thresholds,
    )


def partition(labels) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for record, label in enumerate(np.asarray(labels).tolist()):
        found.setdefault(label, set()).add(record)
    return {frozenset(members) for members in found.values()}


def components(nodes, edges) -> list[set[int]]:
    """Connected components, by merging sets."""
    sets = [{node} for node in nodes]
    for a, b in edges:
        touching = [s for s in sets if a in s or b in s]
        sets = [s for s in sets if s not in touching] + [set().union(*touching)]
    return sets


def naive_pieces(case: Case, t: Thresholds) -> list[tuple[set[int], bool]]:
    """(members, oversized) after the cap rule, by recursion."""
    must = [(a, b) for _, a, b in case.must]
    whole = components(range(case.n), must)

    def split(members: set[int], level: int) -> list[tuple[set[int], bool]]:
        units = sum(1 for unit in whole if unit <= members)
        if units <= t.n_cap:
            return [(members, False)]
        if level >= t.clip_high:
            return [(members, True)]
        level = min(level + 1000, t.clip_high)
        strong = [(a, b) for a, b, w, blocked in case.pairs if blocked and w >= level]
        edges = [(a, b) for a, b in strong + must if a in members and b in members]
        return [part for piece in components(members, edges) for part in split(piece, level)]

    edges = [(a, b) for a, b, w, blocked in case.pairs if blocked and w >= t.low] + must
    return [part for c in components(range(case.n), edges) for part in split(c, t.low)]


def naive(case: Case, t: Thresholds = THRESHOLDS) -> set[frozenset[int]]:
    """The specification, read aloud."""
    found: set[frozenset[int]] = set()
    for members, oversized in naive_pieces(case, t):
        known = {
            frozenset((a, b)): w
            for a, b, w, blocked in case.pairs
            if a in members and b in members and (blocked or not oversized)
        }
        found |= naive_linkage(case, members, known, t)
    return found


def naive_linkage(case: Case, members, known, t: Thresholds) -> set[frozenset[int]]:
    groups = [frozenset({record}) for record in members]

    def barred(a, b) -> bool:
        return any((x in a and y in b) or (x in b and y in a) for x, y in case.cannot)

    def held(group, system) -> set[int]:
        return {v for r, s, v in case.values if r in group and s == system}

    joined_by_must: set[frozenset[int]] = set()
    for _, a, b in sorted(case.must):
        one = next((g for g in groups if a in g), None)
        if one is None:
            continue
        other = next(g for g in groups if b in g)
        if not barred(one, other):
            groups = [g for g in groups if g not in (one, other)] + [one | other]
            joined_by_must.add(frozenset((a, b)))

    def decided(group) -> bool:
        return any(pair <= group for pair in joined_by_must)

    def mean(a, b) -> Fraction | None:
        weights = [known[k] for x in a for y in b if (k := frozenset((x, y))) in known]
        if not weights or barred(a, b) or max(weights) < t.join:
            return None
        m = Fraction(sum(min(max(w, t.clip_low), t.clip_high) for w in weights), len(weights))
        needed = t.average
        for system, hard in enumerate(HARD):
            one, other = held(a, system), held(b, system)
            if hard and one and other and len(one | other) > 1:
                inside = (decided(a) and other <= one) or (decided(b) and one <= other)
                if not inside:
                    return None
            if not hard and not one <= other and not other <= one:
                needed = max(needed, t.conflict)
        return m if m > needed else None

    while True:
        best = None
        for a, b in combinations(sorted(groups, key=min), 2):
            m = mean(a, b)
            if m is not None and (best is None or m > best[0]):
                best = m, a, b
        if best is None:
            break
        groups = [g for g in groups if g not in best[1:]] + [best[1] | best[2]]
    return set(groups)


@st.composite
def cases(draw, most: int = 8, constrained: bool = True) -> Case:
    n = draw(st.integers(2, most))
    every = list(combinations(range(n), 2))
    weight = st.one_of(st.none(), *[st.sampled_from(WEIGHTS)] * 4)
    weights = draw(st.lists(weight, min_size=len(every), max_size=len(every)))
    blocked = draw(st.lists(st.booleans(), min_size=len(every), max_size=len(every)))
    pairs = tuple(
        (a, b, w, x) for (a, b), w, x in zip(every, weights, blocked, strict=True) if w is not None
    )
    if not constrained:
        return Case(n, pairs)
    pair = st.sampled_from(every)
    must = draw(st.lists(st.tuples(st.integers(0, 3), pair), max_size=3))
    cannot = draw(st.lists(pair, max_size=3))
    value = st.tuples(st.integers(0, n - 1), st.integers(0, 1), st.integers(0, 2))
    values = draw(st.lists(value, max_size=5))
    return Case(n, pairs, tuple((v, a, b) for v, (a, b) in must), tuple(cannot), tuple(values))


def random_case(rng: random.Random, most: int, *, constrained: float) -> Case:
    """A component that hangs together more often than one drawn freely."""
    n = rng.randint(1, most)
    lean = rng.choice((0, 3, 6))
    pairs = []
    for a, b in combinations(range(n), 2):
        if rng.random() < 0.9 or b == a + 1:
            w = WEIGHTS[min(rng.randrange(len(WEIGHTS)) + rng.randint(0, lean), len(WEIGHTS) - 1)]
            pairs.append((a, b, w, rng.random() < 0.6))
    if rng.random() > constrained or n < 2:
        return Case(n, tuple(pairs))
    two = [tuple(sorted(rng.sample(range(n), 2))) for _ in range(6)]
    must = tuple((rng.randint(0, 2), *ends) for ends in two[: rng.randint(0, 3)])
    cannot = tuple(two[3 : 3 + rng.randint(0, 3)])
    values = {
        (rng.randrange(n), rng.randint(0, 1), rng.randint(0, 3)) for _ in range(rng.randint(0, 5))
    }
    return Case(n, tuple(pairs), must, cannot, tuple(values))


def side_by_side(parts: list[Case]) -> Case:
    """Independent cases as one, in the order given."""
    moved, n = [], 0
    for part in parts:
        moved.append(part.shifted(n))
        n += part.n
    return Case(
        n,
        tuple(p for c in moved for p in c.pairs),
        tuple(p for c in moved for p in c.must),
        tuple(p for c in moved for p in c.cannot),
        tuple(p for c in moved for p in c.values),
    )
