"""The columns of a label file, and one text for the key of a record or pair."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

LEFT = ("source_l", "source_id_l")
RIGHT = ("source_r", "source_id_r")
KEY = ("source", "source_id")
PROBABILITY = "inclusion_probability"
SAMPLE = "sample"
"""Names the sample that a pair was drawn in: what its design is found and told by."""

_BETWEEN = "\x1f"
"""Joins source and key into one text; neither can hold it."""


def joined(table: pa.Table, columns: tuple[str, ...]) -> pa.Array:
    """Some text columns as one."""
    found = pc.binary_join_element_wise(*(table.column(c) for c in columns), _BETWEEN)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
