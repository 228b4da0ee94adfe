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

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from mpi.errors import SparkUnavailable

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

MASTER = "local[*,4]"
MEMORY = "2g"
NO_JAVA = (
    "It did not start. It needs Java 17 or newer: on Debian, apt-get install"
    " openjdk-17-jre-headless; where Java lies elsewhere, set JAVA_HOME."
)


@contextmanager
def session(master: str = "", temp: Path | None = None) -> Iterator[SparkSession]:
    """A session for one link; one that was started for it is stopped afterwards.

    Args: master, the address of a cluster, if not the configured one; temp, a folder for what does
    not fit in memory, if not the configured one. Raises SparkUnavailable.
    """
    active = SparkSession.getActiveSession()
    spark = active or _started(master, temp)
    try:
        own = spark.newSession()
        for name, value in SETTINGS.items():
            own.conf.set(name, value)
        yield own
    finally:
        if active is None:
            spark.stop()


def _started(master: str, temp: Path | None) -> SparkSession:
    builder = SparkSession.builder.appName("mpi link")
    for name, value in QUIET.items():
        builder = builder.config(name, value)
    if master:
        builder = builder.master(master)
    if temp is not None:
        builder = builder.config("spark.local.dir", str(temp))
    try:
        with _unless_set(_defaults()):
            return builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise SparkUnavailable(NO_JAVA) from error


def _defaults() -> Mapping[str, str]:
    """What Spark takes from the environment where nothing else says it."""
    properties = Path(__file__).with_name("log4j2.properties").as_uri()
    return {
        "MASTER": MASTER,
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
