"""A sample of pairs on the review list, under the same blindness as in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from mpi.index.review.fill import pair_task, task_id
from mpi.index.review.rules import Stream
from mpi.records import RecordKey
from mpi.store.review_rows import Task
from mpi.store.store import Store
from mpi.store.view import View


def put_on_list(store: Store, drawn: pa.RecordBatch, how: str) -> str:
    """Make tasks of the pairs of a sample, in their order; returns the name of the sample.

    Args: drawn, of schema `mpi.index.sample.SAMPLE`; how, by which seed and size. A sample that is
    on the list already stays as it is.
    """
    rows = drawn.to_pylist()
    with store.reading() as view:
        name = f"{view.state.sequence:09d}, {how}"
        tasks = list(_tasks(view, rows, name))
    with store.reviewing() as reviews:
        reviews.add(tasks)
    return name


def _tasks(view: View, rows: list[dict[str, object]], name: str) -> Iterator[Task]:
    versions = _versions(view, {key for row in rows for key in _keys(row)})
    release = view.state.release
    now = view.state.sequence, release.release_id if release else None
    for at, row in enumerate(rows):
        left, right = _keys(row)
        stream = Stream(str(row["stream"]))
        task = pair_task(stream, left, right, (versions[left], versions[right]), now)
        yield task._replace(
            task_id=task_id(stream, name, at),
            # the order of the draw, which is shuffled
            priority=len(rows) - at,
            why="sample",
            sample=name,
            stratum=str(row["stratum"]),
            inclusion_probability=float(str(row["inclusion_probability"])),
        )


def _keys(row: dict[str, object]) -> tuple[RecordKey, RecordKey]:
    left, right = (
        RecordKey(str(row[f"source_{side}"]), str(row[f"source_id_{side}"])) for side in "lr"
    )
    return left, right


def _versions(view: View, keys: Iterable[RecordKey]) -> dict[RecordKey, str]:
    found = {}
    for key in sorted(keys):
        person = view.person_with(key)
        if person is not None:
            found[key] = next(view.records(person.anchors)).version
    return found
