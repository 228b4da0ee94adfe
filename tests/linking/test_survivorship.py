"""Which record speaks for a person."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from mpi.attributes import SCHEMA
from mpi.linking.survivorship import golden_records
from mpi.records import Identifier, Name, Record
from tests.invented import rows_of

NHS = "9990000018"
ANN = (Name("Ann", "Fenwold"),)


def record(source, source_id, *, verified=None, **more):
    identifiers = () if verified is None else (Identifier("nhs-number", NHS, verified),)
    return Record(source, source_id, names=ANN, identifiers=identifiers, **more)


def golden(*records):
    """The key of the golden record of records that are one person."""
    keys = sorted(each.key for each in records)
    [number] = golden_records(rows_of(list(records)), np.zeros(len(records), dtype=np.int64))
    return keys[number]


FULL = {"birth_dates": ("1980-03-04",), "sex": "F", "town": "Leeds", "occupation": "Roofer"}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param(
            (record("hjis", "1", **FULL), record("pds", "1", verified=True)),
            ("pds", "1"),
            id="a verified identifier before more attributes",
        ),
        pytest.param(
            (record("hjis", "1", verified=False), record("pds", "1", **FULL)),
            ("pds", "1"),
            id="an identifier that is not verified is an attribute like others",
        ),
        pytest.param(
            (record("hjis", "1", sex="F"), record("hjis", "2", **FULL), record("hjis", "3")),
            ("hjis", "2"),
            id="the record that says more",
        ),
        pytest.param(
            (record("pds", "1", **FULL), record("courts", "9", **FULL), record("pds", "0", **FULL)),
            ("courts", "9"),
            id="the smallest key among equals",
        ),
        pytest.param((record("pds", "1"),), ("pds", "1"), id="the only one"),
    ],
)
def test_the_golden_record_follows_the_rule(records, expected):
    assert golden(*records) == expected
    assert golden(*reversed(records)) == expected


def test_every_cluster_has_a_golden_record_of_its_own_by_the_rule(invented):
    rows, labels = invented.rows, invented.brief_linkage.labels
    found = golden_records(rows, labels)
    assert labels[found].tolist() == np.unique(labels).tolist()
    worth = [
        (row["verified_identifiers"] is None, -sum(row[a.name] is not None for a in SCHEMA), number)
        for number, row in enumerate(rows.to_pylist())
    ]
    members = defaultdict(list)
    for number, label in enumerate(labels.tolist()):
        members[label].append(worth[number])
    assert found.tolist() == [min(members[label])[-1] for label in np.unique(labels).tolist()]
