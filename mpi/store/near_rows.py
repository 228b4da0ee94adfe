"""What is read around a change: rows as kept, by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mpi.records import RecordKey


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the index stands for a change.

    `has_decisions`, `has_seals` and `has_supersessions`: whether any is in force at all;
    `has_tombstones` and `has_erased`: whether any record is gone, or was erased.
    """

    generation: int
    sequence: int
    seed: int
    release_id: str | None
    secret: bytes
    has_decisions: bool
    has_seals: bool
    has_supersessions: bool
    has_tombstones: bool
    has_erased: bool


class StoredRow(NamedTuple):
    """A record as kept, with all that is replaced when it changes."""

    record_no: int
    key: RecordKey
    person_no: int
    version: str
    version_key: str
    changed: int
    payload: bytes
    row: bytes
    keys: bytes


class NearRecord(NamedTuple):
    """A record near a change; `keys` are its blocking keys, packed."""

    record_no: int
    key: RecordKey
    person_no: int
    changed: int
    keys: bytes


class Candidate(NamedTuple):
    """A record that shares a blocking key, with its person; `restricted` is what the person is."""

    record_no: int
    key: RecordKey
    person_id: str
    changed: int
    restricted: bool


class LinkRow(NamedTuple):
    """A link as kept."""

    record_l: int
    record_r: int
    weight: int
    blocked: int


class PersonRow(NamedTuple):
    """A person as kept."""

    person_no: int
    person_id: str
    golden_record_no: int
    findings: str
    record_count: int
    all_pairs: int


class ConfidenceRow(NamedTuple):
    """The confidence of a pair as kept."""

    person_no: int
    record_l: int
    record_r: int
    direct: int | None
    bottleneck: int
    confidence: int


class PossibleRow(NamedTuple):
    """A possible link as kept."""

    record_l: int
    record_r: int
    weight: int
    why: str


class IdentifierRow(NamedTuple):
    """An identifier of a record as kept."""

    record_no: int
    system: str
    value: str
    verified: int


class DecisionRow(NamedTuple):
    """A decision that is not undone."""

    sequence: int
    left: RecordKey
    right: RecordKey
    verdict: str
    survivor: str | None


class SealSideRow(NamedTuple):
    """Something that a seal names on one of its sides."""

    seal_no: int
    side: int
    kind: str
    first: str
    second: str


class SupersessionRow(NamedTuple):
    """An identifier value that another replaced."""

    system: str
    old: str
    new: str
    sequence: int


class RetiredRow(NamedTuple):
    """One of the last members of a person id that is not in use."""

    person_id: str
    how: str
    retired_sequence: int
    key: RecordKey


class Gone(NamedTuple):
    """A tombstone: since which version a record is gone, and whether `deleted` or `absent`."""

    version_key: str
    kind: str
