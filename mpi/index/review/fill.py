"""What goes on the review list: doubtful pairs and findings of an index, samples, known answers.

The list is filled, not followed: what an index thinks doubtful now replaces what it thought before,
but nothing that somebody has begun is taken away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from mpi.index.review.rules import Kind, Stream
from mpi.linking.sealing import MATCHES_BOTH_SIDES
from mpi.model.calibration import Calibration
from mpi.records import RESTRICTED, RecordKey
from mpi.store.review_rows import Task
from mpi.store.review_work import Doubtful, Found, doubtful, findings
from mpi.store.reviews import DONE, OPEN, Reviews
from mpi.store.store import Store

MOST_TASKS = 5_000
"""Operational tasks on the list at once, the most urgent."""

_DECIDED = frozenset({"decision", "seal"})
"""What keeps two persons apart on purpose needs no look."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling the list did."""

    added: int
    withdrawn: int
    known: int


def fill(store: Store, known: Iterable[Task] = ()) -> Filled:
    """Bring the operational list up to the index as it is, and add tasks with known answers."""
    state = store.state()
    if state.release is None:
        return Filled(0, 0, 0)
    calibration = Calibration.from_dict(dict(state.release.document["calibration"]))
    with store.reviewing() as reviews:
        now = reviews.now
        found = [
            *_of_pairs(doubtful(reviews.connection), calibration, now),
            *_of_findings(findings(reviews.connection), now),
        ]
        urgent = sorted(found, key=lambda task: (-task.priority, task.task_id))[:MOST_TASKS]
        withdrawn = reviews.withdraw(Stream.OPERATIONAL, {task.task_id for task in urgent})
        added = reviews.add(urgent)
        checks = reviews.add([*known, *_agreed(reviews)])
    return Filled(added, withdrawn, checks)


Now = tuple[int, str | None]
"""The last event that the index reflects, and its release."""


def _of_pairs(found: list[Doubtful], calibration: Calibration, now: Now) -> Iterable[Task]:
    wanted = [each for each in found if each.why not in _DECIDED]
    if not wanted:
        return
    weights = [each.weight for each in wanted]
    for each, chance in zip(wanted, _chances(weights, calibration), strict=True):
        task = pair_task(Stream.OPERATIONAL, each.left, each.right, each.versions, now)
        at_stake = each.sizes[0] * each.sizes[1] * chance * (1.0 - chance)
        yield task._replace(why=each.why, priority=_priority(at_stake))


def _chances(weights: list[int], calibration: Calibration) -> list[float]:
    import numpy as np

    weight = np.array(weights, dtype=np.int64)
    found: list[float] = calibration.confidence(weight, weight).tolist()
    return found


def _priority(at_stake: float) -> int:
    """A whole number of expected wrong pairs, in hundredths, as fits the column."""
    return min(int(at_stake * 100.0), 2_000_000_000)


def _of_findings(found: list[Found], now: Now) -> Iterable[Task]:
    sequence, release = now
    for each in found:
        # that somebody is restricted is nothing to decide
        codes = [code for code in each.findings if code != RESTRICTED]
        # a record that matches both sides of a seal is for a restricted review, not for this one
        if MATCHES_BOTH_SIDES in codes or not codes:
            continue
        named = task_id(Stream.OPERATIONAL, Kind.PERSON, each.golden, each.version, *sorted(codes))
        yield Task(
            task_id=named,
            kind=Kind.PERSON,
            stream=Stream.OPERATIONAL,
            state=OPEN,
            priority=_priority(each.size * 0.25),
            left=each.golden,
            right=None,
            l_version=each.version,
            r_version=None,
            why=codes[0],
            release_id=release,
            sequence=sequence,
        )


def pair_task(
    stream: Stream, left: RecordKey, right: RecordKey, versions: tuple[str, str], now: Now
) -> Task:
    """An open task about two records, the lesser key left; in the state of the index `now`."""
    sequence, release = now
    if right < left:
        left, right, versions = right, left, versions[::-1]
    return Task(
        task_id=task_id(stream, Kind.PAIR, left, right, *versions),
        kind=Kind.PAIR,
        stream=stream,
        state=OPEN,
        priority=0,
        left=left,
        right=right,
        l_version=versions[0],
        r_version=versions[1],
        why="",
        release_id=release,
        sequence=sequence,
    )


def task_id(*parts: object) -> str:
    """The name of a task: the same question has the same one, so it is not asked twice.

    >>> task_id("operational", RecordKey("nomis", "A1"))
    '699c387b2f939891'
    """
    texts = ("\x1e".join(part) if isinstance(part, tuple) else str(part) for part in parts)
    return blake2b("\x1f".join(texts).encode(), digest_size=8).hexdigest()


def _agreed(reviews: Reviews) -> Iterable[Task]:
    """Pairs of samples on which two reviewers agreed: they check other reviewers."""
    for stream in (Stream.EVALUATION, Stream.TRAINING):
        drawn = reviews.of_sample(stream)
        done = [task for task in drawn if task.state == DONE and task.kind == Kind.PAIR]
        adjudicated = {a.task_id for a in reviews.attempts(_ids(done), "adjudication") if a.stands}
        answered = Counter(a.task_id for a in reviews.attempts(_ids(done), "answer") if a.stands)
        for task in done:
            if answered.get(task.task_id, 0) > 1 and task.task_id not in adjudicated:
                yield known_task(task, str(task.verdict))


def known_task(task: Task, verdict: str) -> Task:
    """The task that checks reviewers with a pair whose answer is known."""
    assert task.right is not None
    named = task_id(Stream.KNOWN, Kind.PAIR, task.left, task.right)
    return task._replace(
        task_id=named,
        stream=Stream.KNOWN,
        state=OPEN,
        # in no order that a reviewer could learn
        priority=int(named[:6], 16),
        sample=None,
        stratum=None,
        inclusion_probability=None,
        known=verdict,
        verdict=None,
    )


def _ids(tasks: Iterable[Task]) -> list[str]:
    return [task.task_id for task in tasks]


def known_from(path: Path, store: Store) -> list[Task]:
    """Tasks with known answers from a file of labels; pairs that nobody decided are left out.

    Raises InvalidLabels.
    """
    from mpi.training.labels import read_labels
    from mpi.training.streams import Stream as Labelled

    table = read_labels(path, Labelled.TRAINING).table
    now = store.state()
    found = []
    for row in table.to_pylist():
        if row["label"] not in ("same", "different"):
            continue
        left = RecordKey(row["source_l"], row["source_id_l"])
        right = RecordKey(row["source_r"], row["source_id_r"])
        release = now.release.release_id if now.release else None
        task = pair_task(Stream.KNOWN, left, right, ("", ""), (now.sequence, release))
        found.append(known_task(task, row["label"]))
    return found
