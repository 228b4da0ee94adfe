"""Reading verbs of a view that give whole tables, as Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table

from mpi.store.database import Prepare
from mpi.store.tables import Tables, tables_of

# Arrow takes a quarter of a second to import, which a look-up has no need to wait for.
if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 10_000
"""Rows of one batch of an export; with more, the garbage collector goes over them repeatedly."""


class WholeTables:
    """The part of a view that exports, links and checks read."""

    _connection: Connection
    _prepare: Prepare
    generation: int

    @property
    def _tables(self) -> Tables:
        return tables_of(self.generation, self._prepare)

    def previous_membership(self) -> pa.Table:
        """The person of every record, for a link to keep ids: columns `source`, `source_id`,
        `person_id` (strings), `first_sequence` (the event at which the id was first seen) and
        `version_key` (of the record).
        """
        from mpi.store import exports

        return exports.previous_membership(self._connection, self._tables)

    def membership_as_of(self, sequence: int) -> pa.Table:
        """What the index believed after an event: columns `source`, `source_id`, `person_id`."""
        from mpi.store import exports

        return exports.membership_as_of(self._connection, self._tables, sequence)

    def retired_persons(self) -> pa.Table:
        """Every id not in use: `person_id`, `first_sequence`, `retired_sequence`, `how`,
        `successors` (list of ids) and `members` (list of `{source, source_id}`), by person id.
        """
        from mpi.store import exports

        return exports.retired_persons(self._connection)

    def export_records(self, *, rows: int = ROWS) -> Iterator[pa.RecordBatch]:
        """Every record with its person, in batches; schema `exports.RECORDS`.

        `confidence` is that of the record and the golden record: null for the golden record
        itself, and where only the spanning tree is kept.
        """
        from mpi.store import exports

        return exports.records(self._connection, self._tables, rows)

    def export_cross_references(self, *, rows: int = ROWS) -> Iterator[pa.RecordBatch]:
        """Every identifier of every record, in batches; schema `exports.CROSS_REFERENCES`.

        `direct`, `bottleneck` and `confidence` are those of the record and the golden record:
        null for the golden record itself, and where only the spanning tree is kept.
        """
        from mpi.store import exports

        return exports.cross_references(self._connection, self._tables, rows)

    def numbered(self, name: str, *, rows: int = ROWS) -> Iterator[pa.RecordBatch]:
        """A table as it is kept, with its numbers, in batches; `exports.NUMBERED` lists them."""
        from mpi.store import exports

        return exports.numbered(self._connection, self._tables, name, rows)

    def whole(self, table: Table, *, rows: int = ROWS) -> Iterator[pa.RecordBatch]:
        """A table of the index as it is kept, in batches; see `whole.arrow_schema`."""
        from mpi.store import whole

        return whole.batches(self._connection, self._prepare, table, rows)

    def export_links(self, *, rows: int = ROWS) -> Iterator[pa.RecordBatch]:
        """Every link with the keys and persons of its records; schema `exports.LINKS`."""
        from mpi.store import exports

        return exports.links(self._connection, self._tables, rows)
