"""A record as it comes into an index: all that is kept of it, made once."""

from __future__ import annotations

from dataclasses import dataclass

from mpi.attributes import Row, standardise
from mpi.identifiers import SYSTEMS, attribute_name
from mpi.index.compiled import Compiled
from mpi.linking.compared import Held, pack_keys
from mpi.linking.intake import payload_of
from mpi.linking.superseding import NONE, Supersessions, apply
from mpi.records import Record

_ATTRIBUTES = tuple((system, attribute_name(system)) for system in SYSTEMS)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record ready to be compared and kept.

    `payload` is the record as delivered; all else is made after identifiers were superseded.
    `identifiers` are (system, value, whether it is verified).
    """

    record: Record
    version_key: str
    payload: bytes
    keys: tuple[int, ...]
    encoded: bytes
    held: Held
    identifiers: frozenset[tuple[str, str, bool]]

    @property
    def packed(self) -> bytes:
        """The blocking keys as they are kept."""
        return pack_keys(self.keys)


def arrive(
    record: Record,
    compiled: Compiled,
    *,
    version_key: str,
    supersessions: Supersessions = NONE,
) -> Arrival:
    """A record as an index keeps it under a release."""
    row = standardise(apply(record, supersessions))
    encoded = compiled.layout.encode(row, restricted=record.restricted)
    return Arrival(
        record,
        version_key,
        payload_of(record),
        tuple(compiled.keys(row)),
        encoded,
        compiled.layout.decode(encoded),
        frozenset(_identifiers(row)),
    )


def identifiers_of(record: Record) -> list[tuple[str, str]]:
    """The identifiers of a record as they are matched on, before any is superseded."""
    return sorted({(system, value) for system, value, _ in _identifiers(standardise(record))})


def _identifiers(row: Row) -> list[tuple[str, str, bool]]:
    verified = row["verified_identifiers"]
    stamped = frozenset(verified) if isinstance(verified, list) else frozenset()
    return [
        (system, value, f"{system}|{value}" in stamped)
        for system, attribute in _ATTRIBUTES
        if isinstance(values := row[attribute], list)
        for value in values
    ]
