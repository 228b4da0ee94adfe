"""What linking found before persons have ids: records by number, clusters by label.

An engine says where a link is computed. Whichever it is, this is what it hands over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
import pyarrow as pa

from mpi.linking.batch import Linkage, live_keys
from mpi.linking.compared import Layout, pack_table
from mpi.linking.confidence import confidences
from mpi.linking.evidence import Labels
from mpi.linking.findings import with_records
from mpi.linking.intake import Intake
from mpi.linking.key_sizes import KeySizes
from mpi.linking.survivorship import golden_records
from mpi.linking.tables import clusters_of, confidence_of, identifiers_of, links_of, possible_of
from mpi.linking.values import restricted_rows, soft_values
from mpi.model.blocking import LARGE_BLOCK
from mpi.model.parameters import Release
from mpi.store.snapshot import Ordered

COMPARED_ROWS = 100_000
"""Records encoded at a time: some 50 MB, and twice as fast as ten thousand."""

Rows: TypeAlias = pa.Table | Ordered


class Found(Protocol):
    """What linking found, wherever it was computed.

    The tables are those of `mpi.linking.tables`; `records` yields them in order, each with what is
    stored of it. A table that is too large to hold is `Ordered`.
    """

    @property
    def release(self) -> Release:
        """What was linked with."""
        ...

    @property
    def keys(self) -> pa.Table:
        """`source` and `source_id` of every record, in order."""
        ...

    @property
    def labels(self) -> Labels:
        """Per record, the smallest record of its cluster."""
        ...

    @property
    def deleted(self) -> Mapping[str, Mapping[str, str]]:
        """By source the keys of the records that are gone, each with that of the version."""
        ...

    @property
    def later(self) -> Mapping[str, int]:
        """By source how many records are kept though its snapshot, extracted before, lacks them."""
        ...

    @property
    def sources(self) -> Mapping[str, int]:
        """How many records each source has."""
        ...

    @property
    def candidates(self) -> int:
        """How many pairs shared a blocking key."""
        ...

    @property
    def pairs(self) -> int:
        """How many pairs count."""
        ...

    @property
    def outgrown(self) -> int:
        """How many keys in use are shared by more than `LARGE_BLOCK` records."""
        ...

    @property
    def findings(self) -> Mapping[str, int]:
        """How many clusters have each finding."""
        ...

    def records(self) -> Iterator[pa.Table]:
        """`store.snapshot.RECORDS` without the person."""
        ...

    def identifiers(self) -> Rows:
        """`store.snapshot.IDENTIFIERS`."""
        ...

    def blocking_keys(self) -> Rows:
        """`store.snapshot.KEYS`."""
        ...

    def links(self) -> Rows:
        """`store.snapshot.LINKS`."""
        ...

    def clusters(self) -> Rows:
        """See `mpi.linking.tables.clusters_of`, in the order of their labels."""
        ...

    def confidence(self) -> Rows:
        """See `mpi.linking.tables.confidence_of`."""
        ...

    def possible(self) -> Rows:
        """`store.snapshot.POSSIBLE`."""
        ...


@dataclass(frozen=True)
class InMemory:
    """What was found on one machine, with the rows it was found in."""

    intake: Intake
    linkage: Linkage
    release: Release

    @property
    def keys(self) -> pa.Table:
        """See `Found`."""
        return self.intake.rows.select(["source", "source_id"])

    @property
    def labels(self) -> Labels:
        """See `Found`."""
        return self.linkage.labels

    @property
    def deleted(self) -> Mapping[str, Mapping[str, str]]:
        """See `Found`."""
        return self.intake.deleted

    @property
    def later(self) -> Mapping[str, int]:
        """See `Found`."""
        return self.intake.later

    @cached_property
    def sources(self) -> Mapping[str, int]:
        """See `Found`."""
        counted = self.intake.rows.column("source").value_counts().to_pylist()
        return {each["values"]: each["counts"] for each in counted}

    @property
    def candidates(self) -> int:
        """See `Found`."""
        return self.linkage.candidates

    @property
    def pairs(self) -> int:
        """See `Found`."""
        return len(self.linkage.pairs.left)

    @property
    def outgrown(self) -> int:
        """See `Found`."""
        large = (part.larger(LARGE_BLOCK) for part in KeySizes.parts(self.intake.rows))
        return sum(len(each.live(self.release).key) for each in large)

    @property
    def findings(self) -> Mapping[str, int]:
        """See `Found`."""
        return Counter(code for codes in self._findings.values() for code in codes)

    @cached_property
    def _findings(self) -> dict[int, tuple[str, ...]]:
        rows = self.intake.rows
        return with_records(
            self.linkage.clustering.findings,
            self.labels,
            soft=soft_values(rows),
            restricted=restricted_rows(rows),
        )

    def records(self) -> Iterator[pa.Table]:
        """See `Found`."""
        compared = _Compared(self.intake.rows, self.release)
        start = 0
        for chunk in self.intake.stored():
            stop = start + len(chunk)
            columns = {
                "record_no": pa.array(np.arange(start, stop)),
                **compared.between(start, stop),
            }
            for name, column in columns.items():
                chunk = chunk.append_column(name, column)
            yield chunk
            start = stop

    def identifiers(self) -> pa.Table:
        """See `Found`."""
        return identifiers_of(self.intake.rows)

    def blocking_keys(self) -> pa.Table:
        """See `Found`."""
        return live_keys(self.intake.rows, self.release)

    def links(self) -> pa.Table:
        """See `Found`."""
        return links_of(self.linkage.pairs)

    def clusters(self) -> pa.Table:
        """See `Found`."""
        golden = golden_records(self.intake.rows, self.labels)
        return clusters_of(self.labels, golden, self._findings)

    def confidence(self) -> pa.Table:
        """See `Found`."""
        must, calibration = self.linkage.decisions.must, self.release.calibration
        found = confidences(self.labels, self.linkage.pairs, calibration, must=must)
        return confidence_of(found, self.labels)

    def possible(self) -> pa.Table:
        """See `Found`."""
        return possible_of(self.linkage.clustering.possible)


class _Compared:
    """What is compared of each record as it is kept, made for many records at a time."""

    def __init__(self, rows: pa.Table, release: Release) -> None:
        self._rows, self._release = rows, release
        self._layout = Layout(release)
        self._from = self._to = 0
        self._made: dict[str, pa.Array | pa.ChunkedArray] = {}

    def between(self, start: int, stop: int) -> dict[str, pa.Array | pa.ChunkedArray]:
        """The columns `row` and `keys` of some records; asked for in order."""
        if stop > self._to:
            self._make(start, max(stop, start + COMPARED_ROWS))
        at, size = start - self._from, stop - start
        return {name: column.slice(at, size) for name, column in self._made.items()}

    def _make(self, start: int, stop: int) -> None:
        rows = self._rows.slice(start, stop - start)
        self._made = {
            "row": self._layout.encode_table(rows),
            "keys": pack_table(rows, self._release),
        }
        self._from, self._to = start, start + len(rows)
