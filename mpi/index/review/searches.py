"""Searches for all records of an individual: drawing whom to search for, and what came of it.

Each is an evaluation task about one record that was drawn at random. Two reviewers, each alone,
say which records are of its individual, among those that the index holds for the same person and
those that they find, without being told which are which. What they say is of the records and not of
any index, so it judges whatever the index makes of them later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.errors import NothingToSample, UsageError
from mpi.index.review.fill import task_id
from mpi.index.review.rules import Kind, Stream, Verdict
from mpi.index.shown import ShownAsTable
from mpi.records import RecordKey
from mpi.store.exports import NUMBERED
from mpi.store.review_rows import Answer, Task
from mpi.store.reviews import DONE, OPEN, Reviews
from mpi.store.store import Store
from mpi.store.view import View
from mpi.training.design import SampledStratum, share_of_same
from mpi.training.intervals import Interval
from mpi.training.label_columns import KEY
from mpi.training.searches import search_recall, together_of

STRATUM = "searches"


@dataclass(frozen=True, slots=True)
class SearchSample(ShownAsTable):
    """How many records were drawn, of how many."""

    name: str
    drawn: int
    records: int

    def rows(self) -> list[tuple[str, object]]:
        """For a table."""
        return [
            ("Individuals to search for", self.drawn),
            ("Records in the index", self.records),
            ("Put on the review list as", self.name),
        ]

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        return asdict(self)


def draw_searches(store: Store, *, size: int, seed: int) -> SearchSample:
    """Draw records whose individuals reviewers are to search for, and put them on the list.

    The same index, size and seed give the same sample, which is put on the list once. Raises
    NothingToSample for an index without records, UsageError for a size below 1.
    """
    if size < 1:
        raise UsageError("At least one record must be drawn.")
    with store.reading() as view:
        held = pa.Table.from_batches(view.numbered("record"), NUMBERED["record"])
        if not len(held):
            raise NothingToSample("It holds no records.")
        keys = held.select(KEY).sort_by([(column, "ascending") for column in KEY])
        rng = np.random.default_rng(seed)
        drawn = keys.take(rng.choice(len(keys), size=min(size, len(keys)), replace=False))
        name = f"{view.state.sequence:09d}, searches, seed {seed}, size {size}"
        records = [RecordKey(**row) for row in drawn.to_pylist()]
        tasks = list(_tasks(view, records, name, len(keys)))
    with store.reviewing() as reviews:
        reviews.add(tasks)
    return SearchSample(name, len(tasks), len(keys))


def _tasks(view: View, drawn: Sequence[RecordKey], name: str, held: int) -> Iterable[Task]:
    release = view.state.release
    for at, key in enumerate(drawn):
        person = view.person_with(key)
        assert person is not None
        yield Task(
            task_id=task_id(Stream.EVALUATION, Kind.SEARCH, name, at),
            kind=Kind.SEARCH,
            stream=Stream.EVALUATION,
            state=OPEN,
            priority=len(drawn) - at,
            left=key,
            right=None,
            l_version=next(view.records(person.anchors)).version,
            r_version=None,
            why="sample",
            sample=name,
            stratum=STRATUM,
            inclusion_probability=len(drawn) / held,
            release_id=release.release_id if release else None,
            sequence=view.state.sequence,
        )


@dataclass(frozen=True, slots=True)
class SearchEvaluation(ShownAsTable):
    """What the searches of a sample say about an index.

    `recall` is the share of all right pairs of records that are of one person, and `complete` the
    share of records whose person lacks no record of their individual. `lacking` counts records that
    were found elsewhere. `gone` are searches whose record has left the index.
    """

    sample: str
    drawn: int
    done: int
    unsure: int
    gone: int
    lacking: int
    recall: Interval | None
    complete: Interval | None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the figures less than they seem."""
        if self.done < self.drawn:
            waiting = self.drawn - self.done
            return (f"{waiting:,} of {self.drawn:,} individuals have not been searched for yet.",)
        return ()

    def rows(self) -> list[tuple[str, object]]:
        """For a table."""
        found: list[tuple[str, object]] = [
            ("Individuals searched for", self.done),
            ("of whom nobody could tell", self.unsure),
            ("Records found with other persons", self.lacking),
        ]
        if self.recall:
            found.append(("Recall of pairs", _shares(self.recall)))
        if self.complete:
            found.append(("Records whose person lacks none", _shares(self.complete)))
        return found

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return asdict(self)


def _shares(found: Interval) -> str:
    return f"{found.estimate:.4f} ({found.low:.4f} to {found.high:.4f})"


def judge_searches(store: Store, sample: str = "") -> SearchEvaluation:
    """Judge an index by the searches of a sample; without a name the one that was drawn last.

    Raises NothingToSample where none was drawn, or nobody has been searched for yet.
    """
    with store.reviews() as reviews:
        named = sample or next(iter(reviews.samples(Stream.EVALUATION, Kind.SEARCH)), "")
        tasks = reviews.of_sample(Stream.EVALUATION, named) if named else []
        answers = _final(reviews, [task for task in tasks if task.state == DONE])
    if not answers:
        raise NothingToSample("Nobody has been searched for; see mpi sample --searches.")
    done = [task for task in tasks if task.task_id in answers]
    decided = [task for task in done if task.verdict != Verdict.UNSURE]
    with store.reading() as view:
        found = [_pieces(view, task.left, answers[task.task_id].records) for task in decided]
    pieces = [each for each in found if each is not None]
    parts = [together_of(each) for each in pieces]
    together, whole = np.array(parts, dtype=np.float64).reshape(-1, 2).T
    share = tasks[0].inclusion_probability or 0.0
    return SearchEvaluation(
        sample=named,
        drawn=len(tasks),
        done=len(done),
        unsure=len(done) - len(decided),
        gone=len(found) - len(pieces),
        lacking=sum(int(each[1:].sum()) for each in pieces),
        recall=search_recall(together, whole, share),
        complete=_complete([len(each) == 1 for each in pieces], share),
    )


def _complete(whole: Sequence[bool], share: float) -> Interval | None:
    held = len(whole) / share if share else 0.0
    right = sum(whole)
    drawn = SampledStratum(STRATUM, held, len(whole), right, len(whole) - right, 0)
    return share_of_same([drawn])


def _final(reviews: Reviews, tasks: Iterable[Task]) -> Mapping[str, Answer]:
    """What stands of each task: what an adjudicator said, or else what both reviewers did."""
    ids = [task.task_id for task in tasks]
    given = (*reviews.attempts(ids, "answer"), *reviews.attempts(ids, "adjudication"))
    return {each.task_id: each for each in given if each.stands}


def _pieces(view: View, drawn: RecordKey, found: Iterable[RecordKey]) -> NDArray[np.int64] | None:
    """How many records of an individual each person has, that of the record drawn first.

    None where the record drawn has left the index.
    """
    own = view.person_id_of(drawn)
    if own is None:
        return None
    counts = Counter(view.person_id_of(key) for key in {drawn, *found})
    others = [n for person_id, n in counts.items() if person_id not in (own, None)]
    return np.array([counts[own], *others], dtype=np.int64)
