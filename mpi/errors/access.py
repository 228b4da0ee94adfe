"""Errors of who may ask, and what they may be told."""

from __future__ import annotations

from mpi.errors.base import MPIError


class InvalidPolicy(MPIError):
    """The disclosure policy cannot be used."""

    code = "invalid-policy"


class NotAuthenticated(MPIError):
    """Who asks could not be established."""

    code = "not-authenticated"


class NotPermitted(MPIError):
    """This client may not do that."""

    code = "not-permitted"


class PurposeNotPermitted(NotPermitted):
    """This client may not ask for this purpose, or named none."""

    code = "purpose-not-permitted"


class SearchNotPermitted(NotPermitted):
    """This client may not search by what is known about an individual."""

    code = "search-not-permitted"


class SearchTooBroad(MPIError):
    """What is known about the individual is too little to search by."""

    code = "search-too-broad"


class TooManyMatches(MPIError):
    """Too many persons match: nobody is named until more is said."""

    code = "too-many-matches"


class TooManyRequests(MPIError):
    """This client asks more often than it may."""

    code = "too-many-requests"
    repeated = False
    """Whether another refusal for this was written down shortly before."""
    refusals = 1
    """How many refusals one that is written down stands for."""


class BatchTooLarge(MPIError):
    """The batch has more entries than this client may send at once."""

    code = "batch-too-large"


class InvalidCursor(MPIError):
    """The cursor is not one that this service gave out for this list."""

    code = "invalid-cursor"


class ChangedMeanwhile(MPIError):
    """What the request builds on has changed since it was read."""

    code = "changed-meanwhile"


class AuditUnavailable(MPIError):
    """The audit cannot be written, so nothing is answered."""

    code = "audit-unavailable"


class InvalidAudit(MPIError):
    """There is no audit here that can be read."""

    code = "invalid-audit"


class IndexStale(MPIError):
    """Nothing has come into the index for longer than it should be."""

    code = "index-stale"


class AuditBroken(MPIError):
    """The audit is not as it was written."""

    code = "audit-broken"
