"""What a link asks of Spark, in words that need no pyspark, which is an extra."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mpi.errors import UsageError
from mpi.linking.room import size_in_bytes

LEAST_MEMORY = 10**9
"""Bytes below which Java hardly starts Spark."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Where Spark is to run and with what, as far as a link says so; the rest is configured.

    `master` is the address of a cluster, and `temp` a folder for what does not fit in memory.
    `threads`, and the driver's `memory` as people write it, are those of this machine, so nothing
    may be configured or running besides; 0 and "" where they are not asked for.
    """

    master: str = ""
    temp: Path | None = None
    threads: int = 0
    memory: str = ""

    @property
    def of_machine(self) -> bool:
        """Whether something is asked of this machine."""
        return bool(self.threads or self.memory)

    @property
    def on_machine(self) -> str:
        """Spark's address of this machine; a task that fails is tried again as on a cluster."""
        return f"local[{self.threads or '*'},4]"

    @property
    def megabytes(self) -> str:
        """The driver's memory as Java reads it, or ""."""
        return f"{size_in_bytes(self.memory) // 2**20}m" if self.memory else ""

    def check(self) -> None:
        """Refuse what cannot be. Raises UsageError."""
        if self.memory and size_in_bytes(self.memory) < LEAST_MEMORY:
            raise UsageError(f"Give Spark at least {LEAST_MEMORY // 10**9} GB of memory.")
        if self.of_machine and self.master:
            raise configured("--threads and --memory")


def configured(options: str) -> UsageError:
    """The error for options in whose place the configuration of a cluster says what they would."""
    return UsageError(
        f"Leave out {options}: the configuration of Spark, or of the cluster, decides that here."
    )
