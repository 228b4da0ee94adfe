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
from mpi.linking.confidence import ALL_PAIRS, Confidences, confidences
from mpi.linking.findings import POSSIBLE_SOURCE_DUPLICATE, source_duplicates
from mpi.linking.intake import Intake
from mpi.linking.persons import Assignment
from mpi.linking.survivorship import golden_records
from mpi.model.blocking import RULES, rule_name
from mpi.model.parameters import Release, files_of
from mpi.store import rows as stored
from mpi.store.snapshot import Snapshot


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
        found = dict(self.linkage.clustering.findings)
        for label in sorted(source_duplicates(self.intake.rows, self.linkage.labels)):
            found[label] = (*found.get(label, ()), POSSIBLE_SOURCE_DUPLICATE)
        return found


def snapshot(linked: Linked) -> Snapshot:
    """The store's tables of a link; `person_no` numbers persons by their smallest record."""
    rows, labels = linked.intake.rows, linked.linkage.labels
    found = confidences(labels, linked.linkage.pairs, linked.release.calibration)
    return Snapshot(
        records=_records(linked),
        identifiers=_identifiers(rows),
        keys=live_keys(rows, linked.release),
        links=_links(linked.linkage),
        persons=_persons(linked),
        confidence=_confidence(found, linked.assignment),
        release=_release(linked.release),
        provisional=linked.release.calibration.provisional,
    )


def _records(linked: Linked) -> Iterator[pa.Table]:
    person = linked.assignment.membership.person
    start = 0
    for chunk in linked.intake.stored():
        stop = start + len(chunk)
        yield chunk.append_column("record_no", pa.array(np.arange(start, stop))).append_column(
            "person_no", pa.array(person[start:stop])
        )
        start = stop


def _identifiers(rows: pa.Table) -> pa.Table:
    """Every identifier of every record: its canonical value, and whether it is verified."""
    verified = _listed(rows, "verified_identifiers")
    stamped = _stamped(verified.column("record_no"), verified.column("value"))
    tables = []
    for system in SYSTEMS:
        listed = _listed(rows, attribute_name(system))
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
