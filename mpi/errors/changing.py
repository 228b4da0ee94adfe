"""Errors of a change to the index: a record put or deleted, a decision taken or undone."""

from __future__ import annotations

from collections.abc import Sequence

from mpi.errors.base import MPIError


class IdempotencyConflict(MPIError):
    """This idempotency key was used before, for another request."""

    code = "idempotency-conflict"


class RecordErased(MPIError):
    """The record of this key was erased, and is not taken in again."""

    code = "record-erased"


class ContradictingDecision(MPIError):
    """The decision contradicts others that are in force."""

    code = "contradicting-decision"

    def __init__(
        self, detail: str = "", *, chain: Sequence[tuple[str, str]] = (), **where: object
    ) -> None:
        """Args: chain, the keys (source, source_id) of records that the decisions in force
        lead along, from one end of the refused decision to the other.
        """
        super().__init__(detail, **where)
        self.chain = tuple((source, source_id) for source, source_id in chain)


class NothingToUndo(MPIError):
    """No decision, supersession or seal that is in force has this number or name."""

    code = "nothing-to-undo"
