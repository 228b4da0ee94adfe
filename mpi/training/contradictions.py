"""Labels that cannot all be true: a pair both same and different, by itself or through others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

from mpi.errors import InvalidLabels
from mpi.linking.components import label_groups
from mpi.linking.evidence import Integers
from mpi.training.labelled import DIFFERENT, SAME, LabelledPairs

_MOST_ROWS = 10
"""Row numbers named in one message."""


def require_consistent(n: int, pairs: LabelledPairs, path: Path) -> None:
    """Refuse pairs called different whose records are the same, by a label or a chain of them.

    Args: n, the number of records; pairs, as read, perhaps several rows for one. Raises
    InvalidLabels, which says how many there are, in which rows, and how the first comes about.
    """
    same = pairs.take(pairs.said == SAME)
    group = label_groups(n, same.left, same.right)
    different = pairs.take(pairs.said == DIFFERENT)
    torn = different.take(group[different.left] == group[different.right])
    if len(torn):
        chain = _chain(n, same, int(torn.left[0]), int(torn.right[0]))
        raise InvalidLabels(
            f"{len(torn):,} pairs are different, though other rows make them the same"
            f" ({rows_in_words(torn.row)}). Against row {torn.row[0]} stands"
            f" {rows_in_words(chain)}.",
            file=path,
        )


def _chain(n: int, same: LabelledPairs, start: int, end: int) -> Integers:
    """The rows of a shortest chain of same pairs from one record to another, ascending."""
    row = {}
    for left, right, number in zip(same.left, same.right, same.row, strict=True):
        row[int(left), int(right)] = int(number)
    ones = np.ones(len(same), dtype=np.int8)
    graph = coo_array((ones, (same.left, same.right)), shape=(n, n)).tocsr()
    before = breadth_first_order(graph, start, directed=False)[1]
    steps = []
    while end != start:
        step = int(before[end])
        steps.append(row[min(step, end), max(step, end)])
        end = step
    return np.sort(np.array(steps, dtype=np.int64))


def rows_in_words(rows: Integers) -> str:
    """Row numbers for a message, not too many of them.

    >>> rows_in_words(np.array([7])), rows_in_words(np.arange(1, 15))
    ('row 7', 'rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 4 more')
    """
    named = ", ".join(str(row) for row in rows[:_MOST_ROWS])
    more = f" and {len(rows) - _MOST_ROWS:,} more" if len(rows) > _MOST_ROWS else ""
    return f"row{'s' if len(rows) > 1 else ''} {named}{more}"
