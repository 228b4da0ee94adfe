"""Labels once their records are known: pairs that were judged, and persons that are known.

Both answer the same two questions: which pairs are the same, and what is said of some pairs.
Records are numbers in the order of their keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from mpi.linking.components import label_groups
from mpi.linking.evidence import Flags, Integers
from mpi.linking.places import Places

SAME, DIFFERENT, UNSURE, UNJUDGED = 1, 0, -1, -2
SAID: Mapping[str | None, int]
SAID = MappingProxyType(
    {"same": SAME, "different": DIFFERENT, "unsure": UNSURE, "": UNJUDGED, None: UNJUDGED}
)
"""The code of each label."""

MOST_RECORDS = 64
"""Records of one known person that are taken as an example of how their records agree."""

TEACHING = 3
"""One individual in so many teaches weights; the others are held out for the calibration."""

SAW_LABELS = "weights_saw_labels"
"""What stands in `trained` of a release whose weights have learned from labels, now or before."""

_HELD_OUT_SHARE = 1.0 - 1.0 / TEACHING


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Pairs of records, left < right, with what was said and with which probability each was drawn.

    `row` is the row of the file; `probability` is 1 for a pair that no sample drew.
    """

    left: Integers
    right: Integers
    said: NDArray[np.int8]
    probability: NDArray[np.float64]
    stratum: NDArray[np.object_]
    row: Integers

    def __len__(self) -> int:
        return len(self.left)

    def take(self, rows: Flags | Integers) -> LabelledPairs:
        """The pairs at `rows`."""
        return LabelledPairs(
            self.left[rows],
            self.right[rows],
            self.said[rows],
            self.probability[rows],
            self.stratum[rows],
            self.row[rows],
        )

    def counts(self) -> dict[str, int]:
        """How many pairs there are of each label."""
        names = {"same": SAME, "different": DIFFERENT, "unsure": UNSURE, "unjudged": UNJUDGED}
        return {name: int((self.said == code).sum()) for name, code in names.items()}

    def same(self) -> tuple[Integers, Integers, NDArray[np.float64]]:
        """The pairs that are the same: left, right, and how many pairs each stands for."""
        found = self.take(self.said == SAME)
        return found.left, found.right, 1.0 / found.probability

    def about(
        self, left: Integers, right: Integers
    ) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """What is said of some pairs, left < right, and how many pairs each stands for."""
        code = _code(self.left, self.right)
        order = np.argsort(code)
        wanted = _code(left, right)
        at = np.minimum(np.searchsorted(code[order], wanted), max(len(code) - 1, 0))
        said = np.full(len(left), UNJUDGED, dtype=np.int8)
        weight = np.ones(len(left))
        if len(code):
            place = order[at]
            found = code[place] == wanted
            said[found] = self.said[place[found]]
            weight[found] = 1.0 / self.probability[place[found]]
        return said, weight

    def halves(self, keys: pa.Table) -> tuple[LabelledPairs, LabelledPairs]:
        """The labels that teach weights, and those that calibrate; no pair is in both.

        Weights learn from same pairs only, so all different ones calibrate, and the same pairs
        that are left stand for those that are gone: that is what became of their probability.
        """
        same = self.said == SAME
        group = label_groups(len(keys), self.left[same], self.right[same])
        apart = held_out(keys, np.concatenate([self.left, self.right]), group)[self.left]
        probability = np.where(same, self.probability * _HELD_OUT_SHARE, self.probability)
        calibrating = replace(self, probability=probability).take(apart | ~same)
        return self.take(same & ~apart), calibrating


