"""Times as somebody gives them: in a query, on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from mpi.errors import UsageError

_DIGITS_OF_AN_EVENT = 18


def time_of(text: str, *, in_utc: bool = False) -> datetime:
    """A time (ISO 8601) with its zone; `in_utc`, one without a zone is of UTC.

    Raises UsageError.

    >>> time_of("2026-01-31T18:00:00 01:00").isoformat()
    '2026-01-31T18:00:00+01:00'
    """
    try:
        # a plus in a query is a space
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise UsageError("A time looks like 2026-01-31T18:00:00Z.") from None
    if found.tzinfo is not None:
        return found
    if not in_utc:
        raise UsageError("Give the zone of the time, Z say.")
    return found.replace(tzinfo=UTC)


def moment_of(text: str) -> datetime | int:
    """A time, or the number of an event. Raises UsageError."""
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS_OF_AN_EVENT:
        return int(text)
    return time_of(text)
