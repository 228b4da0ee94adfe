"""Calibrate a release on its own training feeds, without labels."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from mpi.linking.batch import link_rows
from mpi.linking.confidence import confidences
from mpi.linking.engines.duckdb import Limits
from mpi.model.parameters import Release
from mpi.training.anchors import UNFITTED, Anchors, fit
from mpi.training.verified import COMPARISON, one_verified_value, without


def calibrated(rows: pa.Table, release: Release, limits: Limits) -> Release:
    """The release with a provisional calibration fitted on verified NHS numbers as anchors.

    The rows are linked once more with the NHS number hidden from the comparisons and from the
    clustering, and the pairs of each person found are judged by it. Where too few carry one, the
    release keeps the calibration it has.
    """
    value = one_verified_value(rows)
    if release.levels.get(COMPARISON) is None or not (value >= 0).any():
        return release
    hidden = _without_verified(rows)
    linkage = link_rows(hidden, without(release, COMPARISON), limits)
    pairs = confidences(linkage.labels, linkage.pairs, UNFITTED)
    told = (value[pairs.left] >= 0) & (value[pairs.right] >= 0)
    anchors = Anchors(
        direct=pairs.direct[told],
        bottleneck=pairs.bottleneck[told],
        left=value[pairs.left[told]],
        right=value[pairs.right[told]],
    )
    return replace(release, calibration=fit(anchors) or release.calibration)


def _without_verified(rows: pa.Table) -> pa.Table:
    place = rows.column_names.index("verified_identifiers")
    kind = rows.schema.field(place).type
    return rows.set_column(place, "verified_identifiers", pa.nulls(len(rows), kind))
