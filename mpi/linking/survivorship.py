"""Which record speaks for a person: the golden record.

The rule: a record with a verified identifier before one without; then the one that says more
(attributes with a value); then the smallest key. It depends on the records alone, so the same
state always gives the same golden record.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.attributes import SCHEMA
from mpi.linking.compared import VERIFIED, Held
from mpi.linking.evidence import Flags, Integers


def golden_records(rows: pa.Table, label: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each cluster, in order of its label, the number of its golden record."""
    filled = np.zeros(len(rows), dtype=np.int64)
    for attribute in SCHEMA:
        filled += pc.is_valid(rows.column(attribute.name)).to_numpy()
    return _golden(label, pc.is_valid(rows.column(VERIFIED)).to_numpy(), filled)


def golden_of(held: Sequence[Held], label: NDArray[np.int64]) -> NDArray[np.int64]:
    """`golden_records` of records, numbered as they stand."""
    verified = np.array([bool(each.verified) for each in held], dtype=np.bool_)
    return _golden(label, verified, np.array([each.filled for each in held], dtype=np.int64))


def _golden(label: NDArray[np.int64], verified: Flags, filled: Integers) -> NDArray[np.int64]:
    order = np.lexsort((np.arange(label.size), -filled, ~verified, label))
    first = np.ones(label.size, dtype=bool)
    first[1:] = label[order][1:] != label[order][:-1]
    return np.asarray(order[first])
