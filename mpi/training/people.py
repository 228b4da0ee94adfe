"""What is counted over people and not over records: frequencies, and keys worth suppressing.

Somebody with forty records would make their name look common. So counts are taken over clusters;
on the first pass, when there are none yet, every record is its own.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.attributes import SCHEMA
from mpi.linking.engines.duckdb import Limits, connection
from mpi.linking.key_sizes import KeySizes
from mpi.model.blocking import LARGE_BLOCK, RULE_BITS, RULES
from mpi.model.frequencies import BANDS, Frequencies, bands_of_counts

_LISTS = {attribute.name for attribute in SCHEMA if str(attribute.kind) == "list"}

SMALL_BLOCK = 10
"""Keys shared by at most this many records are never suppressed."""

PAIRS_PER_RECORD = 4.0
FREE_PAIRS = 3e6
"""What one rule may cost: its keys are kept, smallest first, up to so many pairs per record, or up
to as many pairs as any machine compares in seconds, whichever is more."""


def count_frequencies(rows: pa.Table, cluster: NDArray[np.int64], limits: Limits) -> Frequencies:
    """The frequency bands of `BANDS` over people.

    Args: rows, standardised; cluster, a cluster number per row; limits, of the counting.
    """
    people = len(np.unique(cluster))
    with connection(limits) as con:
        con.register("rows", rows.select(list(BANDS)).append_column("cluster", pa.array(cluster)))
        listed = {name: _bands(con, name, len(bands)) for name, bands in BANDS.items()}
    return Frequencies(people, {name: values for name, values in listed.items() if values})


def _bands(con: duckdb.DuckDBPyConnection, attribute: str, bands: int) -> dict[str, int]:
    value = f'unnest("{attribute}")' if attribute in _LISTS else f'"{attribute}"'
    counted = con.execute(
        "SELECT value, count(DISTINCT cluster) AS people FROM"
        f" (SELECT {value} AS value, cluster FROM rows) WHERE value IS NOT NULL"
        " GROUP BY value ORDER BY people, value"
    ).fetchnumpy()
    return bands_of_counts(counted["value"], counted["people"], bands)


def suppressed_keys(keys: KeySizes) -> NDArray[np.int64]:
    """The keys a release suppresses, sorted: those not worth the pairs they cost.

    A key held by fewer than `FEWEST_PEOPLE` records is never among them, so the list says nothing
    of anybody.
    """
    rule = keys.key & RULE_BITS
    budget = max(PAIRS_PER_RECORD * keys.records, FREE_PAIRS)
    found = [
        _too_costly(keys.key[rule == n], keys.size[rule == n], budget) for n in range(len(RULES))
    ]
    return np.unique(np.concatenate(found))


def _too_costly(
    keys: NDArray[np.int64], sizes: NDArray[np.int64], budget: float
) -> NDArray[np.int64]:
    order = np.lexsort((keys, sizes))
    keys, sizes = keys[order], sizes[order]
    affordable = np.cumsum(sizes * (sizes - 1) // 2) <= budget
    return keys[(sizes > SMALL_BLOCK) & ~(affordable & (sizes <= LARGE_BLOCK))]
