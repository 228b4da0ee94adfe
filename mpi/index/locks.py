"""What a change holds while others may run: every way in which one could touch its records.

Who changes a record's connections puts or deletes it (and holds its key), adds a record that shares
a blocking key with it (and holds that), or decides on it (and holds its key). So whoever holds the
keys and blocking keys of all records of a region has the region alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from mpi.index.region import Surroundings
from mpi.linking.compared import unpack_keys
from mpi.records import RecordKey

_BYTES = 8


def record_name(key: RecordKey) -> int:
    """The name of a record."""
    return _name("record", *key)


def request_name(client: str, key: str) -> int:
    """The name of an idempotency key of a client."""
    return _name("request", client, key)


def names_of(around: Surroundings) -> frozenset[int]:
    """The names of all records of a region, before and after. A blocking key is its own name."""
    keys = {*around.keys, *(record.key for record in around.records.values())}
    names = {record_name(key) for key in keys}
    for record in around.records.values():
        names.update(unpack_keys(record.keys))
    for edit in around.disturbance.edits:
        if edit.new is not None:
            names.update(edit.new.keys)
    return frozenset(names)


def _name(*parts: str) -> int:
    digest = blake2b("\x1f".join(parts).encode(), digest_size=_BYTES).digest()
    return int.from_bytes(digest, "big", signed=True)


def known_names(keys: Iterable[RecordKey]) -> frozenset[int]:
    """The names of records by key."""
    return frozenset(map(record_name, keys))
