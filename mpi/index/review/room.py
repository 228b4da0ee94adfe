"""Clerical review: what is to be looked at, what reviewers say of it, and what comes of that.

Operational answers become the index's decisions, with reviewer, reasons and time, and can be
undone. Answers of the other streams become labels and change nothing. See `rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import MPIError, NothingToUndo
from mpi.index.review.case import PairCase, pair_case, shows
from mpi.index.review.decisions import Undone, decide_all, decides, decisions_of, undo_all
from mpi.index.review.named import checked
from mpi.index.review.person import PersonCase, person_case
from mpi.index.review.rules import Stream
from mpi.index.review.taking_back import take_back
from mpi.index.review.turns import (
    Looked,
    Said,
    answered,
    begin,
    held_task,
    let_go,
    look,
    moment,
    next_task,
    open_to,
    settle,
    stand,
    wanted_now,
    with_known,
)
from mpi.model.frequencies import Frequencies
from mpi.model.parameters import release_of
from mpi.records import RecordKey
from mpi.store.review_parts import Round
from mpi.store.review_rows import Answer, Task

if TYPE_CHECKING:
    from mpi.index.index import Index
    from mpi.index.review.fill import Filled
    from mpi.index.review.quality import Quality
    from mpi.index.review.search_case import SearchCase
    from mpi.index.review.searches import SearchEvaluation, SearchSample
    from mpi.store.store import Store
    from mpi.store.view import View
    from mpi.training.streams import Stream as LabelStream


class ReviewRoom:
    """Clerical review of an index; see `Index.review_room`."""

    def __init__(self, index: Index, store: Store) -> None:
        """Args: index, whose decisions operational answers become; store, its own."""
        self._index = index
        self._store = store
        self._frequencies: tuple[str, Frequencies] | None = None

    @property
    def store(self) -> Store:
        """Where the index lies."""
        return self._store

    def session_secret(self) -> bytes:
        """What signs the sessions of the pages: the same in every process over this index."""
        with self._store.reviews() as reviews:
            return blake2b(b"review sessions", key=reviews.secret, digest_size=32).digest()

    def fill(self, known: Path | None = None) -> Filled:
        """Bring the list up to the index; `known` is a file of labels that check reviewers.

        Raises InvalidLabels.
        """
        from mpi.index.review.fill import fill, known_from

        return fill(self._store, known_from(known, self._store) if known else ())

    def counts(self, sources: frozenset[str] | None = None) -> dict[tuple[str, str], int]:
        """How many tasks there are, by stream and state; of all sources or of some."""
        with self._store.reviews() as reviews:
            return reviews.counts(sources)

    def urgent(self, *, limit: int = 25) -> list[Task]:
        """The operational tasks that are most urgent."""
        with self._store.reviews() as reviews:
            return reviews.listed(Stream.OPERATIONAL, "open", limit=limit)

    def lately(self, reviewer: str, *, limit: int = 10) -> list[tuple[Task, Answer]]:
        """What a reviewer answered last, latest first, with its task."""
        with self._store.reviews() as reviews:
            rounds: tuple[Round, Round] = ("answer", "adjudication")
            found = [a for each in rounds for a in reviews.last_of(reviewer, each, limit=limit)]
            tasks = reviews.tasks([each.task_id for each in found])
        ordered = sorted(found, key=lambda each: str(each.at), reverse=True)[:limit]
        return [(tasks[each.task_id], each) for each in ordered]

    def waiting(self, reviewer: str, *, sight: Sight = EVERYTHING) -> bool:
        """Whether a task waits for this reviewer to adjudicate it."""
        wanted = wanted_now(list(Stream), "adjudication", moment(None), None, sight)
        with self._store.reviews() as reviews:
            return reviews.next_for(reviewer, wanted) is not None

    def answers(self, task_id: str) -> list[Answer]:
        """What reviewers said of a task, those undone apart; for whoever adjudicates or is done."""
        with self._store.reviews() as reviews:
            return stand(reviews, task_id, "answer")

    def labels(self, to: Path, *, stream: LabelStream, sample: str = "") -> int:
        """Write labels to a file; see `labels.export_labels`."""
        from mpi.index.review.labels import export_labels

        return export_labels(self._store, to, stream=stream, sample=sample)

    def quality(self) -> Quality:
        """See `quality.quality`."""
        from mpi.index.review.quality import quality

        return quality(self._store)

    def pair(self, task: Task, sight: Sight = EVERYTHING) -> PairCase:
        """The two records of a task; see `case.pair_case`."""
        with self._store.reading() as view:
            return pair_case(view, task, sight, self._common(view))

    def shows(self, task: Task, sight: Sight) -> bool:
        """Whether a reviewer may be shown a task; see `case.shows`."""
        with self._store.reading() as view:
            return shows(view, task, sight)

    def person(self, person_id: str, sight: Sight = EVERYTHING) -> PersonCase:
        """A whole person; see `person.person_case`."""
        with self._store.reading() as view:
            return person_case(view, person_id, sight)

    def search(
        self, task: Task, sight: Sight = EVERYTHING, more: Collection[RecordKey] = ()
    ) -> SearchCase:
        """A search for an individual; see `search_case.search_case`."""
        from mpi.index.review.search_case import search_case

        return search_case(self._index, self._store, task, sight, more)

    def draw_searches(self, *, size: int = 100, seed: int = 1) -> SearchSample:
        """See `searches.draw_searches`."""
        from mpi.index.review.searches import draw_searches

        return draw_searches(self._store, size=size, seed=seed)

    def judge_searches(self, sample: str = "") -> SearchEvaluation:
        """See `searches.judge_searches`."""
        from mpi.index.review.searches import judge_searches

        return judge_searches(self._store, sample)

    def person_of(self, key: RecordKey) -> str | None:
        """The id of the person that a record belongs to now."""
        with self._store.reading() as view:
            return view.person_id_of(key)

    def _common(self, view: View) -> Frequencies:
        """How common values are in the release of the index; read once per release."""
        release_id = view.state.release.release_id if view.state.release else ""
        if self._frequencies is None or self._frequencies[0] != release_id:
            self._frequencies = release_id, release_of(view.release_files()).frequencies
        return self._frequencies[1]

    def look(self, task_id: str, reviewer: str) -> Looked:
        """A task for a reviewer. Raises TaskNotFound."""
        with self._store.reviews() as reviews:
            return look(reviews, task_id, reviewer)

    def next(
        self,
        reviewer: str,
        streams: Collection[Stream],
        *,
        at: datetime | None = None,
        after: str | None = None,
        round_: Round = "answer",
        sight: Sight = EVERYTHING,
    ) -> Task | None:
        """Give a reviewer their next task; None if there is none for them.

        Args: sight, what of the index they may see.

        First the one that they have begun and not answered, unless they ask for one `after` a
        task, which they then let go of. One task in twenty of a sample is a known one.
        """
        now = moment(at)
        with self._store.reviewing() as reviews:
            last = reviews.task(after) if after else None
            if last is not None:
                let_go(reviews, last, reviewer, now)
            else:
                begun = reviews.underway(reviewer, [*streams, *with_known(streams)], round_)
                if begun is not None:
                    return begun
            found = next_task(reviews, reviewer, wanted_now(streams, round_, now, last, sight))
            if found is not None:
                begin(reviews, found, reviewer, now)
            return found

    def answer(
        self,
        task_id: str,
        reviewer: str,
        said: Said,
        *,
        at: datetime | None = None,
        sight: Sight = EVERYTHING,
    ) -> Answer:
        """Keep what a reviewer says, and make a decision of it where the stream is operational.

        Raises TaskNotFound, TaskClosed where somebody else came first, the reviewer has answered it
        or the person is not what they saw, what `named.checked` raises and what deciding raises;
        then nothing is kept.
        """
        now = moment(at)
        said = checked(self._store, self.look(task_id, reviewer).task, said, sight)
        with self._store.reviewing() as reviews:
            looked = open_to(reviews, task_id, reviewer)
            begun = begin(reviews, looked.task, reviewer, now)
            answer = answered(begun, said, now)
            reviews.keep(looked.round, answer)
            task = settle(reviews, looked.task)
        if not decides(task):
            return answer
        return self._decided(task, looked.round, answer)

    def undo(self, task_id: str, reviewer: str, *, at: datetime | None = None) -> Task:
        """Take back what a reviewer said of a task, which is theirs to answer again.

        Raises TaskNotFound, TaskClosed where they have said nothing, or somebody has adjudicated,
        and what undoing its decisions raises; then the answer stands, with its decisions.
        """
        return take_back(self._index, self._store, task_id, reviewer, moment(at))

    def compare(self, left: RecordKey, right: RecordKey) -> Task:
        """Put two records that a reviewer found on the operational list.

        Raises RecordNotFound, also where a seal keeps the two apart, and UsageError.
        """
        from mpi.index.review.search import compared

        task = compared(self._store, left, right)
        with self._store.reviewing() as reviews:
            reviews.add([task])
            return held_task(reviews, task.task_id)

    def split(
        self, groups: Iterable[Collection[RecordKey]], reviewer: str, reason: str
    ) -> tuple[int, ...]:
        """Decide that some groups of records are each one individual, and not each other's.

        Returns the sequences of the decisions, for `unsplit`. The records of a group are chained,
        and each two groups are held apart at their first records. Raises what deciding raises; then
        nothing is decided.
        """
        from mpi.index.review.split import decisions

        return decide_all(self._index, decisions(groups, reviewer, reason))

    def unsplit(self, sequences: Collection[int], reviewer: str) -> Undone:
        """Undo a split of one's own, or nothing of it: then `left` is what it is undone by later.

        Raises NothingToUndo where they made no such decision.
        """
        with self._store.reviews() as reviews:
            if not reviews.are_of(reviewer, sequences):
                raise NothingToUndo("You made no such split, or it is undone already.")
        return undo_all(self._index, self._store, sequences, reviewer)

    def _decided(self, task: Task, round_: Round, answer: Answer) -> Answer:
        """Decide, and note which decisions it became; put everything back if that is refused."""
        key = f"{task.task_id}/{round_}/{answer.reviewer}/{answer.attempt}/{answer.at}"
        try:
            with self._store.reading() as view:
                wanted = decisions_of(view, task, answer)
            made = decide_all(self._index, wanted, key)
        except MPIError:
            with self._store.reviewing() as reviews:
                reviews.keep(round_, answer._replace(at=None, verdict=None, records=()))
                settle(reviews, held_task(reviews, task.task_id))
            raise
        kept = answer._replace(decisions=made)
        with self._store.reviewing() as reviews:
            reviews.keep(round_, kept)
        return kept
