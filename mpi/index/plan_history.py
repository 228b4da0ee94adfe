"""The rows of history that an event writes: who was of whom, which ids came and went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mpi.index.disturbance import Edit
from mpi.index.plan_records import Numbers
from mpi.index.region import Surroundings
from mpi.index.region_ids import Gone, Persons
from mpi.linking.persons import Origin
from mpi.records import RecordKey
from mpi.store.change import Row, Writes, as_json


@dataclass(frozen=True, slots=True)
class Belonging:
    """The person id of every record of a region, before and now."""

    before: Mapping[RecordKey, str]
    now: Mapping[RecordKey, str]


def history_writes(
    around: Surroundings, persons: Persons, belonging: Belonging, numbers: Numbers
) -> Writes:
    """All rows of history, those that end first."""
    ids = {
        origin: [numbers.ids[each] for each in _of_origin(persons, origin)]
        for origin in (Origin.MINTED, Origin.REVIVED)
    }
    sequence = numbers.stamp.sequence
    return [
        *_memberships(belonging, sequence),
        ("person_minted", [_first(each, sequence) for each in ids[Origin.MINTED]]),
        *_restored(ids[Origin.REVIVED], sequence),
        *_retired(persons.gone, numbers),
        *_identifiers(around.disturbance.edits, sequence),
    ]


def _of_origin(persons: Persons, origin: Origin) -> list[str]:
    return [i for i, o in zip(persons.ids, persons.origin, strict=True) if o is origin]


def _first(person_id: str, sequence: int) -> Row:
    return {"person_id": person_id, "first_sequence": sequence}


def _memberships(belonging: Belonging, sequence: int) -> Writes:
    before, now = belonging.before, belonging.now
    moved = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    closed = [{**key._asdict(), "ended": sequence} for key in moved if key in before]
    begun = [
        {
            **key._asdict(),
            "from_sequence": sequence,
            "person_id": now[key],
            "to_sequence": None,
        }
        for key in moved
        if key in now
    ]
    return [("membership_closed", closed), ("membership_new", begun)]


def _restored(ids: Iterable[str], sequence: int) -> Writes:
    every = sorted(ids)
    again = {"retired_sequence": None, "how": None, "successors": None}
    change = {"sequence": sequence, "what": "restored", "how": None, "successors": None}
    return [
        ("person_restored", [{"of": each, **again} for each in every]),
        ("retired_member_gone", [{"person_id": each} for each in every]),
        ("person_change_new", [{"person_id": each, **change} for each in every]),
    ]


def _retired(gone: Iterable[Gone], numbers: Numbers) -> Writes:
    sequence = numbers.stamp.sequence
    retired: list[Row] = []
    changes: list[Row] = []
    members: list[Row] = []
    for each in sorted(gone, key=lambda one: one.person.person_id):
        person_id = each.person.person_id
        to = as_json(sorted(numbers.ids[one] for one in each.successors))
        said = {"how": each.how, "successors": to}
        retired.append({"of": person_id, "retired_sequence": sequence, **said})
        changes.append({"sequence": sequence, "person_id": person_id, "what": "retired", **said})
        members += [{"person_id": person_id, **key._asdict()} for key in each.members]
    return [
        ("person_retired", retired),
        ("person_change_new", changes),
        ("retired_member_new", members),
    ]


def _identifiers(edits: Iterable[Edit], sequence: int) -> Writes:
    closed: list[Row] = []
    begun: list[Row] = []
    for edit in edits:
        of = edit.key._asdict()
        closed += [
            {**of, "system": s, "value": v, "ended": sequence} for s, v, _ in edit.identifiers_lost
        ]
        begun += [
            {
                **of,
                "system": system,
                "value": value,
                "from_sequence": sequence,
                "verified": int(verified),
                "to_sequence": None,
            }
            for system, value, verified in edit.identifiers_got
        ]
    return [("identifier_history_closed", closed), ("identifier_history_new", begun)]
