"""The records that an answer names: which may be, and which must be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mpi.access.sight import Sight
from mpi.errors import RecordNotFound, TaskClosed, UsageError
from mpi.index.review.case import may_review
from mpi.index.review.rules import Kind, Verdict
from mpi.index.review.search import kept_apart
from mpi.index.review.turns import Said
from mpi.records import RecordKey
from mpi.store.review_rows import Task
from mpi.store.rows import PersonRows
from mpi.store.store import Store


def checked(store: Store, task: Task, said: Said, sight: Sight) -> Said:
    """What a reviewer says of a task, if it may be said; of a search without the record drawn.

    Raises UsageError where the records named do not go with the task or the verdict, TaskClosed
    where the person of the task has lost one of them, and RecordNotFound where a search names one
    that the index does not hold, or that the reviewer may not be shown with the record drawn.
    """
    named = frozenset(said.records)
    if task.kind == Kind.PAIR:
        if named:
            raise UsageError("An answer about two records names no others.")
        return said
    if task.kind == Kind.PERSON:
        _check_seen(store, task, named, sight)
        return said
    found = named - {task.left}
    if bool(found) != (said.verdict == Verdict.SAME) and said.verdict != Verdict.UNSURE:
        raise UsageError("Name other records, or say that there is no other.")
    _check_found(store, task, sorted(found), sight)
    return replace(said, records=tuple(sorted(found)))


def _check_seen(store: Store, task: Task, named: frozenset[RecordKey], sight: Sight) -> None:
    if task.left not in named:
        raise UsageError("Name the records of the person that you saw.")
    with store.reading() as view:
        person = view.person_with(task.left)
    members = set() if person is None else {each.key for each in person.members}
    if not named <= {key for key in members if sight.knows(key.source)}:
        raise TaskClosed("The person has changed since you looked; look again.")


def _check_found(store: Store, task: Task, found: Iterable[RecordKey], sight: Sight) -> None:
    persons: dict[str, PersonRows] = {}
    with store.reading() as view:
        own = view.person_with(task.left)
        if own is None:
            raise RecordNotFound("It has left the index.", source=task.left.source)
        for key in found:
            person = view.person_with(key) if sight.knows(key.source) else None
            if person is None or not may_review(person, sight):
                raise RecordNotFound("Look for the records again.", source=key.source)
            persons[person.person_id] = person
    if kept_apart(store, own, persons.values()):
        raise RecordNotFound("Look for the records again.")
