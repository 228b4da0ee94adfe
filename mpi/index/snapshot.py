"""From what linking found to the tables that the store keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mpi.index.found import Found, Rows
from mpi.linking.confidence import ALL_PAIRS
from mpi.linking.persons import Assignment
from mpi.model.blocking import RULES, rule_name
from mpi.model.parameters import Release, files_of
from mpi.store import rows as stored
from mpi.store.snapshot import DELETED, Ordered, Snapshot


@dataclass(frozen=True, slots=True)
class Linked:
    """A finished link, ready to be kept: what was found, and who the persons are."""

    found: Found
    assignment: Assignment


def snapshot(linked: Linked) -> Snapshot:
    """The store's tables of a link; `person_no` numbers persons by their smallest record."""
    found = linked.found
    return Snapshot(
        records=_records(linked),
        identifiers=found.identifiers(),
        keys=found.blocking_keys(),
        links=found.links(),
        persons=_persons(linked),
        confidence=_each(found.confidence(), lambda part: _of_persons(part, linked)),
        release=_release(found.release),
        provisional=found.release.calibration.provisional,
        possible=found.possible(),
        deleted=_deleted(found.deleted),
    )


def _each(rows: Rows, change: Callable[[pa.Table], pa.Table]) -> Rows:
    """A table with every part of it changed."""
    if isinstance(rows, Ordered):
        return Ordered(lambda: map(change, rows))
    return change(rows)


def _records(linked: Linked) -> Iterator[pa.Table]:
    person = linked.assignment.membership.person
    start = 0
    for chunk in linked.found.records():
        stop = start + len(chunk)
        yield chunk.append_column("person_no", pa.array(person[start:stop]))
        start = stop


def _of_persons(confidence: pa.Table, linked: Linked) -> pa.Table:
    person = linked.assignment.membership.person
    number = pa.array(person[confidence.column("label").to_numpy()])
    return confidence.append_column("person_no", number)


def _persons(linked: Linked) -> Rows:
    membership = linked.assignment.membership

    def named(clusters: pa.Table) -> pa.Table:
        number = membership.person[clusters.column("label").to_numpy()]
        size = clusters.column("record_count").to_numpy()
        columns = {
            "person_no": pa.array(number),
            "person_id": pa.array([membership.ids[at] for at in number.tolist()], pa.string()),
            "all_pairs": pa.array(np.asarray(size <= ALL_PAIRS)),
        }
        for name, column in columns.items():
            clusters = clusters.append_column(name, column)
        return clusters

    return _each(linked.found.clusters(), named)


def _deleted(deleted: Mapping[str, Mapping[str, str]]) -> pa.Table:
    rows = [(source, *each) for source, gone in deleted.items() for each in gone.items()]
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
