"""The rules of clerical review: who is asked how often, when a task is done, and what came of it.

Pure functions over tasks and answers; `room` does what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from mpi.store.review_rows import Answer
from mpi.store.reviews import ADJUDICATION, DONE, OPEN


class Stream(StrEnum):
    """What a task is for; streams are never mixed.

    Operational answers become decisions of the index. Evaluation tasks are a probability sample,
    answered by two who know neither of each other nor of the index's opinion; training tasks teach
    a model. A known task has an answer already, and checks the reviewer.
    """

    OPERATIONAL = "operational"
    EVALUATION = "evaluation"
    TRAINING = "training"
    KNOWN = "known"


class Kind(StrEnum):
    """What a task shows: two records, all records of the person of one, or one record of whose
    individual all records are to be found.
    """

    PAIR = "pair"
    PERSON = "person"
    SEARCH = "search"


class Verdict(StrEnum):
    """What a reviewer says of a pair of records, or of whether a person is one individual; of a
    search, that the records named are all (`same`), or that there is no other.
    """

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


NEEDED: Mapping[str, int] = MappingProxyType(
    {Stream.OPERATIONAL: 1, Stream.EVALUATION: 2, Stream.TRAINING: 1}
)
"""How many reviewers answer a task before it is done."""

BLIND = frozenset({Stream.EVALUATION, Stream.TRAINING, Stream.KNOWN})
"""Streams whose tasks show nothing of what the index thinks."""

CHECKED = frozenset({Stream.EVALUATION, Stream.TRAINING})
"""Streams among whose tasks known ones are put."""

ONE_IN = 20
"""One task in so many of a checked stream is a known one."""

STALE_MINUTES = 30
"""After so long without an answer a task is offered to others again."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "identifiers": "Identifiers decide it",
        "name-and-birth-date": "Name and birth date decide it",
        "address": "Address decides it",
        "dates-of-custody": "Custody or sentence dates decide it",
        "twins": "Perhaps twins",
        "family": "Perhaps relatives, or parent and child",
        "alias": "One uses an alias or a former name",
        "typing-error": "A value is mistyped",
        "identifier-copied": "An identifier was copied from somebody else",
        "source-duplicate": "One source registered the person twice",
        "too-little": "Too little is known",
    }
)
"""Codes of reasons that a reviewer may give, with what they say."""


def outcome(
    stream: str, answers: Iterable[Answer], adjudications: Iterable[Answer]
) -> tuple[str, str | None]:
    """The state of a task and its verdict, if it has one.

    What an adjudicator said stands. Otherwise enough reviewers must have answered, and if they
    differ (also in the records that they name), or cannot tell, an adjudicator is wanted. A known
    task never comes to an end.
    """
    said = [each.verdict for each in adjudications if each.stands]
    if said:
        return DONE, said[-1]
    given = [(each.verdict, frozenset(each.records)) for each in answers if each.stands]
    if stream == Stream.KNOWN or len(given) < NEEDED[stream]:
        return OPEN, None
    verdict = given[0][0]
    if len(set(given)) > 1 or verdict == Verdict.UNSURE:
        return ADJUDICATION, None
    return DONE, verdict


def shows_known(answered: int) -> bool:
    """Whether the next task of a reviewer, after so many of a stream, is to be a known one.

    >>> [n for n in range(60) if shows_known(n)]
    [10, 30, 50]
    """
    return answered % ONE_IN == ONE_IN // 2
