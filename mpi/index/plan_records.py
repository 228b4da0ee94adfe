"""The rows of a generation that an event writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mpi.index.arriving import Arrival
from mpi.index.disturbance import Edit
from mpi.index.region import Surroundings
from mpi.index.region_rows import After, Difference
from mpi.linking.compared import unpack_keys
from mpi.store.change import Row, Stamp, Writes

KEYS: Mapping[str, tuple[str, ...]] = {
    "link": ("record_l", "record_r"),
    "possible": ("record_l", "record_r"),
    "confidence": ("person_no", "record_l", "record_r"),
    "person": ("person_no",),
}
"""The primary keys of the tables that are compared as a whole."""
_RECORDS = ("record_no", "record_l", "record_r", "golden_record_no")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is given for the numbers below 0, and for ids that were not minted yet."""

    stamp: Stamp
    ids: Mapping[str, str]

    def record(self, number: int) -> int:
        """The number of a record."""
        return number if number >= 0 else self.stamp.first_record_no - number - 1

    def person(self, number: int) -> int:
        """The number of a person."""
        return number if number >= 0 else self.stamp.first_person_no - number - 1

    def row(self, row: Any) -> dict[str, Any]:
        """A row as it is written."""
        values: dict[str, Any] = row._asdict()
        for name in _RECORDS:
            if name in values:
                values[name] = self.record(values[name])
        if "person_no" in values:
            values["person_no"] = self.person(values["person_no"])
        if "person_id" in values:
            values["person_id"] = self.ids[values["person_id"]] if values["person_id"] else ""
        return values


def generation_writes(after: After, numbers: Numbers) -> Writes:
    """The rows of links, persons and what is kept about them: first those that go."""
    gone = [(f"{each.table}_gone", _primary(each)) for each in after.differences]
    new = [
        (f"{each.table}_new", [numbers.row(row) for row in each.new]) for each in after.differences
    ]
    return [*gone, *new]


def _primary(difference: Difference) -> list[Row]:
    names = KEYS[difference.table]
    return [{name: getattr(row, name) for name in names} for row in difference.gone]


def record_writes(around: Surroundings, after: After, numbers: Numbers) -> Writes:
    """The rows of the records themselves."""
    person_no = dict(after.moved)
    for number, places in zip(after.person_no, after.members, strict=True):
        for place in places:
            person_no[around.numbers[place]] = number
    edits = around.disturbance.edits
    edited = {edit.number for edit in edits}
    moved = [
        {"of": number, "to_person_no": numbers.person(to)}
        for number, to in after.moved.items()
        if number not in edited
    ]
    writes: list[tuple[str, Sequence[Row]]] = [("record_moved", moved)]
    for edit in edits:
        writes += _gone(edit)
    for edit in edits:
        if edit.new is not None:
            of = numbers.record(edit.number)
            writes += _new(edit, edit.new, of, numbers.person(person_no[edit.number]), numbers)
    return writes


def _gone(edit: Edit) -> Writes:
    """What goes of a record that was there: the narrow and the wide parts, and lost keys."""
    if edit.old is None:
        return []
    of = {"record_no": edit.number}
    lost = set(unpack_keys(edit.old.keys)).difference(edit.new.keys if edit.new else ())
    return [
        ("record_gone", [of]),
        ("payload_gone", [of]),
        ("compared_gone", [of]),
        ("blocking_key_gone", [{"key": key, **of} for key in sorted(lost)]),
        ("identifier_gone", [{"system": s, "value": v, **of} for s, v, _ in edit.identifiers_lost]),
    ]


def _new(edit: Edit, new: Arrival, number: int, person_no: int, numbers: Numbers) -> Writes:
    of = {"record_no": number}
    record = {
        **of,
        **edit.key._asdict(),
        "version": new.record.version,
        "version_key": new.version_key,
        "person_no": person_no,
        "changed": numbers.stamp.sequence,
    }
    got = set(new.keys).difference(unpack_keys(edit.old.keys) if edit.old else ())
    held = [
        {"system": s, "value": v, "verified": int(on), "valid_from": None, "valid_to": None, **of}
        for s, v, on in edit.identifiers_got
    ]
    return [
        ("record_new", [record]),
        ("payload_new", [{**of, "payload": new.payload}]),
        ("compared_new", [{**of, "row": new.encoded, "keys": new.packed}]),
        ("blocking_key_new", [{"key": key, **of} for key in sorted(got)]),
        ("identifier_new", held),
    ]
