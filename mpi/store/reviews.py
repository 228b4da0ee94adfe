"""Verbs of clerical review, in the transaction of their caller: tasks, and attempts at them.

Whoever writes to a task takes it with `task(..., hold=True)` first. On PostgreSQL that locks its
row; on SQLite the transaction that changes something is alone anyway. So two reviewers who answer
at one moment come one after the other, and the second sees what the first said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from mpi.store.review_parts import Round, keep_parts, with_parts
from mpi.store.review_rows import (
    Answer,
    Task,
    answer_of,
    columns_of,
    columns_of_task,
    task_of,
)
from mpi.store.review_schema import adjudication, review_answer, review_task
from mpi.store.review_work import of_restricted
from mpi.store.schema import decision, index_state

OPEN, ADJUDICATION, DONE, WITHDRAWN = "open", "adjudication", "done", "withdrawn"
BATCH = 500

_T = review_task.c
_ROUND: Mapping[Round, tuple[Table, str]] = {
    "answer": (review_answer, OPEN),
    "adjudication": (adjudication, ADJUDICATION),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks a reviewer may be given.

    `needed` has the streams, with the answers that a task of each takes. An attempt that was begun
    before `stale` and not answered no longer keeps others away. `after` is the task before it, and
    `sources` those whose records the reviewer may see, None for all; `restricted`, whether also
    those of persons who are, and searches: nothing may be kept from whoever is to find all.
    """

    needed: Mapping[str, int]
    round: Round
    stale: str
    after: Task | None = None
    sources: frozenset[str] | None = None
    restricted: bool = True


