"""A message about a record as it is kept: in the inbox, and as a tombstone where it is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from mpi.records import RecordKey
from mpi.store.change import Row, Stamp, Writes

DELETED = "deleted"
_BYTES = 16


@dataclass(slots=True)
class Message:
    """That a record was put (with a payload) or deleted, in a version.

    `erased` is the keyed name under which the record was noted as erased, if it is taken in again.
    """

    key: RecordKey
    version: str
    version_key: str
    payload: bytes | None
    client: str
    erased: bytes | None = None

    def put(self, *, revived: bool) -> Callable[[Stamp], Writes]:
        """What is kept of a put; `revived`, there is a tombstone to remove."""

        def writes(stamp: Stamp) -> Writes:
            gone: list[Row] = [self.key._asdict()] if revived else []
            named: list[Row] = [] if self.erased is None else [{"keyed": self.erased}]
            return [
                ("inbox_new", [self._inbox(stamp, "put")]),
                ("tombstone_gone", gone),
                ("erased_gone", named),
            ]

        return writes

    def delete(self, *, known: bool) -> Callable[[Stamp], Writes]:
        """What is kept of a deletion; `known`, there is a tombstone to replace."""

        def writes(stamp: Stamp) -> Writes:
            tombstone = {
                **self.key._asdict(),
                "version_key": self.version_key,
                "kind": DELETED,
                "sequence": stamp.sequence,
            }
            return [
                ("inbox_new", [self._inbox(stamp, "delete")]),
                ("tombstone_gone", [self.key._asdict()] if known else []),
                ("tombstone_new", [tombstone]),
            ]

        return writes

    def _inbox(self, stamp: Stamp, action: str) -> Row:
        payload = self.payload
        return {
            "sequence": stamp.sequence,
            **self.key._asdict(),
            "version": self.version,
            "version_key": self.version_key,
            "action": action,
            "payload": payload,
            "payload_hash": payload and blake2b(payload, digest_size=_BYTES).digest(),
            "client": self.client or None,
        }
