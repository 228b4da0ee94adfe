"""Dates that can be evidence: real, plausible, and not the default of some system."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

LATEST_DATE = "2029-12-31"
"""Dates after this are impossible. A fixed bound, not the clock, so that the same feed always
gives the same rows; move it with a release."""

EARLIEST_YEAR = 1500

DEFAULT_DATES = frozenset({"1800-01-01", "1900-01-01", "1901-01-01", "1970-01-01", "9999-12-31"})
"""Dates that systems write when they know none; source: HMPPS and NHS data-quality rules."""


@lru_cache(maxsize=1 << 17)
def clean_date(text: str) -> str | None:
    """An ISO date, or nothing when it is a default, impossible or in the future.

    >>> clean_date("1984-02-29"), clean_date("1985-02-29"), clean_date("1900-01-01")
    ('1984-02-29', None, None)
    """
    text = text.strip()[:10]
    if len(text) != 10 or text[4] != "-" or text in DEFAULT_DATES or text > LATEST_DATE:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found.isoformat() if found.year >= EARLIEST_YEAR else None


@lru_cache(maxsize=1 << 17)
def swap_day_and_month(iso: str) -> str | None:
    """The clean date with day and month exchanged; nothing when that is no other date.

    >>> swap_day_and_month("1984-02-11"), swap_day_and_month("1984-02-29")
    ('1984-11-02', None)
    """
    year, month, day = iso[:4], iso[5:7], iso[8:10]
    return None if day > "12" or day == month else clean_date(f"{year}-{day}-{month}")