class Reviews:
    """Clerical review as one transaction sees it; see `Store.reviews` and `Store.reviewing`."""

    def __init__(self, connection: Connection) -> None:
        """Args: connection, in a transaction."""
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """The connection, in its transaction."""
        return self._connection

    @property
    def now(self) -> tuple[int, str | None]:
        """The last event that the index reflects, and the release that made it."""
        row = self._connection.execute(select(index_state.c.sequence, index_state.c.release_id))
        sequence, release_id = row.one()
        return sequence, release_id

    @property
    def secret(self) -> bytes:
        """A secret of this index, of which others may be made."""
        return bytes(self._connection.scalar(select(index_state.c.secret)) or b"")

    def task(self, task_id: str, *, hold: bool = False) -> Task | None:
        """A task, and with `hold` the right to change it until the transaction ends."""
        asked = select(review_task).where(_T.task_id == task_id)
        row = self._connection.execute(asked.with_for_update() if hold else asked).one_or_none()
        return None if row is None else task_of(row)

    def tasks(self, task_ids: Collection[str]) -> dict[str, Task]:
        """Some tasks by their ids."""
        asked = select(review_task).where(_T.task_id.in_(task_ids))
        return {row.task_id: task_of(row) for row in self._connection.execute(asked)}

    def listed(self, stream: str, state: str, *, limit: int) -> list[Task]:
        """Tasks of a stream in a state, the most urgent first."""
        asked = select(review_task).where(_T.stream == stream, _T.state == state)
        ordered = asked.order_by(_T.priority.desc(), _T.task_id).limit(limit)
        return [task_of(row) for row in self._connection.execute(ordered)]

    def of_sample(self, stream: str, sample: str | None = None) -> list[Task]:
        """The tasks of a sample, or of all samples of a stream, in the order they are shown in."""
        asked = select(review_task).where(_T.stream == stream)
        if sample is not None:
            asked = asked.where(_T.sample == sample)
        ordered = asked.order_by(_T.sample, _T.priority.desc(), _T.task_id)
        return [task_of(row) for row in self._connection.execute(ordered)]

    def answered(self) -> list[Task]:
        """The tasks that somebody has answered, in the order of `of_sample`."""
        given = select(review_answer.c.task_id).where(review_answer.c.at.is_not(None))
        asked = select(review_task).where(_T.task_id.in_(given))
        ordered = asked.order_by(_T.sample, _T.priority.desc(), _T.task_id)
        return [task_of(row) for row in self._connection.execute(ordered).all()]

    def samples(self, stream: str, kind: str = "pair") -> list[str]:
        """The samples of tasks of a kind in a stream, the one drawn last first."""
        drawn = (_T.stream == stream, _T.kind == kind, _T.sample.is_not(None))
        asked = select(_T.sample).where(*drawn)
        last = asked.group_by(_T.sample).order_by(func.max(_T.sequence).desc(), _T.sample.desc())
        return list(self._connection.scalars(last))

    def counts(self, sources: frozenset[str] | None = None) -> dict[tuple[str, str], int]:
        """How many tasks there are of each stream in each state; of records of some sources."""
        asked = select(_T.stream, _T.state, func.count()).group_by(_T.stream, _T.state)
        if sources is not None:
            asked = asked.where(_of_sources(sources))
        return {(stream, state): n for stream, state, n in self._connection.execute(asked)}

    def attempts(self, task_ids: Collection[str], round_: Round) -> list[Answer]:
        """Every attempt at some tasks, in the order of task, reviewer and attempt."""
        table = _ROUND[round_][0]
        found: list[Answer] = []
        for some in _batches(sorted(task_ids)):
            asked = select(table).where(table.c.task_id.in_(some)).order_by(*table.primary_key)
            found += [answer_of(row) for row in self._connection.execute(asked)]
        return with_parts(self._connection, round_, found)

    def last_of(self, reviewer: str, round_: Round, *, limit: int) -> list[Answer]:
        """What a reviewer answered last and did not undo, latest first."""
        table = _ROUND[round_][0]
        asked = select(table).where(
            table.c.reviewer == reviewer, table.c.at.is_not(None), table.c.undone.is_(None)
        )
        ordered = asked.order_by(table.c.at.desc(), table.c.task_id).limit(limit)
        found = [answer_of(row) for row in self._connection.execute(ordered)]
        return with_parts(self._connection, round_, found)

    def answered_by(self, reviewer: str, stream: str) -> int:
        """How many tasks of a stream a reviewer has answered."""
        table = review_answer
        asked = (
            select(func.count())
            .select_from(table.join(review_task, _T.task_id == table.c.task_id))
            .where(table.c.reviewer == reviewer, table.c.at.is_not(None), _T.stream == stream)
        )
        return int(self._connection.scalar(asked) or 0)

    def underway(self, reviewer: str, streams: Collection[str], round_: Round) -> Task | None:
        """The task that a reviewer has begun and not answered, the one begun last."""
        table, state = _ROUND[round_]
        mine = select(review_task).join(table, table.c.task_id == _T.task_id)
        unanswered = (table.c.reviewer == reviewer, table.c.at.is_(None), table.c.undone.is_(None))
        asked = mine.where(*unanswered, _T.state == state, _T.stream.in_(streams))
        row = self._connection.execute(asked.order_by(table.c.begun.desc()).limit(1)).first()
        return None if row is None else task_of(row)

    def next_for(self, reviewer: str, wanted: Wanted) -> Task | None:
        """The most urgent task that a reviewer may take now, `hold` as of `task`."""
        asked = _free(reviewer, wanted)
        if wanted.after is not None:
            last = wanted.after
            later = and_(_T.priority == last.priority, _T.task_id > last.task_id)
            asked = asked.where(or_(_T.priority < last.priority, later))
        if wanted.sources is not None:
            asked = asked.where(_of_sources(wanted.sources))
        if not wanted.restricted:
            asked = asked.where(~of_restricted(self._connection), _T.kind != "search")
        ordered = asked.order_by(_T.priority.desc(), _T.task_id).limit(1)
        row = self._connection.execute(ordered).first()
        return None if row is None else task_of(row)

    def add(self, tasks: Iterable[Task]) -> int:
        """Put tasks on the list, those apart that are on it; returns how many were new."""
        added = 0
        for some in _batches(list(tasks)):
            known = self.tasks([task.task_id for task in some])
            rows = [columns_of_task(task) for task in some if task.task_id not in known]
            if rows:
                self._connection.execute(insert(review_task), rows)
            again = [each.task_id for each in known.values() if each.state == WITHDRAWN]
            self._set_state(again, OPEN)
            added += len(rows) + len(again)
        return added

    def withdraw(self, stream: str, still: Collection[str]) -> int:
        """Take the open tasks of a stream off the list but for some; returns how many."""
        begun = exists().where(review_answer.c.task_id == _T.task_id)
        asked = select(_T.task_id).where(_T.stream == stream, _T.state == OPEN, ~begun)
        gone = [each for each in self._connection.scalars(asked) if each not in still]
        self._set_state(gone, WITHDRAWN)
        return len(gone)

    def _set_state(self, task_ids: Sequence[str], state: str) -> None:
        for some in _batches(task_ids):
            known = update(review_task).where(_T.task_id.in_(some))
            self._connection.execute(known.values(state=state))

    def begin(self, round_: Round, begun: Answer) -> None:
        """Note that a reviewer has a task before them."""
        self._connection.execute(insert(_ROUND[round_][0]).values(columns_of(begun)))

    def keep(self, round_: Round, answer: Answer) -> None:
        """Keep what became of an attempt: its answer, the decision it became, that it is undone."""
        table = _ROUND[round_][0]
        values = columns_of(answer)
        same = [column == values[column.name] for column in table.primary_key]
        self._connection.execute(update(table).where(*same).values(values))
        keep_parts(self._connection, round_, answer)

    def settle(self, task_id: str, state: str, verdict: str | None) -> None:
        """Keep what became of a task."""
        known = update(review_task).where(_T.task_id == task_id)
        self._connection.execute(known.values(state=state, verdict=verdict))

    def are_of(self, reviewer: str, sequences: Collection[int]) -> bool:
        """Whether some decisions, at least one, are of a reviewer and in force."""
        c = decision.c
        mine = select(c.sequence).where(c.by == reviewer, c.undone.is_(None))
        found = set(self._connection.scalars(mine.where(c.sequence.in_(sequences))))
        return bool(found) and found == set(sequences)


