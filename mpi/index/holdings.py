"""A person with what their records say: what a Patient of FHIR is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mpi.access.sight import EVERYTHING, Sight
from mpi.index.cross_references import Standing, person_of, speaker
from mpi.index.look_up import spoken_for
from mpi.linking.intake import record_of
from mpi.records import Person, Record, RecordKey
from mpi.store.rows import PersonRows
from mpi.store.view import View


@dataclass(frozen=True, slots=True)
class Holding:
    """A person, and the records as the source systems sent them: the one that speaks comes first.

    That is the golden record, or to somebody who may not know of all, as `speaker` has it.
    """

    person: Person
    records: tuple[Record, ...]


def holdings(view: View, person_ids: Iterable[str], sight: Sight = EVERYTHING) -> list[Holding]:
    """The persons of some ids, in their order; ids that are not in use are left out.

    Args: sight, of whoever asks (see `person_of`).
    """
    standing = Standing.of(view.state)
    found = (view.person_of(each.lower()) for each in person_ids)
    return [_holding(view, rows, standing, sight) for rows in found if rows is not None]


def _holding(view: View, rows: PersonRows, standing: Standing, sight: Sight) -> Holding:
    speaks = speaker(rows, sight)
    first = speaks.record_no if speaks else rows.golden_record_no
    stored = view.records(sorted(member.record_no for member in rows.members))
    ordered = sorted(stored, key=lambda each: each.record_no != first)
    records = tuple(record_of(each.payload) for each in ordered)
    return Holding(person_of(spoken_for(view, rows, sight), standing, sight), records)


def holder(view: View, key: RecordKey) -> str | None:
    """The person to whom the index gives a record; None if it holds no such record."""
    found = view.person_with(key)
    return found.person_id if found else None
