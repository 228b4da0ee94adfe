"""Where a link is computed, as the use case sees it: on this machine, or on a Spark cluster.

Both read the same deliveries with the same functions and find the same, to the last weight. A link
asks for nothing of an engine but `take_in` and then `link`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from mpi.errors import SparkUnavailable, UsageError
from mpi.index.found import Found, InMemory
from mpi.index.ruled import decisions_of
from mpi.index.work import Scratch, Work
from mpi.linking.batch import link_rows
from mpi.linking.delivery import Delivery
from mpi.linking.engines.duckdb import Limits
from mpi.linking.engines.spark.asked import Asked, configured
from mpi.linking.intake import Intake, take_in
from mpi.linking.steps import Step
from mpi.model.parameters import Release
from mpi.sources import Rejects
from mpi.store.rulings import Rulings

DUCKDB, SPARK = "duckdb", "spark"
ENGINES = (DUCKDB, SPARK)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link keeps files and steps, where what it rejects, and who hears what it does."""

    work: Work | Scratch
    rejects: Rejects
    step: Step


class Engine(Protocol):
    """Computes a link."""

    def take_in(self, deliveries: Sequence[Delivery], place: Place) -> Any:
        """Read and check the deliveries; what it gives is for `link` of the same engine."""
        ...

    def link(self, taken: Any, release: Release, rulings: Rulings, place: Place) -> Found:
        """Link what was taken in."""
        ...


@dataclass(frozen=True, slots=True)
class OnThisMachine:
    """DuckDB, in this process and some more."""

    limits: Limits

    def take_in(self, deliveries: Sequence[Delivery], place: Place) -> Intake:
        """See `Engine`."""
        workers, step = self.limits.threads, place.step
        folder, rejects = place.work.folder, place.rejects

        def take() -> Intake:
            return take_in(deliveries, folder, rejects, workers=workers, step=step)

        return place.work.intake(take, rejects)

    def link(self, taken: Intake, release: Release, rulings: Rulings, place: Place) -> InMemory:
        """See `Engine`."""
        linkage = link_rows(
            taken.rows,
            release,
            self.limits,
            decisions=decisions_of(rulings, taken.rows),
            finished=place.work,
            step=place.step,
        )
        return InMemory(taken, linkage, release)


@contextmanager
def engine_of(name: str, limits: Limits, *, asked: Asked) -> Iterator[Engine]:
    """An engine by its name, for as long as the context lasts.

    Args: limits, of DuckDB, of which Spark takes the folder; asked, of Spark. Raises UsageError for
    another name and for what Spark's configuration decides, and SparkUnavailable.
    """
    if name == DUCKDB:
        yield OnThisMachine(limits)
    elif name == SPARK:
        if limits.spill is not None:
            raise configured("--temp-limit")
        with _on_spark()(replace(asked, temp=limits.temp)) as engine:
            yield engine
    else:
        raise UsageError(f"There is no engine of this name. There are: {', '.join(ENGINES)}.")


def _on_spark() -> Callable[[Asked], AbstractContextManager[Engine]]:
    """The engine `spark`; pyspark is an extra, and takes a second to import."""
    try:
        from mpi.index.on_spark import on_spark
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pyspark", "py4j"):
            raise
        raise SparkUnavailable("Install the extra: pip install '.[spark]'.") from None
    return on_spark
