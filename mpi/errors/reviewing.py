"""Errors of clerical review."""

from __future__ import annotations

from mpi.errors.base import MPIError


class TaskNotFound(MPIError):
    """There is no such review task."""

    code = "task-not-found"


class TaskClosed(MPIError):
    """This review task is not open to this answer any more."""

    code = "task-closed"
