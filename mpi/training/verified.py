"""Verified NHS numbers as judges of a model that does not see them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from mpi.attributes import RECORD_NUMBER
from mpi.identifiers import attribute_name
from mpi.model.parameters import Release

MOST_RECORDS = 200_000
"""Records that a model is judged on; more would tell no more."""

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


def sample_by_birth_date(rows: pa.Table, most: int = MOST_RECORDS) -> pa.Table:
    """About `most` of the rows, renumbered: all those with some birth dates, drawn by hash.

    Records of one person, and those of people who might be taken for one, mostly share a birth
    date, so that the sample keeps both the matches and the confusions of the whole.
    """
    share = -(-len(rows) // most)
    if share <= 1:
        return rows
    dates = rows.column("birth_date").combine_chunks().dictionary_encode()
    drawn = [xxh3_64_intdigest(date.encode()) % share == 0 for date in dates.dictionary.to_pylist()]
    chosen = rows.filter(pc.take(pa.array(drawn, pa.bool_()), dates.indices))
    place = chosen.column_names.index(RECORD_NUMBER)
    return chosen.set_column(place, RECORD_NUMBER, pa.array(range(len(chosen)), pa.int32()))


def without(release: Release, comparison: str) -> Release:
    """The release with one comparison hidden."""
    levels = {name: values for name, values in release.levels.items() if name != comparison}
    return replace(release, levels=levels)
