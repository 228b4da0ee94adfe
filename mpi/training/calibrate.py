"""Calibrate a release on its own training feeds, without labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.linking.batch import link_rows
from mpi.linking.confidence import confidences
from mpi.linking.engines.duckdb import Limits
from mpi.model.parameters import Release
from mpi.training.anchors import UNFITTED, Anchors, fit

_SYSTEM = "nhs-number"
_COMPARISON = "id_nhs_number"


def calibrated(rows: pa.Table, release: Release, limits: Limits) -> Release:
    """The release with a provisional calibration fitted on verified NHS numbers as anchors.

    The rows are linked once more with the NHS number hidden from the comparisons and from the
    clustering, and the pairs of each person found are judged by it.
    """
    value = _one_verified_value(rows)
    if release.levels.get(_COMPARISON) is None or not (value >= 0).any():
        return release
    hidden = _without_verified(rows)
    linkage = link_rows(hidden, _without(release, _COMPARISON), limits)
    pairs = confidences(linkage.labels, linkage.pairs, UNFITTED)
    told = (value[pairs.left] >= 0) & (value[pairs.right] >= 0)
    anchors = Anchors(
        direct=pairs.direct[told],
        bottleneck=pairs.bottleneck[told],
        agree=value[pairs.left[told]] == value[pairs.right[told]],
    )
    return replace(release, calibration=fit(anchors))


def _without(release: Release, comparison: str) -> Release:
    levels = {name: values for name, values in release.levels.items() if name != comparison}
    return replace(release, levels=levels)


def _without_verified(rows: pa.Table) -> pa.Table:
    place = rows.column_names.index("verified_identifiers")
    kind = rows.schema.field(place).type
    return rows.set_column(place, "verified_identifiers", pa.nulls(len(rows), kind))


def _one_verified_value(rows: pa.Table) -> NDArray[np.int64]:
    """Per record, the code of its verified NHS number; -1 where it has none, or several."""
    column = rows.column("verified_identifiers").combine_chunks()
    texts, parents = column.flatten(), pc.list_parent_indices(column)
    ours = pc.starts_with(texts, f"{_SYSTEM}|")
    texts, record = texts.filter(ours), parents.filter(ours).to_numpy()
    codes = np.unique(texts.to_numpy(zero_copy_only=False), return_inverse=True)[1]
    value = np.full(len(rows), -1, dtype=np.int64)
    value[record] = codes
    value[np.bincount(record, minlength=len(rows)) > 1] = -1
    return value
