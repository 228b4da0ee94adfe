"""Errors of what source systems deliver."""

from __future__ import annotations

from mpi.errors.base import MPIError


class UnknownSource(MPIError):
    """There is no source system of this name."""

    code = "unknown-source"


class InvalidSource(MPIError):
    """The description of a source system cannot be used."""

    code = "invalid-source"


class FeedNotFound(MPIError):
    """There is no feed here."""

    code = "feed-not-found"


class EmptyFeed(MPIError):
    """The feed holds no rows."""

    code = "empty-feed"


class MissingColumn(MPIError):
    """The feed lacks a column that its source description names."""

    code = "missing-column"


class UnreadableFeed(MPIError):
    """The feed cannot be read."""

    code = "unreadable-feed"


class WrongEncoding(UnreadableFeed):
    """The feed is not UTF-8 text."""

    code = "wrong-encoding"


class UnreadableDates(MPIError):
    """Too many dates of a column fit none of the formats that its source description gives."""

    code = "unreadable-dates"


class DuplicateKey(MPIError):
    """Two different rows of the feed carry the same record key and nothing says which is newer."""

    code = "duplicate-key"


class TooManyRejects(MPIError):
    """Too many rows of the feed cannot be used."""

    code = "too-many-rejects"


class TruncatedSnapshot(MPIError):
    """The snapshot lacks so many known records that it looks truncated."""

    code = "truncated-snapshot"
