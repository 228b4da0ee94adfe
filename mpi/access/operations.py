"""What a client may do: one scope for each kind of question or change."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Operation(StrEnum):
    """One kind of thing that can be asked of the index."""

    LOOK_UP = "look-up"
    """From an identifier or a person id to the person's other identifiers."""
    MATCH = "match"
    """From what is known about an individual to the persons whom it may be."""
    SEARCH = "search"
    """From some demographic values to the persons who have them."""
    EXPLAIN = "explain"
    """Why two records are one person or two."""
    FEED = "feed"
    """Tell the index of a record, of its end, or that two of one system are one."""
    DECIDE = "decide"
    """A reviewer's word on two records."""
    MONITOR = "monitor"
    """How the service is doing: counts and times, of nobody."""


SCOPES: Mapping[Operation, frozenset[str]] = MappingProxyType(
    {
        Operation.LOOK_UP: frozenset({"mpi:look-up", "ITI-83"}),
        Operation.MATCH: frozenset({"mpi:match", "ITI-119"}),
        Operation.SEARCH: frozenset({"mpi:search", "ITI-78"}),
        Operation.EXPLAIN: frozenset({"mpi:explain"}),
        Operation.FEED: frozenset({"mpi:feed", "ITI-104"}),
        Operation.DECIDE: frozenset({"mpi:decide"}),
        Operation.MONITOR: frozenset({"mpi:monitor"}),
    }
)
"""The scopes of a token, any of which allows an operation: ours, and those that IHE IUA names."""
