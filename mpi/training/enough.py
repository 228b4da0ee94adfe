"""Whether feeds hold enough to learn from, said before or instead of a model that means nothing.

Without labels, how records of one person agree is learned from pairs that agree on something else:
what agreement on names is worth, among pairs with one birth date, and the other way round. So at
least two of the blocks of expectation maximisation must hold pairs, or one of them nothing of what
is to be learned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from mpi.attributes import SCHEMA
from mpi.errors import TooLittleData
from mpi.model.comparisons import SOURCE_SYSTEM
from mpi.model.levels import Comparison, Learning
from mpi.training.estimate import EM_BLOCKS, has_pairs

LEAST_RECORDS = 100
LEAST_PAIRS = 30
"""Pairs of records found to be of one person, without which nothing is known of such pairs."""

_ATTRIBUTES = frozenset(attribute.name for attribute in SCHEMA)
_WORD = re.compile(r"\w+")


def require_records(records: int) -> None:
    """Raises TooLittleData where there are too few records to begin with."""
    if records < LEAST_RECORDS:
        raise TooLittleData(f"There are {records} records; {LEAST_RECORDS} are needed.")


def require_teachers(con: duckdb.DuckDBPyConnection, wanted: Sequence[Comparison]) -> None:
    """Raises TooLittleData where some comparison with data can be learned from no pairs.

    Args: con, with the annotated rows in the table `compared`; wanted, the comparisons with data.
    """
    learned = [c for c in wanted if c.learning is not Learning.FIXED and c != SOURCE_SYSTEM]
    if len(learned) < 2:
        known = learned[0].name if learned else "nothing"
        raise TooLittleData(f"Several records must say two things or more; they say {known} alone.")
    blocks = [_columns(block) for block in EM_BLOCKS if has_pairs(con, block)]
    untaught = [
        c.name for c in learned if all({*columns} & {*c.attributes()} for columns in blocks)
    ]
    if untaught:
        raise TooLittleData(
            f"What agreement on {', '.join(untaught)} is worth cannot be learned, for no two"
            f" records agree on something else: {_in_words(EM_BLOCKS)}."
        )


def require_matches(cluster: NDArray[np.int64]) -> None:
    """Raises TooLittleData where hardly any two records were linked; by cluster per record."""
    sizes = np.bincount(cluster)
    pairs = int((sizes * (sizes - 1) // 2).sum())
    if len(sizes) and np.count_nonzero(sizes) < 2:
        raise TooLittleData("All records look like one person; different people are needed too.")
    if pairs < LEAST_PAIRS:
        raise TooLittleData(
            f"{pairs} pairs of records look like one person; {LEAST_PAIRS} are needed to learn how"
            " the records of one person agree."
        )


def _columns(block: tuple[str, ...]) -> list[str]:
    """The attributes a block reads, which may stand inside a function."""
    return [word for part in block for word in _WORD.findall(part) if word in _ATTRIBUTES]


def _in_words(blocks: Iterable[tuple[str, ...]]) -> str:
    return "; ".join(" with ".join(_columns(block)) for block in blocks)
