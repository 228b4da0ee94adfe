"""What a reviewer should look at in a person that clustering itself does not mind."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpi.identifiers import SYSTEMS, Uniqueness, attribute_name
from mpi.linking.evidence import Labels

POSSIBLE_SOURCE_DUPLICATE = "possible-source-duplicate"


def source_duplicates(rows: pa.Table, label: Labels) -> set[int]:
    """The clusters that hold several values of a system whose policy is `soft-unique`.

    The issuer of such a system gives a person one value, so several mean that it registered the
    person twice, or that a value was copied from somebody else.
    """
    found: set[int] = set()
    for name, system in SYSTEMS.items():
        if system.policy is Uniqueness.SOFT_UNIQUE:
            found.update(_several(rows.column(attribute_name(name)).combine_chunks(), label))
    return found


def _several(column: pa.ListArray, label: Labels) -> list[int]:
    """The clusters with more than one distinct value in a list attribute."""
    record = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    if not len(record):
        return []
    value = column.flatten().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    values = int(value.max()) + 1
    held = np.unique(label[record].astype(np.int64) * values + value) // values
    several: list[int] = np.unique(held[1:][held[1:] == held[:-1]]).tolist()
    return several
