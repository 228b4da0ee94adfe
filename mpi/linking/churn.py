"""How much the persons changed between two runs, for the link summary and the release gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mpi.linking.evidence import Labels
from mpi.linking.matching import Overlaps
from mpi.linking.persons import Membership


@dataclass(frozen=True, slots=True)
class Churn:
    """Change over the records that had a person before and have one now.

    Counts of old persons: `unchanged` (same records), `split` (records in several persons now);
    `merged` counts new persons with records of several old ones. `records_moved` are records whose
    id changed. Pairs are of records in one person. `split_bits` and `merge_bits` are the variation
    of information, H(new|old) and H(old|new); `talburt_wang` is 1 when nothing changed.
    """

    records: int
    records_moved: int
    unchanged: int
    split: int
    merged: int
    pairs_kept: int
    pairs_lost: int
    pairs_gained: int
    split_bits: float
    merge_bits: float
    talburt_wang: float


def churn(old: Membership, new: Membership) -> Churn:
    """Compare two memberships over the same numbering of records."""
    both = (old.person >= 0) & (new.person >= 0)
    table = Overlaps.between(old.person, new.person)
    before, after = np.unique(table.person), np.unique(table.cluster)
    olds = np.bincount(table.person, weights=table.count)[table.person]
    news = np.bincount(table.cluster, weights=table.count)[table.cluster]
    parts = np.bincount(table.person)
    sources = np.bincount(table.cluster)
    kept = _pairs(table.count)
    return Churn(
        records=int(both.sum()),
        records_moved=int(_moved(old, new)[both].sum()),
        unchanged=int(((parts[table.person] == 1) & (sources[table.cluster] == 1)).sum()),
        split=int((parts > 1).sum()),
        merged=int((sources > 1).sum()),
        pairs_kept=kept,
        pairs_lost=_pairs(np.bincount(old.person[both])) - kept,
        pairs_gained=_pairs(np.bincount(new.person[both])) - kept,
        split_bits=_bits(table.count, olds),
        merge_bits=_bits(table.count, news),
        talburt_wang=float(np.sqrt(before.size * after.size) / max(table.count.size, 1))
        if table.count.size
        else 1.0,
    )


def _moved(old: Membership, new: Membership) -> Labels:
    """Per record, whether its id is another one now."""
    number = {person_id: at for at, person_id in enumerate(old.ids)}
    same = np.array([number.get(person_id, -2) for person_id in new.ids] + [-2])
    return np.asarray(same[new.person] != old.person)


def _pairs(sizes: Labels) -> int:
    sizes = sizes.astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _bits(count: Labels, whole: Labels) -> float:
    """Mean over records of log2(whole / part)."""
    return float((count * np.log2(whole / count)).sum() / max(count.sum(), 1))
