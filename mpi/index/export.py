"""Export: whole tables out of the index into a file that analysts can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpi.errors import UsageError
from mpi.index.cross_references import Standing, confidence_to_anchor
from mpi.index.table_file import require_suffix, writing
from mpi.records import CONFIDENCE_PARTS, RecordKey
from mpi.store.store import Store
from mpi.store.view import View

CROSS_REFERENCES = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("person_id", pa.string()),
        ("confidence", pa.float64()),
    ]
)
"""One row per record; confidence that it is of one individual with the golden record."""
LINKS = pa.schema(
    [
        ("source_l", pa.string()),
        ("source_id_l", pa.string()),
        ("source_r", pa.string()),
        ("source_id_r", pa.string()),
        ("match_weight", pa.float64()),
        ("match_probability", pa.float64()),
    ]
)
"""One row per scored pair; weight in bits with the prior counted in, and what follows from it."""


def export(store: Store, what: str, to: Path) -> int:
    """Write `cross-references` or `links` to a `.parquet` or `.csv` file; returns its rows.

    The file appears when it is complete, in place of an older one. Raises UsageError for another
    table or suffix, UnwritableOutput.
    """
    if what not in _TABLES:
        raise UsageError(f"Known are: {', '.join(_TABLES)}.")
    require_suffix(to)
    schema, batches = _TABLES[what]
    rows = 0
    with store.reading() as view, writing(to, schema) as writer:
        for batch in batches(view):
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _cross_references(view: View) -> Iterator[pa.RecordBatch]:
    standing = Standing.of(view.state)
    for batch in view.export_records():
        sure = pc.divide(pc.cast(batch["confidence"], pa.float64()), float(CONFIDENCE_PARTS))
        sure = pc.if_else(batch["golden"], standing.cap, sure)
        sure = _along_trees(view, batch, sure, standing.cap)
        columns = [batch["source"], batch["source_id"], batch["person_id"], sure]
        yield pa.record_batch(columns, schema=CROSS_REFERENCES)


def _along_trees(view: View, batch: pa.RecordBatch, sure: pa.Array, cap: float) -> pa.Array:
    """Fill in the confidence where a person is so large that only its spanning tree is kept."""
    missing = np.flatnonzero(sure.is_null().to_numpy(zero_copy_only=False))
    if not len(missing):
        return sure
    filled = sure.to_numpy(zero_copy_only=False).copy()
    known: dict[str, Mapping[RecordKey, float]] = {}
    for at in missing:
        person_id = batch["person_id"][at].as_py()
        if person_id not in known:
            known[person_id] = _confidence_by_key(view, person_id, cap)
        key = RecordKey(batch["source"][at].as_py(), batch["source_id"][at].as_py())
        filled[at] = known[person_id][key]
    return pa.array(filled)


def _confidence_by_key(view: View, person_id: str, cap: float) -> dict[RecordKey, float]:
    rows = view.person_of(person_id)
    assert rows is not None
    sure = confidence_to_anchor(rows, cap)
    return {member.key: sure[member.record_no] for member in rows.members}


def _links(view: View) -> Iterator[pa.RecordBatch]:
    for batch in view.export_links():
        bits = batch["weight"].to_numpy() / 1000.0
        # Beyond 1,000 bits either way the probability is 0 or 1 to the last digit.
        probability = 1.0 / (1.0 + np.exp2(-np.clip(bits, -1000.0, 1000.0)))
        keys = [batch[name] for name in LINKS.names[:4]]
        yield pa.record_batch([*keys, pa.array(bits), pa.array(probability)], schema=LINKS)


_TABLES: Mapping[str, tuple[pa.Schema, Callable[[View], Iterator[pa.RecordBatch]]]]
_TABLES = MappingProxyType(
    {"cross-references": (CROSS_REFERENCES, _cross_references), "links": (LINKS, _links)}
)
