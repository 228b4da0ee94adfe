"""What decisions, supersessions, seals and undoing them have in common as events."""

from __future__ import annotations

from typing import Any

from mpi.index.changes import ChangeResult
from mpi.index.plan import Done


class Judging:
    """What the events of this kind have in common."""

    alone = False

    def names(self) -> frozenset[int]:
        """See `engine.Event`; those that run alone have no need of names."""
        return frozenset()

    def kept(self, answer: dict[str, Any]) -> ChangeResult:
        """See `engine.Event`."""
        return ChangeResult.from_dict(answer)

    def result(self, done: Done) -> ChangeResult:
        """See `engine.Event`."""
        return ChangeResult(done.stamp.sequence, persons=done.touched())
