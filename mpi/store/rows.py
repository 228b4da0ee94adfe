"""What the store hands back: rows as kept, without judgement on what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mpi.records import RecordKey


@dataclass(frozen=True, slots=True)
class Release:
    """The match model that produced an index, kept with it so that a look-up can state it.

    `release_id` is the hash of the release; `document` is JSON-like: thresholds, calibration.
    `files` are those of its folder, by name, for whoever writes; `View.release_files` reads them.
    """

    release_id: str
    name: str
    document: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """Where the index stands.

    `generation` is the one that readers use, `sequence` the number of the last event of the log (0
    for an index never linked), `seed` what person ids are derived from together with the sequence.
    `counts` gives the rows of each table of that generation, under the table's plain name, as the
    last link left them; `records` and `persons` are how many there are now. `last_at` is the time
    of the last event.
    """

    generation: int
    sequence: int
    seed: int
    release: Release | None = None
    provisional: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    records: int = 0
    persons: int = 0
    last_at: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log; `at` is ISO 8601 text, given by the cause: the store has no clock."""

    kind: str
    at: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class LoggedEvent(NamedTuple):
    """An event with its place in the log."""

    sequence: int
    event: Event


class Holder(NamedTuple):
    """A record that holds the identifier asked for."""

    record_no: int
    person_no: int
    verified: bool


class Member(NamedTuple):
    """A record of a person."""

    record_no: int
    key: RecordKey


class HeldIdentifier(NamedTuple):
    """An identifier as one record of a person holds it."""

    record_no: int
    system: str
    value: str
    verified: bool


class PairConfidence(NamedTuple):
    """What is known about two records of one person, `record_l < record_r`.

    `direct` (None when the pair was never scored) and `bottleneck` are milli-bits, `confidence` is
    in parts per million.
    """

    record_l: int
    record_r: int
    direct: int | None
    bottleneck: int
    confidence: int


@dataclass(frozen=True, slots=True)
class PersonRows:
    """Everything kept about one person that a cross-reference needs.

    `anchors` are the records that the answer is for: those holding the identifier asked with, or
    the record asked with, or the golden record. With `all_pairs`, `pairs` holds every pair that
    touches an anchor (and perhaps others); without it, `pairs` is the whole maximum spanning tree
    of the person, and the reader walks the path between two records.
    """

    person_no: int
    person_id: str
    golden_record_no: int
    findings: tuple[str, ...]
    all_pairs: bool
    anchors: tuple[int, ...]
    members: tuple[Member, ...]
    identifiers: tuple[HeldIdentifier, ...]
    pairs: tuple[PairConfidence, ...]


class StoredRecord(NamedTuple):
    """A record as kept: `payload` is the bytes that the snapshot brought."""

    record_no: int
    key: RecordKey
    version: str
    person_id: str
    payload: bytes


class StoredLink(NamedTuple):
    """A scored pair of records, `record_l < record_r`; `weight` in milli-bits."""

    record_l: int
    record_r: int
    weight: int
    blocked: bool


class Residence(NamedTuple):
    """From which event until which (None: it still does) a record belonged to a person."""

    person_id: str
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class RetiredPerson:
    """A person id no longer in use, resolved through its last members.

    `how` is `merged`, `split` or `deleted`, and `successors` the persons who took the members over,
    both as of the retirement. `current` maps the ids of the persons who hold those records now to
    the number of records each holds: one is a redirect, several a choice, none is gone.
    """

    person_id: str
    first_sequence: int
    retired_sequence: int
    how: str
    successors: tuple[str, ...]
    members: tuple[RecordKey, ...]
    current: Mapping[str, int]
