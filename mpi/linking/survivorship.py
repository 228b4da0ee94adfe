"""Which record speaks for a person: the golden record.

The rule: a record with a verified identifier before one without; then the one that says more
(attributes with a value); then the smallest key. It depends on the records alone, so the same
state always gives the same golden record.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.attributes import SCHEMA


def golden_records(rows: pa.Table, label: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each cluster, in order of its label, the number of its golden record."""
    verified = pc.is_valid(rows.column("verified_identifiers")).to_numpy()
    filled = np.zeros(len(rows), dtype=np.int64)
    for attribute in SCHEMA:
        filled += pc.is_valid(rows.column(attribute.name)).to_numpy()
    order = np.lexsort((np.arange(len(rows)), -filled, ~verified, label))
    first = np.ones(len(rows), dtype=bool)
    first[1:] = label[order][1:] != label[order][:-1]
    return order[first]
