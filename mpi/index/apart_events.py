"""The events of one change as they are told to who may not know of seals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from mpi.index.apart import Apart
from mpi.records import RecordKey

MOVED, CREATED, CHANGED = "record-moved", "person-created", "person-changed"
MERGED, SPLIT, RETIRED = "person-merged", "person-split", "person-retired"
RESTORED, RESTATED = "person-restored", "person-restated"
_ORDER = (MOVED, CREATED, CHANGED, RESTORED)

Said = Mapping[str, Any]


def as_told(apart: Apart, sequence: int, rows: Iterable[Said]) -> list[Said]:
    """The rows of a change without what is hidden: as if those records had not been there.

    A record that comes from where it never was comes from nowhere. An id begins with the first
    record that it is told to have had, and ends without successors where none of those is told.
    """
    every = list(rows)
    moved = list(_moves(apart, every))
    touched = {person for each in moved for person in (each["came_from"], each["went_to"])} - {None}
    told = [each for row in every if row["type"] != MOVED for each in _person(apart, sequence, row)]
    told = [each for each in told if each["type"] != CHANGED or _is_changed(apart, each, touched)]
    created = {each["person_id"] for each in told if each["type"] == CREATED}
    begun = {each for each in touched - created if _begins(apart, each, sequence, first=True)}
    begun = {each for each in begun if apart.concerns(each)}
    told = [each for each in told if each["type"] != CHANGED or each["person_id"] not in begun]
    told += [{"type": CREATED, "person_id": each} for each in begun]
    return [*moved, *sorted(told, key=_order)]


def _moves(apart: Apart, rows: Iterable[Said]) -> Iterator[Said]:
    for row in rows:
        if row["type"] != MOVED:
            continue
        key = cast(RecordKey, row["record"])
        ends = {n: None if apart.hides(row[n], key) else row[n] for n in ("came_from", "went_to")}
        if any(ends.values()):
            yield {**row, **ends}


def _person(apart: Apart, sequence: int, row: Said) -> Iterator[Said]:
    """What became of a person id, if it is told."""
    kind, person_id = row["type"], row["person_id"]
    if kind == RESTATED:
        if _was_told(apart, person_id, sequence):
            yield row
        return
    if kind == CHANGED or (kind != CREATED and not _was_told(apart, person_id, sequence)):
        if kind == CHANGED:
            yield row
        return
    if kind in (CREATED, RESTORED):
        if _begins(apart, person_id, sequence, first=kind == CREATED):
            yield row
        return
    successors = apart.successors(person_id, sequence)
    left = tuple(each for each in row["successors"] if each in successors)
    yield {**row, "type": _ending(kind, len(left)), "successors": left}


def _ending(kind: str, successors: int) -> str:
    if not successors:
        return RETIRED
    return MERGED if kind == SPLIT and successors == 1 else kind


def _was_told(apart: Apart, person_id: str, sequence: int) -> bool:
    """Whether an id was told of by an event, that one included."""
    return any(each.since <= sequence for each in apart.stays(person_id))


def _begins(apart: Apart, person_id: str, sequence: int, *, first: bool) -> bool:
    """Whether a record is told to have come to an id at an event, as its first one or again."""
    since = [each.since for each in apart.stays(person_id)]
    return sequence in since and (not first or min(since) == sequence)


def _is_changed(apart: Apart, row: Said, touched: set[Any]) -> bool:
    """Whether an id changed by what is told; one of which nothing is hidden did."""
    return not apart.concerns(row["person_id"]) or row["person_id"] in touched


def _order(row: Said) -> tuple[int, str, str]:
    kind = str(row["type"])
    place = _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
    if kind == RESTATED:
        return len(_ORDER) + 1, kind, str(row["person_id"])
    return place, kind if place == len(_ORDER) else "", str(row["person_id"])
