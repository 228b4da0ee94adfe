"""Versions of a record as text that orders: which of two messages about it is the newer one.

Feeds and single messages meet by this: whoever brings the greater key is right, whenever it comes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from hashlib import blake2b

DIGITS = 20
"""Digits of a whole number whose key has a fixed width; longer ones say how long they are."""
_MOST_DIGITS = 999
_NUMBER = re.compile(rf"([+-]?)0*([0-9]{{1,{_MOST_DIGITS}}})(?:\.([0-9]*))?")
_NINES = str.maketrans("0123456789", "9876543210")
_BEFORE_DIGITS, _AFTER_DIGITS = "-", ":"
"""What comes before and after every digit in the order of bytes."""

_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
"""A time to the second, in UTC, as the key of it is written."""
_TIME = re.compile(
    r"(?P<date>[0-9]{4}(?P<dash>-?)[0-9]{2}(?P=dash)[0-9]{2})"
    r"[T ](?P<hour>[0-9]{2})(?::?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2}))?)?"
    r"(?:[.,](?P<fraction>[0-9]+))? ?(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T#].*)?")

OF_MESSAGE = "#"
"""In the key of a version that is the time of a message; after it, what tells two of one time."""
_AFTER_ANY_HASH = "g"
_MESSAGES_OWN = re.compile(r"#[0-9a-f]{32}")
_OF_MESSAGE = re.compile(r"#[^#]*#(?:[0-9a-f]{32}|g)\Z")
"""What a message without a version adds to the version that it is of."""


def version_key(version: str, event_time: str = "", *, payload: bytes = b"") -> str:
    """A version, as `read_version` gives it, as text in the order of versions.

    Numbers come in the order of their values, times (ISO 8601, extended or basic) in that of UTC
    (one without a zone counts as UTC, a date before every time of its day), any other text in that
    of its bytes. Where a source has no versions, its messages are ordered by when they happened,
    and by content where that is the same: give `event_time` and `payload`. Without any of these the
    key is empty, and older than all others.

    >>> version_key("-12.5") < version_key("-12") < version_key("7") < version_key("000000000042")
    True
    >>> version_key("2024-02-07T09:30:00+01:00"), version_key("20240207T0830z")
    ('2024-02-07T08:30:00', '2024-02-07T08:30:00')
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
    return f"{_time(event_time) or event_time}{OF_MESSAGE}{digest}"


def key_after(time: str) -> str:
    """The key of whatever is as of a time as a whole: after every message of that very time.

    Args: time, ISO 8601 or the key of a version that is a time.

    >>> version_key("", "2024-02-07", payload=b"{}") < key_after("2024-02-07") < "2024-02-07T00:00"
    True
    """
    return f"{version_key(time).partition(OF_MESSAGE)[0]}{OF_MESSAGE}{_AFTER_ANY_HASH}"


def message_key(time: str, known: str = "", *, payload: bytes | None = None) -> str:
    """The key of a message that names no version: of a put, with its payload, or of a deletion.

    It is the time of the message, a deletion after all puts of that time. Where `known`, the key of
    what the index knows of the record, is no time, the two cannot be compared: then the message is
    of the version known, later than that, and before every later version; messages of one version
    order by their times.

    >>> five, six = version_key("5"), version_key("6")
    >>> at = "2024-02-07T09:30:00Z"
    >>> five < message_key(at, five, payload=b"{}") < message_key(at, five) < six
    True
    >>> message_key(at, "2024-02-06")
    '2024-02-07T09:30:00#g'
    """
    own = key_after(time) if payload is None else version_key("", time, payload=payload)
    if not known or is_time(known) or _MESSAGES_OWN.fullmatch(known):
        return own
    return f"{_OF_MESSAGE.sub('', known)}{OF_MESSAGE}{own}"


def is_time(key: str) -> bool:
    """Whether the key of a version is a time, be it the source's own or that of a message.

    >>> is_time(version_key("2024-02-07T09:30Z")), is_time(version_key("42"))
    (True, False)
    """
    return _MOMENT.fullmatch(key) is not None


def _number(text: str) -> str | None:
    """A sign (0 for less than nothing) and digits; the lesser the greater a negative number."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    whole, part = int(found[2]), (found[3] or "").rstrip("0")
    if found[1] != "-" or not (whole or part):
        return f"1{_sized(str(whole))}{part and '.' + part}"
    if part:
        # the next lesser whole number, and what is missing from there
        whole, part = whole + 1, _from_one(part)
    digits = str(whole)
    if len(digits) <= DIGITS:
        return f"0{10**DIGITS - 1 - whole:020d}{part and '.' + part}"
    size = f"{len(digits):04d}".translate(_NINES)
    return f"0{_BEFORE_DIGITS}{size}{digits.translate(_NINES)}{part and '.' + part}"


def _sized(digits: str) -> str:
    """The digits of a whole number, so that a longer one comes later."""
    if len(digits) <= DIGITS:
        return digits.zfill(DIGITS)
    return f"{_AFTER_DIGITS}{len(digits):04d}{digits}"


def _from_one(part: str) -> str:
    """The digits of what is left of one without a fraction: 75 of 25."""
    return f"{10 ** len(part) - int(part):0{len(part)}d}"


def _time(text: str) -> str | None:
    """ISO 8601 in UTC without a zone, a fraction of a second only where there is one."""
    if _PLAIN.fullmatch(text):
        return text
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found["date"]).replace(
            hour=int(found["hour"]),
            minute=int(found["minute"] or 0),
            second=int(found["second"] or 0),
            tzinfo=_zone(found["zone"] or "Z"),
        )
        iso = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        return None
    part = (found["fraction"] or "").rstrip("0")
    if part and not found["second"]:
        return None
    return f"{iso}.{part}" if part else iso


def _zone(text: str) -> timezone:
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if minutes > 59:
        raise ValueError(text)
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)
