"""What a client that feeds is told of what became of its record: no more than it could look up.

Whose record it is says that somebody was known before, and who. So a client learns it only where
looking the record's own identifiers up would tell it the same; another learns that its record is
stored, and nothing else. Both doors answer from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mpi.access.mentioned import Mentioned
from mpi.access.operations import Operation
from mpi.access.question import Question
from mpi.errors import IdentifierNotFound, InvalidIdentifier, UnknownIdentifierSystem
from mpi.index.changes import Cause, IngestResult
from mpi.index.index import Index
from mpi.records import Identifier, RecordKey


def cause_of(question: Question, source: str, cause: Cause) -> Cause:
    """A cause that says whether the caller may lift that a record of a source is restricted."""
    return replace(cause, may_unrestrict=not question.keeps_restriction(source))


def known_person(
    question: Question, index: Index, person_id: str | None, identifiers: Iterable[Identifier]
) -> str | None:
    """The person of a record if the caller would be told them for one of its identifiers.

    Args: identifiers, of the record, as it was sent.
    """
    if person_id is None or (question.sight.complete and question.may(Operation.LOOK_UP)):
        return person_id
    if not question.may(Operation.LOOK_UP):
        return None
    told = (_told(question, index, each) for each in identifiers)
    return person_id if any(person_id in persons for persons in told) else None


def _told(question: Question, index: Index, asked: Identifier) -> set[str]:
    """The persons whom the caller is told of when it looks an identifier up."""
    if not (question.may_ask_with(asked.system) and question.may_see(asked.system)):
        return set()
    try:
        found = index.cross_references(asked.system, asked.value, question.sight)
    except (IdentifierNotFound, InvalidIdentifier, UnknownIdentifierSystem):
        return set()
    told = question.disclose(found.persons, found.asked, said=found.said)
    return {each.person_id for each in told.persons}


def as_told(question: Question, found: IngestResult, person_id: str | None) -> IngestResult:
    """What became of a message, as far as the caller may know.

    Who else was touched, and how much happens in the index, is for those from whom nothing is kept.
    """
    if question.sight.complete and question.may(Operation.LOOK_UP):
        return found
    return replace(found, person_id=person_id, sequence=None, persons=())


def write_down(
    question: Question, key: RecordKey, outcome: str, *, persons: tuple[str | None, str | None]
) -> None:
    """Write a change down. Args: persons, that of the record, and the one told."""
    actual, told = persons
    mentioned = [Mentioned(told, (key,))] if told else []
    question.wrote(
        *key, outcome, persons=mentioned, withheld={actual: ()} if actual and not told else {}
    )
