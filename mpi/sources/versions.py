"""Versions of a record as text that orders: which of two messages about it is the newer one.

Feeds and single messages meet by this: whoever brings the greater key is right, whenever it comes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import blake2b

DIGITS = 20
_NUMBER = re.compile(r"(-?)0*([0-9]{1,20})")
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = re.compile(_DAY + r"[T ][0-9]{2}:[0-9]{2}:[0-9]{2}.*")
_PLAIN = re.compile(_DAY + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}")
"""A time to the second, in UTC, as the key of it is written."""


def version_key(version: str, event_time: str = "", *, payload: bytes = b"") -> str:
    """A version, as `read_version` gives it, as text in the order of versions.

    Whole numbers come in the order of their values, times in that of UTC (one without a zone counts
    as UTC), any other text in that of its bytes. Where a source has no versions, its messages are
    ordered by when they happened, and by content where that is the same: give `event_time` and
    `payload`. Without any of these the key is empty, and older than all others.

    >>> version_key("-12") < version_key("7") < version_key("000000000042")
    True
    >>> version_key("2024-02-07T09:30:00+01:00")
    '2024-02-07T08:30:00'
    >>> version_key("", "2024-02-07T09:30:00Z", payload=b"{}")
    '2024-02-07T09:30:00#2afb9b83f9314e5d029766197f539792'
    """
    if version:
        if _PLAIN.fullmatch(version):
            return version
        return _number(version) or _time(version) or version
    if not event_time and not payload:
        return ""
    digest = blake2b(payload, digest_size=16).hexdigest()
    return f"{_time(event_time) or event_time}#{digest}"


def _number(text: str) -> str | None:
    """A sign (0 for less than nothing) and digits; the lesser the greater a negative number."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    value = int(found[2])
    if found[1] and value:
        return f"0{10**DIGITS - 1 - value:020d}"
    return f"1{value:020d}"


def _time(text: str) -> str | None:
    """ISO 8601 in UTC without a zone, a fraction of a second only where there is one."""
    if not _TIME.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            found = found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    iso = found.isoformat()
    return iso if _PLAIN.fullmatch(iso) else iso.rstrip("0")
