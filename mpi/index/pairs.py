"""Every pair of records that an index has an opinion of: within one person, and between two.

The pairs *within* are all pairs of records of one person, each with the confidence that a look-up
would give. The pairs *between* are those that were scored, and count in the clustering, but whose
records are not of one person. What blocking never brought together is in neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from mpi.errors import NothingToSample
from mpi.linking.bottleneck import WeightedPairs, bottlenecks
from mpi.linking.confidence import ALL_PAIRS
from mpi.linking.evidence import Flags, Integers
from mpi.model.calibration import Calibration
from mpi.records import CONFIDENCE_PARTS
from mpi.store.exports import NUMBERED
from mpi.store.view import View

_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True)
class KnownPairs:
    """The pairs of an index, each once, in the order of the record keys; left < right.

    `keys` has `source, source_id` of every record, by number. `within` says that the two records
    are of one person. `confidence` is then what the index states; between persons it is what the
    weight of the pair alone would be worth inside one. `expected` is the same before the cap, which
    limits what may be claimed and not how unlike pairs are.
    """

    keys: pa.Table
    left: Integers
    right: Integers
    within: Flags
    confidence: NDArray[np.float64]
    expected: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)

    def odd(self) -> Flags:
        """A fair coin for each pair, thrown by its two keys: the same in every index."""
        columns = (self.keys.column(name).to_pylist() for name in ("source", "source_id"))
        hashed = [
            xxh3_64_intdigest("\x1f".join(key).encode()) for key in zip(*columns, strict=True)
        ]
        of_record = np.array(hashed, dtype=np.uint64)
        # the two hashes joined and mixed as splitmix64 does, so that no bit of either shows
        mixed = of_record[self.left] ^ of_record[self.right]
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
        return np.asarray((mixed ^ (mixed >> np.uint64(31))) & np.uint64(1) == 1)


def known_pairs(view: View) -> KnownPairs:
    """The pairs of an index. Raises NothingToSample when it was never linked or has none."""
    if view.state.release is None:
        raise NothingToSample("It was never linked.")
    calibration = Calibration.from_dict(dict(view.state.release.document["calibration"]))
    records = _table(view, "record")
    number = records.column("record_no").to_numpy()
    person = np.unique(records.column("person_no").to_numpy(), return_inverse=True)[1]
    inside = _within(_Kept(_table(view, "confidence"), number), person, calibration)
    between = _between(_Kept(_table(view, "link"), number), person, calibration)
    left, right, stated, expected = (
        np.concatenate(columns) for columns in zip(inside, between, strict=True)
    )
    if not len(left):
        raise NothingToSample()
    order = np.lexsort((right, left))
    within = np.arange(len(left)) < len(inside[0])
    return KnownPairs(
        keys=records.select(["source", "source_id"]),
        left=left[order],
        right=right[order],
        within=within[order],
        confidence=stated[order],
        expected=expected[order],
    )


_Columns: TypeAlias = tuple[Integers, Integers, NDArray[np.float64], NDArray[np.float64]]
"""Left and right record, confidence and what it would be without the cap."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A table of pairs, with records under the places of their numbers."""

    table: pa.Table
    number: Integers

    def end(self, side: str) -> Integers:
        """The places of the `l` or `r` records."""
        numbers = self.table.column(f"record_{side}").to_numpy()
        return np.asarray(np.searchsorted(self.number, numbers), dtype=np.int64)

    def column(self, name: str) -> NDArray[np.int64]:
        """A column of whole numbers without nulls."""
        return np.asarray(self.table.column(name).to_numpy(), dtype=np.int64)


def _within(kept: _Kept, person: Integers, calibration: Calibration) -> _Columns:
    """All pairs of records of one person."""
    left, right, parts = kept.end("l"), kept.end("r"), kept.column("confidence")
    large = np.bincount(person)[person[left]] > ALL_PAIRS
    # of large persons only the spanning tree is kept, and the weakest on the path counts
    paths = bottlenecks(person, WeightedPairs(left[large], right[large], parts[large]))
    bottleneck = kept.table.column("bottleneck")
    direct = pc.coalesce(kept.table.column("direct"), bottleneck).to_numpy()
    expected = _uncapped(calibration).confidence(direct, bottleneck.to_numpy())
    along = paths.weight / CONFIDENCE_PARTS
    return (
        np.concatenate((left[~large], paths.left)),
        np.concatenate((right[~large], paths.right)),
        np.concatenate((parts[~large] / CONFIDENCE_PARTS, along)),
        np.concatenate((expected[~large], along)),
    )


def _between(kept: _Kept, person: Integers, calibration: Calibration) -> _Columns:
    """The scored pairs of records of two persons."""
    left, right, weight = kept.end("l"), kept.end("r"), kept.column("weight")
    apart = person[left] != person[right]
    left, right, weight = left[apart], right[apart], weight[apart]
    stated = calibration.confidence(weight, weight)
    return left, right, stated, _uncapped(calibration).confidence(weight, weight)


def _uncapped(calibration: Calibration) -> Calibration:
    return replace(calibration, cap=1.0)


def _table(view: View, name: str) -> pa.Table:
    return pa.Table.from_batches(view.numbered(name), NUMBERED[name])
