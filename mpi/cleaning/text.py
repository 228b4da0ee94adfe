"""Any script to ASCII upper case, so that every engine and rapidfuzz see the same characters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from mpi.cleaning.transliteration import LETTERS, spell

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʻ`´′ʹ‛＇"))
_NOT_ALPHANUMERIC = re.compile(r"[^A-Z0-9]+")
_PLACEHOLDER_TEXT = re.compile(
    r"(NOT (KNOWN|ENTERED|RECORDED|STATED|APPLICABLE|GIVEN|AVAILABLE|SPECIFIED|ON FILE)"
    r"|UNKNOWN|UNK|UNSPECIFIED|NULL|NONE|N A|NA|TBC|TBA|REFUSED|WITHHELD|OTHER|MIG ERROR.*)"
)


def fold(text: str) -> str:
    """ASCII upper case: accents and apostrophes dropped, other scripts spelt in Latin letters.

    Punctuation other than apostrophes is kept for the caller to judge. Letters without a Latin
    spelling keep a code of their own, so that equal names stay equal and different ones differ.

    >>> fold("José Núñezson"), fold("O’Zephyr"), fold("Łukasz Groß")
    ('JOSE NUNEZSON', 'OZEPHYR', 'LUKASZ GROSS')
    >>> fold("Юрий"), fold("김")
    ('YURIY', 'GIM')
    """
    if text.isascii():
        plain = text.upper()
        return plain.replace("'", "").replace("`", "") if "'" in plain or "`" in plain else plain
    return _fold(text)


@lru_cache(maxsize=1 << 16)
def _fold(text: str) -> str:
    composed = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).translate(_APOSTROPHES)
    return "".join(map(_fold_letter, composed.translate(LETTERS).upper())).upper()


def _fold_letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if (known := LETTERS.get(ord(letter))) is not None:
        return str(known)
    base = unicodedata.normalize("NFKD", letter).translate(LETTERS)
    kept = "".join(c for c in base if not unicodedata.combining(c))
    return kept if kept.isascii() else spell(letter)


def tokens(text: str) -> str:
    """Letters and digits of a folded text, one space between runs.

    >>> tokens("FLAT 2, 12-14 HIGH ST.")
    'FLAT 2 12 14 HIGH ST'
    """
    return _NOT_ALPHANUMERIC.sub(" ", text).strip()


@lru_cache(maxsize=1 << 16)
def clean_text(text: str) -> str | None:
    """Free text (an occupation, say) as upper-case words; nothing for a placeholder.

    >>> clean_text("Ship's-carpenter"), clean_text("Not known")
    ('SHIPS CARPENTER', None)
    """
    words = tokens(fold(text))
    return None if not words or _PLACEHOLDER_TEXT.fullmatch(words) else words
