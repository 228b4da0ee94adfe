"""Errors of the index as it is kept."""

from __future__ import annotations

from mpi.errors.base import MPIError


class IndexNotFound(MPIError):
    """There is no index here."""

    code = "index-not-found"


class IndexOutdated(MPIError):
    """The index has the schema of an older version."""

    code = "index-outdated"


class IndexTooNew(MPIError):
    """The index has the schema of a newer version."""

    code = "index-too-new"


class IndexUnreachable(MPIError):
    """The index cannot be opened."""

    code = "index-unreachable"


class IndexBusy(MPIError):
    """Another process is writing to the index."""

    code = "index-busy"


class IndexExists(MPIError):
    """There is an index here already."""

    code = "index-exists"


class InvalidBackup(MPIError):
    """The backup cannot be restored."""

    code = "invalid-backup"


class IndexNotVerified(MPIError):
    """The index is not what its state gives."""

    code = "index-not-verified"


class DiskFull(MPIError):
    """There is no room left on a disk, or within the limit set for it."""

    code = "disk-full"


class OutOfMemory(MPIError):
    """More memory is needed than the limit allows."""

    code = "out-of-memory"
