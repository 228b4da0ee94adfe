"""The precision-recall curve: nested partitions, one of them the one that ships."""

from itertools import pairwise

import numpy as np
import pytest

from mpi.linking.values import verified_values
from mpi.model.thresholds import Thresholds
from mpi.training.curve import STEPS, averages, curve
from mpi.training.metrics import overlap, pairs


def points(invented, shipped, seen=None):
    linkage, rows = invented.brief_linkage, invented.brief_rows

    def judged(label):
        if seen is not None:
            seen.append(label)
        return pairs(overlap(label, linkage.labels))

    return list(
        curve(len(rows), linkage.pairs, verified_values(rows), shipped=shipped, judged=judged)
    )


def test_the_shipped_point_is_the_partition_of_the_link(invented):
    found = points(invented, invented.brief_release.thresholds)
    (shipped,) = [point for point in found if point.shipped]
    assert (shipped.precision, shipped.recall) == (1.0, 1.0)
    assert shipped.average == invented.brief_release.thresholds.average


def test_persons_at_a_higher_threshold_are_parts_of_those_at_a_lower(invented):
    seen = []
    found = points(invented, invented.brief_release.thresholds, seen)
    assert [p.average for p in found] == sorted(p.average for p in found)
    assert [p.recall for p in found] == sorted((p.recall for p in found), reverse=True)
    for coarse, fine in pairwise(seen):
        inside = {(f, c) for f, c in zip(fine.tolist(), coarse.tolist(), strict=True)}
        assert len(inside) == len(np.unique(fine))
    assert len(np.unique(seen[0])) < len(np.unique(seen[-1]))


@pytest.mark.parametrize(
    ("shipped", "highest"),
    [
        (Thresholds(average=-3000, conflict=4000), 3000),
        (Thresholds(average=2000, conflict=4000), 4000),
    ],
    ids=["far below", "close to conflict"],
)
def test_no_threshold_is_above_that_for_conflicts(shipped, highest):
    found = averages(shipped)
    assert found == sorted(set(found))
    assert found[-1] == highest
    assert shipped.average in found
    assert len(found) <= len(STEPS)
