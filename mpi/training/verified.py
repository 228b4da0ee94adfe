"""Verified NHS numbers as judges of a model that does not see them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.identifiers import attribute_name
from mpi.model.parameters import Release

SYSTEM = "nhs-number"
COMPARISON = attribute_name(SYSTEM)


def one_verified_value(rows: pa.Table) -> NDArray[np.int64]:
    """Per record, the code of its verified NHS number; -1 where it has none, or several."""
    column = rows.column("verified_identifiers").combine_chunks()
    texts, parents = column.flatten(), pc.list_parent_indices(column)
    ours = pc.starts_with(texts, f"{SYSTEM}|")
    texts, record = texts.filter(ours), parents.filter(ours).to_numpy()
    codes = np.unique(texts.to_numpy(zero_copy_only=False), return_inverse=True)[1]
    value = np.full(len(rows), -1, dtype=np.int64)
    value[record] = codes
    value[np.bincount(record, minlength=len(rows)) > 1] = -1
    return value


def without(release: Release, comparison: str) -> Release:
    """The release with one comparison hidden."""
    levels = {name: values for name, values in release.levels.items() if name != comparison}
    return replace(release, levels=levels)
