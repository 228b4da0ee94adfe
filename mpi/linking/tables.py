"""What a link makes of some records, as the tables that are kept: one definition for every engine.

Records are known by their numbers. Who the persons are is not known yet, so a cluster is known by
its label, the smallest record in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpi.identifiers import SYSTEMS, attribute_name
from mpi.linking.compared import VERIFIED
from mpi.linking.confidence import Confidences
from mpi.linking.evidence import Integers, Labels, Pairs
from mpi.linking.possible import REASONS, PossibleLinks

IDENTIFIER = pa.struct([("system", pa.string()), ("value", pa.string()), ("verified", pa.bool_())])


def identifiers_of(rows: pa.Table) -> pa.Table:
    """Every identifier of every row: `record_no`, `value`, `system` and whether it is verified.

    The number of a record is that of its row in the table.
    """
    verified = _listed(rows, VERIFIED)
    tables = []
    for system in SYSTEMS:
        listed = _listed(rows, attribute_name(system))
        own = verified.filter(pc.starts_with(verified.column("value"), f"{system}|"))
        stamped = _stamped(own.column("record_no"), own.column("value"))
        mark = _stamped(
            listed.column("record_no"),
            pc.binary_join_element_wise(system, listed.column("value"), "|"),
        )
        tables.append(
            listed.append_column("system", pa.repeat(system, len(listed))).append_column(
                "verified", pc.is_in(mark, stamped)
            )
        )
    return pa.concat_tables(tables)


def listed_identifiers(rows: pa.Table) -> pa.ListArray:
    """`identifiers_of` as a list for each row."""
    found = identifiers_of(rows).combine_chunks()
    number = found.column("record_no").to_numpy()
    order = np.argsort(number, kind="stable")
    columns = [found.column(field.name).combine_chunks() for field in IDENTIFIER]
    each = pa.StructArray.from_arrays(columns, fields=list(IDENTIFIER)).take(pa.array(order))
    ends = np.cumsum(np.bincount(number, minlength=len(rows)))
    offsets = np.concatenate(([0], ends)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), each)


def links_of(pairs: Pairs) -> pa.Table:
    """Scored pairs."""
    columns = {"record_l": pairs.left, "record_r": pairs.right, "weight": pairs.weight}
    return pa.table({**columns, "blocked": pairs.blocked})


def possible_of(found: PossibleLinks) -> pa.Table:
    """Links between clusters, each with what kept them apart."""
    why = pa.array([REASONS[reason] for reason in found.reason.tolist()], pa.string())
    ends = {"record_l": found.left, "record_r": found.right}
    return pa.table({**ends, "weight": found.weight, "why": why})


def confidence_of(found: Confidences, label: Labels) -> pa.Table:
    """The confidence of pairs of one cluster; no direct weight where a pair was never scored."""
    ends = {"label": label[found.left], "record_l": found.left, "record_r": found.right}
    direct = pa.array(found.direct, mask=~found.known)
    return pa.table(
        {**ends, "direct": direct, "bottleneck": found.bottleneck, "confidence": found.parts}
    )


def clusters_of(
    label: Labels, golden: Integers, findings: Mapping[int, tuple[str, ...]]
) -> pa.Table:
    """Clusters in the order of their labels: golden record, findings, number of records."""
    clusters, size = np.unique(label, return_counts=True)
    codes = [list(findings.get(cluster, ())) for cluster in clusters.tolist()]
    return pa.table(
        {
            "label": clusters,
            "golden_record_no": golden,
            "findings": pa.array(codes, pa.list_(pa.string())),
            "record_count": size,
        }
    )


def _listed(rows: pa.Table, attribute: str) -> pa.Table:
    column = rows.column(attribute).combine_chunks()
    parents = pc.list_parent_indices(column)
    return pa.table({"record_no": parents, "value": column.flatten()})


def _stamped(record: pa.ChunkedArray, text: pa.ChunkedArray) -> pa.Array:
    joined = pc.binary_join_element_wise(pc.cast(record, pa.string()), text, " ")
    return joined.combine_chunks()
