"""Errors of computing a link on a cluster."""

from __future__ import annotations

from mpi.errors.base import MPIError


class SparkUnavailable(MPIError):
    """Spark cannot be used here."""

    code = "spark-unavailable"


class ClusterFailed(MPIError):
    """The cluster could not carry out the link."""

    code = "cluster-failed"
