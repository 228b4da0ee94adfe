"""From a linkage to the tables that the store keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpi.identifiers import SYSTEMS, attribute_name
from mpi.linking.batch import Linkage, live_keys
from mpi.linking.compared import Layout, pack_table
from mpi.linking.confidence import ALL_PAIRS, Confidences, confidences
from mpi.linking.findings import with_records
from mpi.linking.intake import Intake
from mpi.linking.persons import Assignment
from mpi.linking.possible import REASONS, PossibleLinks
from mpi.linking.survivorship import golden_records
from mpi.linking.values import restricted_rows, soft_values
from mpi.model.blocking import RULES, rule_name
from mpi.model.parameters import Release, files_of
from mpi.store import rows as stored
from mpi.store.snapshot import DELETED, POSSIBLE, Snapshot

COMPARED_ROWS = 100_000
"""Records encoded at a time: some 50 MB, and twice as fast as ten thousand."""


@dataclass(frozen=True)
class Linked:
    """A finished link, ready to be kept."""

    intake: Intake
    linkage: Linkage
    assignment: Assignment
    release: Release

    @cached_property
    def findings(self) -> dict[int, tuple[str, ...]]:
        """Codes of what a reviewer should look at, by the label of the person's cluster."""
        rows, clustering = self.intake.rows, self.linkage.clustering
        soft, restricted = soft_values(rows), restricted_rows(rows)
        return with_records(
            clustering.findings, self.linkage.labels, soft=soft, restricted=restricted
        )


def snapshot(linked: Linked) -> Snapshot:
    """The store's tables of a link; `person_no` numbers persons by their smallest record."""
    rows, labels = linked.intake.rows, linked.linkage.labels
    must = linked.linkage.decisions.must
    found = confidences(labels, linked.linkage.pairs, linked.release.calibration, must=must)
    return Snapshot(
        records=_records(linked),
        identifiers=_identifiers(rows),
        keys=live_keys(rows, linked.release),
        links=_links(linked.linkage),
        persons=_persons(linked),
        confidence=_confidence(found, linked.assignment),
        release=_release(linked.release),
        provisional=linked.release.calibration.provisional,
        possible=_possible(linked.linkage.clustering.possible),
        deleted=_deleted(linked.intake),
    )


def _records(linked: Linked) -> Iterator[pa.Table]:
    person = linked.assignment.membership.person
    compared = _Compared(linked.intake.rows, linked.release)
    start = 0
    for chunk in linked.intake.stored():
        stop = start + len(chunk)
        columns = {
            "record_no": pa.array(np.arange(start, stop)),
            "person_no": pa.array(person[start:stop]),
            **compared.between(start, stop),
        }
        for name, column in columns.items():
            chunk = chunk.append_column(name, column)
        yield chunk
        start = stop


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


def _identifiers(rows: pa.Table) -> pa.Table:
    """Every identifier of every record: its canonical value, and whether it is verified."""
    verified = _listed(rows, "verified_identifiers")
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


def _listed(rows: pa.Table, attribute: str) -> pa.Table:
    column = rows.column(attribute).combine_chunks()
    parents = pc.list_parent_indices(column)
    return pa.table({"record_no": parents, "value": column.flatten()})


def _stamped(record: pa.ChunkedArray, text: pa.ChunkedArray) -> pa.Array:
    joined = pc.binary_join_element_wise(pc.cast(record, pa.string()), text, " ")
    return joined.combine_chunks()


def _links(linkage: Linkage) -> pa.Table:
    pairs = linkage.pairs
    return pa.table(
        {
            "record_l": pairs.left,
            "record_r": pairs.right,
            "weight": pairs.weight,
            "blocked": pairs.blocked,
        }
    )


def _persons(linked: Linked) -> pa.Table:
    membership = linked.assignment.membership
    labels = linked.linkage.labels
    person = membership.person[: len(labels)]
    size = np.bincount(person, minlength=len(membership.ids))
    golden = golden_records(linked.intake.rows, labels)
    clusters = np.unique(labels)
    findings = linked.findings
    return pa.table(
        {
            "person_no": np.arange(len(membership.ids)),
            "person_id": pa.array(membership.ids, pa.string()),
            "golden_record_no": golden,
            "findings": pa.array(
                [list(findings.get(int(label), ())) for label in clusters], pa.list_(pa.string())
            ),
            "record_count": size,
            "all_pairs": size <= ALL_PAIRS,
        }
    )


def _confidence(found: Confidences, assignment: Assignment) -> pa.Table:
    direct = pa.array(found.direct, mask=~found.known)
    return pa.table(
        {
            "person_no": assignment.membership.person[found.left],
            "record_l": found.left,
            "record_r": found.right,
            "direct": direct,
            "bottleneck": found.bottleneck,
            "confidence": found.parts,
        }
    )


def _possible(found: PossibleLinks) -> pa.Table:
    why = [REASONS[reason] for reason in found.reason.tolist()]
    columns = (found.left, found.right, found.weight, pa.array(why, pa.string()))
    return pa.table(columns, names=POSSIBLE.names)


def _deleted(intake: Intake) -> pa.Table:
    rows = [(source, *each) for source, gone in intake.deleted.items() for each in gone.items()]
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=DELETED)


def _release(release: Release) -> stored.Release:
    return stored.Release(
        release_id=release.identity,
        name=release.name,
        document={
            "thresholds": release.thresholds.as_dict(),
            "calibration": release.calibration.as_dict(),
            "prior": release.prior,
            "rules": {str(number): rule_name(RULES[number]) for number in release.rules},
            "trained": dict(release.trained),
        },
        files=files_of(release),
    )
