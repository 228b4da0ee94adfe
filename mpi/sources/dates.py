"""Dates and times in a source's own formats, to and from ISO text."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from mpi.cleaning import LATEST_DATE
from mpi.records import LONGEST_VERSION

_LATEST_YEAR = int(LATEST_DATE[:4])


@lru_cache(maxsize=1 << 17)
def read_date(text: str, formats: tuple[str, ...]) -> str | None:
    """The date as ISO text; None when the text fits none of the formats.

    A year of two digits that would lie in the future is of the last century.

    >>> read_date("07-FEB-84", ("%d/%m/%Y", "%d-%b-%y")), read_date("31/02/1984", ("%d/%m/%Y",))
    ('1984-02-07', None)
    >>> read_date("01/05/45", ("%d/%m/%y",))
    '1945-05-01'
    """
    found = _read(text, formats)
    return found.date().isoformat() if found else None


VERSION_DIGITS = 12
"""Whole numbers are padded to this length, so that versions order as text."""


def read_version(text: str, formats: tuple[str, ...]) -> str:
    """A version that orders as text: ISO time or padded number; other text as it is.

    A time that fits none of the formats is empty, so older than any other; likewise what is too
    long to be a version.

    >>> read_version("07/02/2024 09:30", ("%d/%m/%Y %H:%M",)), read_version("42", ())
    ('2024-02-07T09:30:00', '000000000042')
    """
    if not formats:
        if len(text) > LONGEST_VERSION:
            return ""
        return text.zfill(VERSION_DIGITS) if text.isdecimal() else text
    return read_time(text, formats) or ""


@lru_cache(maxsize=1 << 16)
def read_time(text: str, formats: tuple[str, ...]) -> str | None:
    """The time as ISO text to the second; None when the text fits none of the formats."""
    found = _read(text, formats)
    return found.isoformat(sep="T", timespec="seconds") if found else None


_SOME_DAY = datetime(1984, 2, 7, 21, 30, 5, tzinfo=UTC)


def is_date_format(pattern: str) -> bool:
    """Whether dates can be written and read in a format: it is one, and says day, month and year.

    >>> is_date_format("%d/%m/%Y"), is_date_format("%d/%m"), is_date_format("DD/MM/YYYY")
    (True, False, False)
    """
    try:
        found = datetime.strptime(_SOME_DAY.strftime(pattern), pattern)
    except ValueError:
        return False
    return found.date() == _SOME_DAY.date()


def _read(text: str, formats: tuple[str, ...]) -> datetime | None:
    for pattern in formats:
        try:
            found = datetime.strptime(text, pattern)
            short = "%y" in pattern and found.year > _LATEST_YEAR
            return found.replace(year=found.year - 100) if short else found
        except ValueError:
            continue
    return None


@lru_cache(maxsize=1 << 16)
def write_date(iso: str, pattern: str) -> str:
    """ISO text in the format of a source; text that is no date is left as it is.

    >>> write_date("1984-02-07", "%d/%m/%Y"), write_date("", "%d/%m/%Y")
    ('07/02/1984', '')
    """
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    # strftime("%Y") does not pad years before 1000 on every platform.
    return found.strftime(pattern.replace("%Y", f"{found.year:04d}"))
