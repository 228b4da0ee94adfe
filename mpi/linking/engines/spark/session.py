"""A Spark session: the one that is configured, else one on this machine.

Settings that decide how a link runs are set here, for the link's own session, and nowhere else.
What says where it runs (master, memory, cores, folders for shuffles) is Spark's configuration: a
session already active, `spark-submit`, `spark-defaults.conf`. Without any of it, all cores of this
machine are used, and a task that fails is tried again as on a cluster.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from mpi.errors import SparkUnavailable
from mpi.linking.engines.spark.asked import Asked, configured

# columns travel as Arrow here; what pyspark cannot do with this pandas is not used
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

SETTINGS: Mapping[str, str] = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.skewJoin.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.files.maxRecordsPerFile": "0",
}
"""Of the link's own session, whatever others are set to."""

QUIET: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""Of a session started here. Spark's pages would show plans of the link to whoever reaches them."""

ANYTHING = Asked()
MEMORY = "2g"
NO_JAVA = (
    "It did not start. It needs Java 17 or newer: on Debian, apt-get install"
    " openjdk-17-jre-headless; where Java lies elsewhere, set JAVA_HOME."
)


@contextmanager
def session(asked: Asked = ANYTHING) -> Iterator[SparkSession]:
    """A session for one link; what was started for it is stopped afterwards, and nothing else.

    Raises SparkUnavailable, and UsageError for what cannot be had as Spark is configured or runs.
    """
    asked.check()
    with _starting:
        there = _there()
        if there is not None and asked.of_machine:
            raise configured("--threads and --memory")
        spark = there or _started(asked)
    try:
        own = spark.newSession()
        for name, value in SETTINGS.items():
            own.conf.set(name, value)
        yield own
    finally:
        if there is None:
            spark.stop()


_starting = Lock()
"""Of two threads that find no Spark, one starts it."""


def _there() -> SparkSession | None:
    """A session of the application that this process runs, whichever thread started it, if any."""
    active = SparkSession.getActiveSession()  # of this thread
    context = SparkContext._active_spark_context  # of the process
    return active or (None if context is None else SparkSession(context))


def _started(asked: Asked) -> SparkSession:
    builder = SparkSession.builder.appName("mpi link")
    for name, value in QUIET.items():
        builder = builder.config(name, value)
    if asked.master:
        builder = builder.master(asked.master)
    if asked.temp is not None:
        builder = builder.config("spark.local.dir", str(asked.temp))
    if asked.memory:
        builder = builder.config("spark.driver.memory", asked.megabytes)
    try:
        with _unless_set(_defaults(asked.on_machine)):
            spark = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise SparkUnavailable(NO_JAVA) from error
    if asked.of_machine and spark.sparkContext.master != asked.on_machine:
        spark.stop()
        raise configured("--threads and --memory")
    return spark


def _defaults(master: str) -> Mapping[str, str]:
    """What Spark takes from the environment where nothing else says it."""
    properties = Path(__file__).with_name("log4j2.properties").as_uri()
    return {
        "MASTER": master,
        "SPARK_DRIVER_MEMORY": MEMORY,
        "SPARK_SUBMIT_OPTS": f"-Dlog4j2.configurationFile={properties}",
        # workers on another interpreter would lack what this one has
        "PYSPARK_PYTHON": sys.executable,
    }


@contextmanager
def _unless_set(values: Mapping[str, str]) -> Iterator[None]:
    """The environment with some variables that it did not have."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
