"""The restricted flag goes with a record, beside what is compared of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mpi.attributes import SCHEMA, standardise
from mpi.linking.compared import Layout, restricted_in
from mpi.linking.evidence import Values
from mpi.linking.findings import with_records
from mpi.linking.intake import payload_of, record_of, standardised
from mpi.records import Identifier, Name, Record
from tests.properties import small_world

OPEN = Record(
    "pds", "1", names=(Name("Ann", "Example"),), identifiers=(Identifier("nino", "AB123456C"),)
)
FLAGGED = replace(OPEN, restricted=True)
NO_VALUES = Values(*(np.empty(0, dtype=np.int64) for _ in range(3)))


@pytest.mark.parametrize("record", [OPEN, FLAGGED])
def test_a_stored_record_is_read_back(record):
    assert record_of(payload_of(record)) == record


def test_a_record_that_is_not_restricted_is_stored_as_before_there_was_the_flag():
    assert b"restricted" not in payload_of(OPEN)
    assert payload_of(FLAGGED).replace(b',"restricted":true', b"") == payload_of(OPEN)


def test_it_is_no_attribute():
    assert standardise(OPEN) == standardise(FLAGGED)
    assert "restricted" not in {each.name for each in SCHEMA}


def test_what_is_compared_is_written_alike_one_at_a_time_and_as_a_table():
    layout = Layout(small_world.release())
    table = standardised([OPEN, FLAGGED])
    assert restricted_in(table).to_pylist() == [False, True]
    row = standardise(OPEN)
    written = [layout.encode(row), layout.encode(row, restricted=True)]
    assert layout.encode_table(table).to_pylist() == written
    plain, flagged = map(layout.decode, written)
    assert (plain.restricted, flagged.restricted) == (False, True)
    assert replace(flagged, restricted=False) == plain


def test_a_person_is_restricted_once_one_record_is():
    label = np.array([0, 0, 2, 2, 4])
    restricted = np.array([False, True, False, False, True])
    found = with_records(
        {0: ("two-verified-values",)}, label, soft=NO_VALUES, restricted=restricted
    )
    assert found == {0: ("two-verified-values", "restricted"), 4: ("restricted",)}
