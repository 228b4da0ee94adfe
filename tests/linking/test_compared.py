"""What is kept of a record to compare it: the same from one record and from a table of them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.attributes import SCHEMA, standardise
from mpi.linking.compared import Layout, pack_keys, pack_table, unpack_keys
from mpi.linking.survivorship import golden_of, golden_records
from mpi.linking.values import soft_of, soft_values, verified_of, verified_values
from mpi.model.frequencies import annotate
from mpi.model.scoring import comparable
from mpi.records import Identifier, Record
from tests.invented import rows_of
from tests.model.rows import records
from tests.properties import small_world

ATTRIBUTES = [a.name for a in SCHEMA]


@pytest.fixture(scope="module")
def layout(invented):
    return Layout(invented.release)


def test_a_table_is_written_as_its_rows_are_byte_for_byte(invented, layout):
    rows = invented.rows.select(ATTRIBUTES).to_pylist()
    assert layout.encode_table(invented.rows).to_pylist() == [layout.encode(row) for row in rows]


def test_what_is_read_back_is_what_the_scorer_reads(invented, layout):
    for row, content in zip(
        invented.rows.select(ATTRIBUTES).to_pylist(),
        layout.encode_table(invented.rows).to_pylist(),
        strict=True,
    ):
        expected = comparable(annotate(dict(row), invented.release.frequencies))
        held = layout.decode(content)
        assert held.row == {name: expected[name] for name in layout.names}
        assert held.filled == sum(value is not None for value in row.values())
        assert held == layout.held(row)


SMALL = Layout(small_world.release())


@settings(max_examples=12, deadline=None)
@given(st.lists(records, max_size=8, unique_by=lambda record: record.key))
def test_any_records_are_written_as_a_table_of_them_is(given_):
    ordered = sorted(given_, key=lambda record: record.key)
    written = SMALL.encode_table(rows_of(ordered)).to_pylist()
    assert written == [SMALL.encode(standardise(record)) for record in ordered]


def test_verified_and_soft_values_and_golden_records_are_as_from_the_table(invented, layout):
    rows, label = invented.rows, invented.linkage.labels
    held = [layout.decode(content) for content in layout.encode_table(rows).to_pylist()]
    assert golden_of(held, label).tolist() == golden_records(rows, label).tolist()
    for one, other in (
        (verified_of(held), verified_values(rows)),
        (soft_of(held), soft_values(rows)),
    ):
        assert one.record.size > 0
        assert one.disputed(label).tolist() == other.disputed(label).tolist()
        assert counted(one, label) == counted(other, label)


def counted(values, label):
    held = values.by_group(label)
    return sorted(map(tuple, held[:, :2].tolist()))


def test_soft_values_are_of_systems_that_give_a_person_one():
    held = SMALL.held(
        standardise(
            Record(
                "hjis",
                "1",
                identifiers=(
                    Identifier("noms-number", "a1234bc"),
                    Identifier("crn", "X123456"),
                    Identifier("nhs-number", small_world.NHS, verified=True),
                    Identifier("local-patient-id", "RX1:12345"),
                ),
            )
        )
    )
    assert sorted(held.soft) == ["crn|X123456", "noms-number|A1234BC"]
    assert held.verified == {f"nhs-number|{small_world.NHS}"}


@pytest.mark.parametrize("keys", [(), (0,), (-(2**63), 2**63 - 1, 7)])
def test_keys_are_read_back_as_they_were_written(keys):
    assert unpack_keys(pack_keys(keys)) == keys
    assert len(pack_keys(keys)) == 8 * len(keys)


def test_the_keys_of_a_table_are_the_live_ones_of_each_row(invented):
    rows, release = invented.rows, invented.release
    packed = pack_table(rows, release)
    assert packed.type == pa.binary()
    for keys, content in zip(
        rows.column("blocking_keys").to_pylist(), packed.to_pylist(), strict=True
    ):
        live = release.live_keys(pa.array(keys, pa.int64()).to_numpy())
        assert unpack_keys(content) == tuple(
            k for k, lives in zip(keys, live, strict=True) if lives
        )


def test_no_rows_are_written_as_nothing(invented, layout):
    none = invented.rows.slice(0, 0)
    assert layout.encode_table(none).to_pylist() == []
    assert pack_table(none, invented.release).to_pylist() == []
