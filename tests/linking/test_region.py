"""A region settled on its own against the linkage of everything, in every field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mpi.linking.batch import link_rows
from mpi.linking.compared import Layout
from mpi.linking.components import label_groups
from mpi.linking.confidence import confidences
from mpi.linking.engines.duckdb import Limits
from mpi.linking.evidence import Decisions, Pairs
from mpi.linking.findings import POSSIBLE_SOURCE_DUPLICATE, source_duplicates, with_code
from mpi.linking.region import Region, resolve
from mpi.linking.survivorship import golden_records
from mpi.linking.values import soft_values


class Whole:
    """A linkage of all rows and everything that is made of it, to be cut into regions."""

    def __init__(self, rows, release, decisions):
        self.release, self.decisions = release, decisions
        linkage = link_rows(rows, release, Limits(), decisions=decisions)
        self.label, self.pairs = linkage.labels, linkage.pairs
        self.possible = linkage.clustering.possible
        self.golden = golden_records(rows, self.label)
        duplicates = source_duplicates(soft_values(rows), self.label)
        self.findings = with_code(
            linkage.clustering.findings, POSSIBLE_SOURCE_DUPLICATE, duplicates
        )
        must = linkage.decisions.must
        self.sure = confidences(self.label, self.pairs, release.calibration, must=must)
        layout = Layout(release)
        self.held = [layout.decode(each) for each in layout.encode_table(rows).to_pylist()]

    def regions(self):
        """The records of every region: what blocked pairs and must-links connect."""
        blocked = self.pairs.take(self.pairs.blocked)
        must = self.decisions.must
        label = label_groups(
            len(self.held),
            np.concatenate((blocked.left, must[:, 0])),
            np.concatenate((blocked.right, must[:, 1])),
        )
        order = np.argsort(label, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)

    def region(self, members, rng):
        """A region as an index knows it: some completed pairs are there, some are not."""
        place = np.full(len(self.held), -1)
        place[members] = np.arange(len(members))
        inside = self.pairs.take(place[self.pairs.left] >= 0)
        inside = inside.take(inside.blocked | (rng.random(inside.left.size) < 0.5))
        pairs = Pairs(place[inside.left], place[inside.right], inside.weight, inside.blocked)
        made = self.decisions
        must, cannot = ((place[ends] >= 0).all(axis=1) for ends in (made.must, made.cannot))
        sealed = made.sealed[place[made.sealed[:, 2]] >= 0]
        sealed = np.stack((sealed[:, 0], sealed[:, 1], place[sealed[:, 2]]), axis=1)
        decisions = Decisions(
            place[made.must[must]], made.version[must], place[made.cannot[cannot]], sealed
        )
        return Region([self.held[n] for n in members.tolist()], pairs, decisions)

    def part(self, members):
        """What the whole says about a region."""
        inside = np.isin(np.arange(len(self.held)), members)
        golden = dict(zip(np.unique(self.label).tolist(), self.golden.tolist(), strict=True))
        labels = np.unique(self.label[members]).tolist()
        return {
            "pairs": rows_of(self.pairs, inside),
            "label": self.label[members].tolist(),
            "golden": [golden[label] for label in labels],
            "findings": {n: self.findings[n] for n in labels if n in self.findings},
            "possible": rows_of(self.possible, inside),
            "sure": rows_of(self.sure, inside),
        }


def rows_of(table, inside=None, members=None):
    """The rows of a table of pairs, those of some records, renumbered."""
    names = [name for name in table.__dataclass_fields__ if name not in ("left", "right")]
    left, right = (
        members[ends] if members is not None else ends for ends in (table.left, table.right)
    )
    keep = np.ones(left.size, dtype=bool) if inside is None else inside[left]
    columns = (left, right, *(getattr(table, name) for name in names))
    return sorted(zip(*(column[keep].tolist() for column in columns), strict=True))


def as_part(found, members):
    """A settled region as `Whole.part` says it."""
    return {
        "pairs": rows_of(found.pairs, members=members),
        "label": members[found.label].tolist(),
        "golden": members[found.golden].tolist(),
        "findings": {int(members[n]): codes for n, codes in found.findings.items()},
        "possible": rows_of(found.possible, members=members),
        "sure": rows_of(found.confidences, members=members),
    }


def ruled(pairs, n, rng):
    """Decisions and seals about records that are linked, and a few that are not."""
    linked = np.stack((pairs.left, pairs.right), axis=1)[rng.permutation(pairs.left.size)]
    anybody = rng.integers(0, n, (40, 2))
    must = np.concatenate((linked[:60], anybody[:20]))
    cannot = np.concatenate((linked[60:160], anybody[20:]))
    sealed = [
        (seal, side, record)
        for seal, ends in enumerate(linked[160:200])
        for side, record in enumerate(ends, start=1)
    ]
    more = [(seal, 1, int(rng.integers(n))) for seal in range(40)]
    marks = np.unique(np.array(sealed + more, dtype=np.int64), axis=0)
    return Decisions(must, rng.permutation(len(must)), cannot, marks)


@pytest.fixture(scope="module", params=["plain", "ruled", "oversized"])
def whole(invented, request):
    release, rng = invented.brief_release, np.random.default_rng(7)
    rows, pairs = invented.brief_rows, invented.brief_linkage.pairs
    if request.param == "plain":
        return Whole(rows, release, Decisions())
    decisions = ruled(pairs, len(rows), rng)
    if request.param == "oversized":
        release = replace(release, thresholds=replace(release.thresholds, n_cap=4))
    return Whole(rows, release, decisions)


def test_every_region_on_its_own_is_as_in_the_whole(whole, invented):
    rng = np.random.default_rng(11)
    scored = 0
    for members in whole.regions():
        region = whole.region(members, rng)

        def weigh(left, right, held=region.held):
            nonlocal scored
            scored += 1
            return invented.brief_scorer.weight(held[left].row, held[right].row)

        found = resolve(region, whole.release, weigh)
        assert as_part(found, members) == whole.part(members)
    assert scored > 5


def test_all_regions_at_once_are_as_in_the_whole(whole, invented):
    everything = np.arange(len(whole.held))
    region = whole.region(everything, np.random.default_rng(13))

    def weigh(left, right):
        held = region.held
        return invented.brief_scorer.weight(held[left].row, held[right].row)

    assert as_part(resolve(region, whole.release, weigh), everything) == whole.part(everything)


def test_a_completed_pair_that_nothing_needs_any_more_is_dropped(whole, invented):
    """Its records were in one component; a completed pair never keeps them there."""
    held = whole.held[:2]
    pairs = Pairs(*(np.array([each]) for each in (0, 1, 9_000, False)))
    found = resolve(Region(held, pairs, Decisions()), whole.release, lambda *_: 9_000)
    assert found.pairs.left.size == 0
    assert found.label.tolist() == [0, 1]


def test_no_records_are_a_region(invented):
    nobody = Region(
        [],
        Pairs(*(np.empty(0, dtype=np.int64) for _ in range(3)), np.empty(0, dtype=bool)),
        Decisions(),
    )
    found = resolve(nobody, invented.brief_release, lambda *_: 0)
    assert (found.label.size, found.golden.size, found.findings) == (0, 0, {})
