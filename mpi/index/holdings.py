"""A person with what their records say: what a Patient of FHIR is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mpi.index.cross_references import Standing, person_of
from mpi.linking.intake import record_of
from mpi.records import Person, Record, RecordKey
from mpi.store.rows import PersonRows
from mpi.store.view import View


@dataclass(frozen=True, slots=True)
class Holding:
    """A person, and the records as the source systems sent them: the golden record comes first."""

    person: Person
    records: tuple[Record, ...]


def holdings(view: View, person_ids: Iterable[str]) -> list[Holding]:
    """The persons of some ids, in their order; ids that are not in use are left out."""
    standing = Standing.of(view.state)
    found = (view.person_of(each.lower()) for each in person_ids)
    return [_holding(view, rows, standing) for rows in found if rows is not None]


def _holding(view: View, rows: PersonRows, standing: Standing) -> Holding:
    stored = view.records(sorted(member.record_no for member in rows.members))
    ordered = sorted(stored, key=lambda each: each.record_no != rows.golden_record_no)
    records = tuple(record_of(each.payload) for each in ordered)
    return Holding(person_of(rows, standing), records)


def holder(view: View, key: RecordKey) -> str | None:
    """The person to whom the index gives a record; None if it holds no such record."""
    found = view.person_with(key)
    return found.person_id if found else None