def _of_sources(sources: frozenset[str]) -> ColumnElement[bool]:
    """Whether all records of a task are of some sources."""
    right = or_(_T.r_source.is_(None), _T.r_source.in_(sources))
    return and_(_T.l_source.in_(sources), right)


def _free(reviewer: str, wanted: Wanted) -> Select[Any]:
    """Tasks of a round that a reviewer has not answered, and that not enough others are at."""
    table, state = _ROUND[wanted.round]
    others = _standing(table, wanted.stale).where(table.c.reviewer != reviewer)
    needed = case(wanted.needed, value=_T.stream, else_=1) if wanted.round == "answer" else 1
    enough = others.with_only_columns(func.count()).scalar_subquery() >= needed
    return select(review_task).where(
        _T.state == state,
        _T.stream.in_(list(wanted.needed)),
        ~enough,
        ~_took_part(reviewer),
        or_(_T.known.is_(None), ~_met(reviewer)),
    )


def _standing(table: Table, stale: str) -> Select[Any]:
    """Attempts at a task that were answered, or begun so lately that they may yet be."""
    fresh = or_(table.c.at.is_not(None), table.c.begun > stale)
    return select(table).where(table.c.task_id == _T.task_id, table.c.undone.is_(None), fresh)


def _took_part(reviewer: str) -> ColumnElement[bool]:
    """Whether a reviewer has answered a task; they then may not adjudicate it either."""
    return exists().where(
        review_answer.c.task_id == _T.task_id,
        review_answer.c.reviewer == reviewer,
        review_answer.c.at.is_not(None),
        review_answer.c.undone.is_(None),
    )


def _met(reviewer: str) -> ColumnElement[bool]:
    """Whether a reviewer has answered any task about the records of one; it cannot check them."""
    other = review_task.alias("other")
    ends = ("l_source", "l_source_id", "r_source", "r_source_id")
    return exists().where(
        *(other.c[end] == _T[end] for end in ends),
        review_answer.c.task_id == other.c.task_id,
        review_answer.c.reviewer == reviewer,
        review_answer.c.at.is_not(None),
    )


def _batches(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[at : at + BATCH] for at in range(0, len(values), BATCH))
