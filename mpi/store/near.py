"""Reading what lies around a change, in a view before it or in its own transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from mpi.records import RESTRICTED, RecordKey
from mpi.store.database import Prepare
from mpi.store.listed import listed
from mpi.store.near_queries import near_queries, standing_query
from mpi.store.near_rows import (
    Candidate,
    ConfidenceRow,
    DecisionRow,
    Gone,
    IdentifierRow,
    LinkRow,
    NearRecord,
    PersonRow,
    PossibleRow,
    RetiredRow,
    SealSideRow,
    Standing,
    StoredRow,
    SupersessionRow,
)

KEYED_BYTES = 16
_RESTRICTED = f'"{RESTRICTED}"'
"""The finding as it is kept, in a list of JSON."""


class Near:
    """The neighbourhood of a change on one connection; every verb is one statement.

    Numbers are those of the live generation. Lists may be empty; what is not there is left out.
    """

    def __init__(self, connection: Connection, generation: int, prepare: Prepare) -> None:
        """Args: connection, in a transaction; generation, the one live there."""
        self.connection = connection
        self.generation = generation
        self._prepare = prepare
        self._of = near_queries(generation, prepare)

    def standing(self) -> Standing:
        """Where the index stands now."""
        return standing(self.connection, self._prepare)

    def stored(self, key: RecordKey) -> StoredRow | None:
        """The record of a key."""
        found = self._of.stored.rows(self.connection, **key._asdict())
        return StoredRow(found[0][0], key, *found[0][1:]) if found else None

    def payloads(self, record_nos: Iterable[int]) -> list[StoredRow]:
        """Whole records by number."""
        rows = self._of.payloads.rows(self.connection, record_nos=listed(record_nos))
        return [StoredRow(row[0], RecordKey(row[1], row[2]), *row[3:]) for row in rows]

    def gone(self, key: RecordKey) -> Gone | None:
        """The tombstone of a key."""
        found = self._of.tombstone.rows(self.connection, **key._asdict())
        return Gone(*found[0]) if found else None

    def is_erased(self, keyed: bytes) -> bool:
        """Whether a record was erased; `keyed` is what `keyed` makes of its key."""
        return bool(self._of.erased.rows(self.connection, keyed=keyed))

    def answer(self, client: str, key: str) -> tuple[bytes, str] | None:
        """The hash of the request that named an idempotency key, and what was answered."""
        found = self._of.answer.rows(self.connection, client=client, key=key)
        return (bytes(found[0][0]), found[0][1]) if found else None

    def sharing(self, keys: Collection[int]) -> dict[int, int]:
        """The records that share a blocking key, each with the event that last changed it."""
        if not keys:
            return {}
        return dict(self._of.sharing.rows(self.connection, keys=listed(keys)))

    def matching(self, keys: Collection[int]) -> list[Candidate]:
        """The records that share a blocking key, with their keys and persons."""
        if not keys:
            return []
        rows = self._of.matching.rows(self.connection, keys=listed(keys))
        return [
            Candidate(row[0], RecordKey(row[1], row[2]), row[3], row[4], _RESTRICTED in row[5])
            for row in rows
        ]

    def records(self, record_nos: Collection[int]) -> list[NearRecord]:
        """Records by number."""
        if not record_nos:
            return []
        rows = self._of.records.rows(self.connection, record_nos=listed(record_nos))
        return [NearRecord(row[0], RecordKey(row[1], row[2]), *row[3:]) for row in rows]

    def compared(self, record_nos: Collection[int]) -> dict[int, bytes]:
        """What is compared of records; see `linking.compared`."""
        if not record_nos:
            return {}
        rows = self._of.compared.rows(self.connection, record_nos=listed(record_nos))
        return {number: bytes(row) for number, row in rows}

    def links(self, record_nos: Collection[int]) -> set[LinkRow]:
        """The links with an end among some records."""
        if not record_nos:
            return set()
        rows = self._of.links.rows(self.connection, record_nos=listed(record_nos))
        return {LinkRow(*row) for row in rows}

    def possible(self, record_nos: Collection[int]) -> set[PossibleRow]:
        """The possible links with an end among some records."""
        if not record_nos:
            return set()
        rows = self._of.possible.rows(self.connection, record_nos=listed(record_nos))
        return {PossibleRow(*row) for row in rows}

    def persons(self, person_nos: Collection[int]) -> list[PersonRow]:
        """Persons by number."""
        if not person_nos:
            return []
        rows = self._of.persons.rows(self.connection, person_nos=listed(person_nos))
        return [PersonRow(*row) for row in rows]

    def confidence(self, person_nos: Collection[int]) -> list[ConfidenceRow]:
        """What is kept about the pairs of some persons."""
        if not person_nos:
            return []
        rows = self._of.confidence.rows(self.connection, person_nos=listed(person_nos))
        return [ConfidenceRow(*row) for row in rows]

    def identifiers(self, record_nos: Collection[int]) -> list[IdentifierRow]:
        """The identifiers of some records."""
        if not record_nos:
            return []
        rows = self._of.identifiers.rows(self.connection, record_nos=listed(record_nos))
        return [IdentifierRow(*row) for row in rows]

    def holding(self, identifiers: Collection[tuple[str, str]]) -> list[int]:
        """The records that hold any of some identifiers, given as (system, value)."""
        if not identifiers:
            return []
        rows = self._of.holding.rows(self.connection, identifiers=listed(identifiers))
        return sorted(number for (number,) in rows)

    def numbers(self, keys: Collection[RecordKey]) -> dict[RecordKey, int]:
        """The numbers of records by key."""
        if not keys:
            return {}
        rows = self._of.numbers.rows(self.connection, keys=listed(keys))
        return {RecordKey(source, source_id): number for number, source, source_id in rows}

    def decisions(self, keys: Collection[RecordKey]) -> list[DecisionRow]:
        """The decisions not undone with an end among some records, by sequence."""
        if not keys:
            return []
        rows = self._of.decisions.rows(self.connection, keys=listed(keys))
        return sorted(map(_decision, rows))

    def decision_at(self, sequence: int) -> DecisionRow | None:
        """The decision that an event took, if it was not undone."""
        found = self._of.decision_at.rows(self.connection, sequence=sequence)
        return _decision(found[0]) if found else None

    def supersession_at(self, sequence: int) -> SupersessionRow | None:
        """The supersession that an event made, if it was not undone."""
        found = self._of.supersession_at.rows(self.connection, sequence=sequence)
        return SupersessionRow(*found[0]) if found else None

    def seal_at(self, sequence: int) -> list[SealSideRow]:
        """The sides of the seal that an event put, if it was not undone."""
        found = self._of.seal_at.rows(self.connection, sequence=sequence)
        return self._sides([number for (number,) in found])

    def seal_sides(
        self, keys: Collection[RecordKey], identifiers: Collection[tuple[str, str]]
    ) -> list[SealSideRow]:
        """Both sides of the seals in force that name any of some records or identifiers."""
        asked = {"keys": listed(keys), "identifiers": listed(identifiers)}
        return self._sides([number for (number,) in self._of.seals.rows(self.connection, **asked)])

    def _sides(self, numbers: Collection[int]) -> list[SealSideRow]:
        if not numbers:
            return []
        rows = self._of.seal_sides.rows(self.connection, seal_nos=listed(numbers))
        return sorted(SealSideRow(*row) for row in rows)

    def supersessions(self, identifiers: Collection[tuple[str, str]]) -> list[SupersessionRow]:
        """The supersessions in force from or to any of some identifiers."""
        if not identifiers:
            return []
        rows = self._of.supersessions.rows(self.connection, identifiers=listed(identifiers))
        return [SupersessionRow(*row) for row in rows]

    def retired(self, keys: Collection[RecordKey]) -> list[RetiredRow]:
        """All last members of the ids not in use whose last members include some record."""
        if not keys:
            return []
        rows = self._of.retired.rows(self.connection, keys=listed(keys))
        return [RetiredRow(row[0], row[1], row[2], RecordKey(row[3], row[4])) for row in rows]

    def release_files(self, release_id: str) -> dict[str, bytes]:
        """The files of a release, by name; none where they are not kept."""
        rows = self._of.release_files.rows(self.connection, release_id=release_id)
        return {name: bytes(content) for name, content in rows}


def _decision(row: tuple[Any, ...]) -> DecisionRow:
    left, right = RecordKey(row[1], row[2]), RecordKey(row[3], row[4])
    return DecisionRow(row[0], left, right, row[5], row[6])


def standing(connection: Connection, prepare: Prepare) -> Standing:
    """Where the index stands in the transaction that a connection is in."""
    (row,) = standing_query(prepare).rows(connection)
    generation, sequence, seed, release_id, secret, *has = row
    flags = (bool(each) for each in has)
    return Standing(generation, sequence, seed, release_id, bytes(secret), *flags)


def keyed(secret: bytes, key: RecordKey) -> bytes:
    """What is kept of the key of an erased record: a hash that only this index can make."""
    text = f"{key.source}\x1f{key.source_id}".encode()
    return blake2b(text, digest_size=KEYED_BYTES, key=secret).digest()
