"""What the service counts and times, for Prometheus: nothing about a person, a client or a value.

Each application has a registry of its own. Paths are templates of routes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SIZES = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)

Reading = Callable[[], Mapping[str, float]]
"""Gives the present value for each label, such as a source system."""


class Metrics:
    """The counters of one application. Threads may share it."""

    def __init__(self) -> None:
        """A registry with nothing counted."""
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "mpi_request_seconds",
            "Time from a request to the end of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._answers = Counter(
            "mpi_answers",
            "Answers by status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._refusals = Counter(
            "mpi_refusals", "Refusals by error code.", ("code",), registry=self._registry
        )
        self._grades = Counter(
            "mpi_match_grades", "Match grades given.", ("grade",), registry=self._registry
        )
        self._components = Histogram(
            "mpi_region_records",
            "Records of the regions that changes touched.",
            buckets=_SIZES,
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._seconds.labels(method, route).observe(seconds)
        self._answers.labels(method, route, str(status)).inc()

    def refused(self, code: str) -> None:
        """Count a refusal."""
        self._refusals.labels(code).inc()

    def graded(self, grades: Iterable[str]) -> None:
        """Count the grades of a match."""
        for grade in grades:
            self._grades.labels(grade).inc()

    def touched(self, records: int) -> None:
        """Count the records of a region that a change touched."""
        self._components.observe(records)

    def watch(self, name: str, help_: str, label: str, reading: Reading) -> None:
        """Report a gauge that is read whenever somebody asks: the age of each source's last feed,
        the length of a queue.
        """
        self._registry.register(_Watched(name, help_, label, reading))

    def exposition(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Watched:
    """A gauge whose values are read when asked for."""

    def __init__(self, name: str, help_: str, label: str, reading: Reading) -> None:
        self._name = name
        self._help = help_
        self._label = label
        self._reading = reading

    def describe(self) -> Iterable[Metric]:
        """Its name, without reading it."""
        return [GaugeMetricFamily(self._name, self._help, labels=[self._label])]

    def collect(self) -> Iterable[Metric]:
        """Its values now."""
        family = GaugeMetricFamily(self._name, self._help, labels=[self._label])
        for label, value in sorted(self._reading().items()):
            family.add_metric([label], value)
        return [family]
