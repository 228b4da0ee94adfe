"""A Spark session of two workers on this machine, for all tests of a module."""

from __future__ import annotations

import os
from contextlib import contextmanager
from unittest import mock

QUICKLY = {
    # compiling queries costs more than a thousand records do
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@contextmanager
def running():
    """Starts Spark as a link would, and stops it."""
    from mpi.linking.engines.spark.asked import Asked
    from mpi.linking.engines.spark.session import session

    given = " ".join(f"--conf '{name}={value}'" for name, value in QUICKLY.items())
    settings = {"PYSPARK_SUBMIT_ARGS": f"{given} pyspark-shell"}
    asked = Asked(threads=2, memory="2GB")
    with mock.patch.dict(os.environ, settings), session(asked) as spark:
        yield spark
