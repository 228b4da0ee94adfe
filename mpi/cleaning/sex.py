"""Sex as sources code it, to the two codes that can be compared."""

from __future__ import annotations

from functools import lru_cache

from mpi.cleaning.text import fold, tokens

_CODES = {
    **dict.fromkeys(("M", "MALE", "1", "01", "MAN", "BOY", "MR", "MASCULINE"), "M"),
    **dict.fromkeys(("F", "FEMALE", "2", "02", "WOMAN", "GIRL", "W", "FEMININE"), "F"),
}


@lru_cache(maxsize=1 << 10)
def clean_sex(text: str) -> str | None:
    """`M` or `F`; nothing for unknown, indeterminate or not specified (NHS codes 0, 9, X).

    >>> clean_sex("Male"), clean_sex("2"), clean_sex("9")
    ('M', 'F', None)
    """
    return _CODES.get(tokens(fold(text)))
