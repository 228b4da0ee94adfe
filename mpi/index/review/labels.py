"""Labels out of review, as `mpi train --labels` and `mpi evaluate --labels` read them.

One stream at a time, and of samples one at a time: labels of two would each stand for more pairs
than they should. Every pair of the sample is in the file, those nobody has decided with no label,
for the probabilities only add up over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from mpi.errors import InvalidLabels
from mpi.index.review.rules import Stream
from mpi.index.sample import SAMPLE
from mpi.index.table_file import require_suffix, writing
from mpi.store.review_rows import Answer, Task
from mpi.store.reviews import DONE, Reviews
from mpi.store.store import Store
from mpi.training.streams import Stream as LabelStream


def export_labels(
    store: Store, to: Path, *, stream: LabelStream = LabelStream.EVALUATION, sample: str = ""
) -> int:
    """Write the labels of a sample to a `.parquet` or `.csv` file; returns the rows written.

    Args: sample, its name; without, the one of the stream that was drawn last. Raises UsageError
    for another suffix, InvalidLabels where there is no such sample, UnwritableOutput.
    """
    require_suffix(to)
    with store.reviews() as reviews:
        named = sample or next(iter(reviews.samples(Stream(stream))), "")
        tasks = reviews.of_sample(Stream(stream), named) if named else []
        reviewers = _reviewers(reviews, tasks)
    if not tasks:
        raise InvalidLabels(f"No sample of the {stream} stream was put on the review list.")
    if any(task.right is None for task in tasks):
        raise InvalidLabels("It is of searches and not of pairs; see mpi evaluate --searches.")
    with writing(to, SAMPLE) as writer:
        writer.write_batch(_batch(tasks, reviewers))
    return len(tasks)


def _batch(tasks: list[Task], reviewers: dict[str, str]) -> pa.RecordBatch:
    rows = [_row(task, reviewers.get(task.task_id)) for task in tasks]
    return pa.RecordBatch.from_pylist(rows, schema=SAMPLE)


def _row(task: Task, reviewer: str | None) -> dict[str, object]:
    assert task.right is not None
    return {
        "source_l": task.left.source,
        "source_id_l": task.left.source_id,
        "source_r": task.right.source,
        "source_id_r": task.right.source_id,
        "label": task.verdict if task.state == DONE else None,
        "reviewer": reviewer,
        "stream": task.stream,
        "stratum": task.stratum,
        "inclusion_probability": task.inclusion_probability,
    }


def _reviewers(reviews: Reviews, tasks: Iterable[Task]) -> dict[str, str]:
    """Who has the word on each task: those who answered it, then who adjudicated."""
    ids = [task.task_id for task in tasks]
    said: dict[str, list[Answer]] = {}
    for answer in (*reviews.attempts(ids, "answer"), *reviews.attempts(ids, "adjudication")):
        if answer.stands:
            said.setdefault(answer.task_id, []).append(answer)
    return {name: "; ".join(each.reviewer for each in answers) for name, answers in said.items()}