@dataclass(frozen=True, slots=True)
class LabelledPersons:
    """Per record the number of its known person, or -1.

    Pairs of different persons are not listed: they are known where somebody meets them. Pairs of
    one person count where `counted` says so of their records, each for `worth` pairs.
    """

    person: Integers
    counted: Flags | None = None
    worth: float = 1.0

    def counts(self) -> dict[str, int]:
        """How many records and persons are known, and pairs the same."""
        size = np.unique(self.person[self.person >= 0], return_counts=True)[1]
        same = int((size * (size - 1) // 2).sum())
        return {"records": int(size.sum()), "persons": len(size), "same": same}

    def same(self) -> tuple[Integers, Integers, NDArray[np.float64]]:
        """The pairs that are the same: left, right, and 1 for each."""
        known = np.flatnonzero((self.person >= 0) & self._counted())
        found = list(_pairs_of_groups(known, self.person[known]))
        left = np.concatenate([pairs[0] for pairs in found] or [np.empty(0, dtype=np.int64)])
        right = np.concatenate([pairs[1] for pairs in found] or [np.empty(0, dtype=np.int64)])
        return left, right, np.ones(len(left))

    def about(
        self, left: Integers, right: Integers
    ) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """What is said of some pairs, left < right, and how many pairs each stands for."""
        one, other = self.person[left], self.person[right]
        same = one == other
        known = (one >= 0) & (other >= 0) & (~same | self._counted()[left])
        said = np.where(known, np.where(same, SAME, DIFFERENT), UNJUDGED)
        return said.astype(np.int8), np.where(same, self.worth, 1.0)

    def halves(self, keys: pa.Table) -> tuple[LabelledPersons, LabelledPersons]:
        """The labels that teach weights, and those that calibrate; as with labelled pairs."""
        apart = held_out(keys, np.flatnonzero(self.person >= 0), self.person)
        calibrating = replace(self, counted=apart, worth=self.worth / _HELD_OUT_SHARE)
        return replace(self, counted=~apart), calibrating

    def _counted(self) -> Flags:
        return np.ones(len(self.person), dtype=np.bool_) if self.counted is None else self.counted


Labels: TypeAlias = LabelledPairs | LabelledPersons


@dataclass(frozen=True, slots=True)
class SplitLabels:
    """Labels divided between what learns from them and what is fitted to their verdict.

    `teaching` are for the weights, or none; `held_out` for the calibration. `counts` are of all.
    """

    teaching: Labels | None
    held_out: Labels
    counts: Mapping[str, int]

    @classmethod
    def of(cls, labels: Labels, keys: pa.Table) -> SplitLabels:
        """Divide labels individual by individual; `keys` has `source, source_id` of all records."""
        teaching, apart = labels.halves(keys)
        return cls(teaching, apart, labels.counts())

    @classmethod
    def all_held_out(cls, labels: Labels) -> SplitLabels:
        """For a release whose weights have learned from no labels."""
        return cls(None, labels, labels.counts())


def held_out(keys: pa.Table, labelled: Integers, individual: Integers) -> Flags:
    """By record, whether the labels of its individual are held out from the weights.

    Args: keys, `source, source_id` of all records; labelled, the numbers of those with a label;
    individual, a code for that of every record. The smallest hash of the key of a labelled record
    decides, so all labels of an individual stay together, and one record more rarely moves them:
    only if its hash is smaller than those of all others.
    """
    some = np.unique(labelled)
    named = keys.select(["source", "source_id"]).take(pa.array(some))
    columns = (named.column(name).to_pylist() for name in ("source", "source_id"))
    hashed = [xxh3_64_intdigest("\x1f".join(key).encode()) for key in zip(*columns, strict=True)]
    smallest = np.full(int(individual.max(initial=0)) + 1, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(smallest, individual[some], np.array(hashed, dtype=np.uint64))
    # the smallest of several hashes is no even draw any more: its last digits are
    return np.asarray(smallest % np.uint64(TEACHING) != 0)[individual]


def highest_probability_first(pairs: LabelledPairs) -> LabelledPairs:
    """Each pair once: a decided row before an unsure one, then the likeliest drawn, in row order.

    Two reviewers of a pair, or two samples that both drew it, do not make two pairs of it.
    """
    undecided = np.where(pairs.said >= DIFFERENT, 0, -pairs.said.astype(np.int64))
    order = np.lexsort((pairs.row, -pairs.probability, undecided, pairs.right, pairs.left))
    left, right = pairs.left[order], pairs.right[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return pairs.take(np.sort(order[new]))


def _code(left: Integers, right: Integers) -> NDArray[np.int64]:
    """One number per pair; record numbers are below 2^31."""
    return np.asarray(left.astype(np.int64) << 32 | right.astype(np.int64))


def _pairs_of_groups(record: Integers, group: Integers) -> Iterator[tuple[Integers, Integers]]:
    """All pairs inside each group, of its first records where there are many."""
    if not len(record):
        return
    places = Places(group)
    early = places.position < MOST_RECORDS
    record, places = record[early], Places(group[early])
    for size in np.unique(places.size).tolist():
        members = record[places.members(np.flatnonzero(places.size == size), size)]
        one, other = np.triu_indices(size, 1)
        yield members[:, one].ravel(), members[:, other].ravel()
