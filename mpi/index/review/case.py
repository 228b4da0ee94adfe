"""What a reviewer is shown of a task: the records as they are now, side by side.

Nothing that the reviewer may not see is in what these functions return. What the index makes of the
records is in it only where the stream is not blind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mpi.access.restricted import without_location
from mpi.access.sight import Sight
from mpi.errors import RecordNotFound, TaskNotFound
from mpi.index.review.fields import Field, fields_of
from mpi.index.review.rules import BLIND, Kind
from mpi.linking.intake import record_of
from mpi.model.frequencies import Frequencies
from mpi.records import RESTRICTED, RESTRICTED_REVIEW, Record, RecordKey
from mpi.sources import load_sources
from mpi.store.review_rows import Task
from mpi.store.rows import PersonRows, StoredRecord
from mpi.store.view import View


@dataclass(frozen=True, slots=True)
class Side:
    """One record: its key, the title of its source, its version, which mostly is its date."""

    key: RecordKey
    title: str
    version: str
    person_id: str | None
    changed: bool


class Dated(NamedTuple):
    """Something that happened on a day, and the numbers of the records that say so."""

    day: str
    what: str
    records: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PairCase:
    """Two records side by side. `together` says whether they are one person now; None if hidden."""

    sides: tuple[Side, Side]
    fields: list[Field]
    timeline: list[Dated]
    together: bool | None


def pair_case(view: View, task: Task, sight: Sight, frequencies: Frequencies) -> PairCase:
    """The case of a pair.

    Raises RecordNotFound where a record is gone, TaskNotFound where it is one that the reviewer
    may not know of.
    """
    assert task.right is not None
    keys = (task.left, task.right)
    if not shows(view, task, sight):
        raise TaskNotFound()
    stored = [stored_record(view, key) for key in keys]
    persons = [view.person_of(each.person_id) for each in stored]
    records = [
        reviewed(record_of(each.payload), person)
        for each, person in zip(stored, persons, strict=True)
    ]
    blind = task.stream in BLIND
    versions = (task.l_version, task.r_version)
    left, right = (
        _side(each, seen, blind=blind) for each, seen in zip(stored, versions, strict=True)
    )
    return PairCase(
        sides=(left, right),
        fields=fields_of(records[0], records[1], sight, frequencies),
        timeline=timeline(records),
        together=None if blind else stored[0].person_id == stored[1].person_id,
    )


def shows(view: View, task: Task, sight: Sight) -> bool:
    """Whether a reviewer may be shown a task: they know of its records and of whose they are.

    A search is for those from whom nothing is kept: others could not say that they found all.
    """
    if task.kind == Kind.SEARCH and not sight.whole:
        return False
    keys = [key for key in (task.left, task.right) if key is not None]
    if not all(sight.knows(key.source) for key in keys):
        return False
    persons = () if sight.whole and sight.sealed else (view.person_with(key) for key in keys)
    return all(person is None or may_review(person, sight) for person in persons)


def may_review(person: PersonRows, sight: Sight) -> bool:
    """Whether a reviewer may be shown a person: who is restricted only if nothing is kept from
    the reviewer, and who matches both sides of a seal only if they may know of seals.
    """
    if RESTRICTED_REVIEW in person.findings and not sight.sealed:
        return False
    return sight.whole or RESTRICTED not in person.findings


def reviewed(record: Record, person: PersonRows | None) -> Record:
    """A record as it is shown to a reviewer: that of somebody restricted without location."""
    restricted = person is not None and RESTRICTED in person.findings
    return without_location(record) if restricted else record


def stored_record(view: View, key: RecordKey) -> StoredRecord:
    """A record by its key. Raises RecordNotFound."""
    person = view.person_with(key)
    if person is None:
        raise RecordNotFound("It has left the index.", source=key.source)
    return next(view.records(person.anchors))


def _side(stored: StoredRecord, seen: str | None, *, blind: bool) -> Side:
    return Side(
        key=stored.key,
        title=titles().get(stored.key.source, stored.key.source),
        version=stored.version,
        person_id=None if blind else stored.person_id,
        changed=bool(seen) and seen != stored.version,
    )


def titles() -> Mapping[str, str]:
    """The titles of the source systems that are shipped, by name."""
    return {name: source.title for name, source in load_sources().items()}


def timeline(records: Iterable[Record]) -> list[Dated]:
    """What the records date, in order of time; of one day and kind, all records that say it."""
    said: dict[tuple[str, str], list[int]] = {}
    for number, record in enumerate(records):
        dates = (
            ("born", record.birth_dates),
            ("received into custody", record.custody_dates),
            ("sentenced", record.sentence_dates),
        )
        for what, days in dates:
            for day in dict.fromkeys(days):
                said.setdefault((day, what), []).append(number)
    return [Dated(day, what, tuple(numbers)) for (day, what), numbers in sorted(said.items())]
