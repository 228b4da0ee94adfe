"""What is said to entail a condition really does, on every pair of awkward rows."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from mpi.attributes import standardise
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import Frequencies, annotate
from mpi.model.scoring import comparable
from mpi.training.entailment import entails
from tests.model.rows import records

RARE = Frequencies(100, {"full_names": {"ANNA SMITH": 2}, "postcodes": {"LS1 4AP": 1}})


@settings(max_examples=80, deadline=None)
@given(records, records)
def test_what_entails_another_condition_never_holds_without_it(left, right):
    rows = [comparable(annotate(dict(standardise(r)), RARE)) for r in (left, right)]
    for strong, weak in HOLDS:
        assert not strong(*rows) or weak(*rows)


def compiled(condition):
    space = {
        "jaro_winkler": JaroWinkler.similarity,
        "damerau_levenshtein": DamerauLevenshtein.distance,
    }
    return eval(f"lambda l, r: {condition.python()}", space)


HOLDS = [
    (compiled(strong.condition), compiled(weak.condition))
    for c in COMPARISONS
    for strong, weak in combinations([v for v in c.scored if v.condition], 2)
    if entails(strong.condition, weak.condition)
]
assert HOLDS
