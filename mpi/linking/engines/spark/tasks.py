"""What runs on executors: with the release that the driver sent, and with errors that name nobody.

An exception of a task reaches driver and logs with its text, which may quote a person's value. So
tasks tell ours in a form that the driver reads back, and of any other its class and place alone.
"""

from __future__ import annotations

import base64
import re
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import orjson
import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark import Broadcast
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from mpi.errors import ClusterFailed, DiskFull, ModelMismatch, MPIError, all_errors
from mpi.linking.compared import Layout
from mpi.linking.room import FULL_WORDS, room_in
from mpi.model.parameters import Release, definition_hash, files_of, release_of
from mpi.model.scoring import Scorer

Batches = Iterator[pa.RecordBatch]
Made = Iterable[pa.Table]

_OURS = re.compile(r"mpi-error:([A-Za-z0-9+/=]+)")
NO_ROOM = (
    "Spark has no room for its files there or in its own folder (spark.local.dir): free some of it,"
    " or give a roomier one with --temp."
)
_OTHERS = re.compile(r"mpi-failed:(\w+ in [\w.<>-]+, line \d+)")


@dataclass(frozen=True)
class Opened:
    """A release on an executor, ready for use."""

    release: Release

    @cached_property
    def layout(self) -> Layout:
        """How its records are written for comparing."""
        return Layout(self.release)

    @cached_property
    def scorer(self) -> Scorer:
        """It, compiled."""
        return Scorer(self.release)


_opened: dict[str, Opened] = {}
"""The release last used in this process; a worker does many tasks."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A release on its way to executors, with what the driver's code compares."""

    identity: str
    definition: str
    files: Broadcast[dict[str, bytes]]

    @classmethod
    def of(cls, release: Release, spark: SparkSession) -> Carried:
        """Send a release."""
        files = spark.sparkContext.broadcast(files_of(release))
        return cls(release.identity, definition_hash(), files)

    def opened(self) -> Opened:
        """The release, on an executor. Raises ModelMismatch where the code there is another."""
        if self.definition != definition_hash():
            raise ModelMismatch(
                "An executor runs another version of this program than the driver: install the"
                " same one on both."
            )
        if self.identity not in _opened:
            _opened.clear()
            _opened[self.identity] = Opened(release_of(self.files.value))
        return _opened[self.identity]


def mapping(work: Callable[[pa.RecordBatch], Made]) -> Callable[[Batches], Batches]:
    """A function for `mapInArrow` out of one that makes tables of a batch."""

    def run(batches: Batches) -> Batches:
        with telling():
            for batch in batches:
                for table in work(batch):
                    yield from table.to_batches()

    return run


@contextmanager
def telling() -> Iterator[None]:
    """Raise what goes wrong in here so that the driver can read it, and without values."""
    try:
        # what a task writes besides its result lies with the temporary files of its machine
        with room_in(Path(tempfile.gettempdir())):
            yield
    except MPIError as error:
        raise RuntimeError(f"mpi-error:{base64.b64encode(packed(error)).decode()}") from None
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(at.filename).name}, line {at.lineno}"
        raise RuntimeError(f"mpi-failed:{type(error).__name__} in {place}") from None


@contextmanager
def on_cluster(folder: Path | None = None) -> Iterator[None]:
    """Run jobs in here, which write to a folder if one is given.

    Raises what their tasks tell, DiskFull where Spark says so, and else ClusterFailed.
    """
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise _told(str(error), error, folder) from None


def _told(text: str, error: Exception, folder: Path | None) -> MPIError:
    if ours := _OURS.search(text):
        return unpacked(base64.b64decode(ours[1]))
    if others := _OTHERS.search(text):
        return ClusterFailed(f"A task failed four times: {others[1]}.")
    if any(words in text for words in FULL_WORDS):
        where = {} if folder is None else {"folder": folder}
        return DiskFull(NO_ROOM, **where)
    condition = error.getCondition() if isinstance(error, PySparkException) else None
    said = condition or type(error).__name__
    return ClusterFailed(f"Spark says {said}; the logs of its executors may say more.")


def packed(error: MPIError) -> bytes:
    """An error of ours, to be sent; `unpacked` is the inverse."""
    where = {name: str(value) for name, value in error.where.items()}
    return orjson.dumps([error.code, error.detail, where])


def unpacked(told: bytes) -> MPIError:
    """The error that was sent, its places as text."""
    code, detail, where = orjson.loads(told)
    [kind] = [each for each in all_errors() if each.code == code]
    return kind(detail, **where)
