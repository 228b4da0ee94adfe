"""Who may see what, and the audit of it: between the use cases and the store."""

from __future__ import annotations

from mpi.access.operations import Operation
from mpi.access.sight import EVERYTHING, Sight

__all__ = ["EVERYTHING", "Operation", "Sight"]
