"""One name in every form that records are compared by."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from mpi.cleaning.names import canonical_names, family_parts, family_tokens, given_tokens
from mpi.cleaning.phonetics import phonetic_code

_SERVANT = frozenset({"ABDUL", "ABDEL", "ABDAL", "ABDUR", "ABD"})


class NameForms(NamedTuple):
    """What one name contributes to the attributes of its record; empty where it says nothing.

    `full` is the first given name and the family name written together, `token_set` every word in
    alphabetical order, `initials` those of `full` in alphabetical order: the last two survive an
    exchange of given and family name.
    """

    given: tuple[str, ...]
    family: str
    full: str
    token_set: str
    givens: tuple[str, ...]
    families: tuple[str, ...]
    codes: tuple[str, ...]
    initials: str


@lru_cache(maxsize=1 << 18)
def name_forms(given_text: str, family_text: str) -> NameForms | None:
    """All forms of one name; None when only titles and placeholders are left.

    A lone word makes no full name, token set or initials: two records that know just a surname
    would otherwise agree on "the whole name". One word given in both fields is a full name.

    >>> name_forms("Mr José", "Smithers-Jonesby").full
    'JOSE SMITHERSJONESBY'
    >>> name_forms("", "Suharto").full, name_forms("Suharto", "Suharto").full
    ('', 'SUHARTO SUHARTO')
    """
    given, family = _split_whole_name(given_text, family_text)
    words = (*given, *family)
    if not words:
        return None
    compact = "".join(family)
    complete = bool(given and family)
    return NameForms(
        given=given,
        family=compact,
        full=f"{given[0]} {compact}" if complete else "",
        token_set=" ".join(sorted(words)) if complete else "",
        givens=(*canonical_names(given[0]), *_joined_servant(given)) if given else (),
        families=family_parts(family) if family else (),
        codes=_codes(given, family),
        initials="".join(sorted((given[0][0], compact[0]))) if complete else "",
    )


def _split_whole_name(given_text: str, family_text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words of both parts, also when a source writes the whole name into one of its columns."""
    if "," in family_text and not given_text.strip():
        family_text, _, given_text = family_text.partition(",")
    given = given_tokens(given_text) if given_text else ()
    family = family_tokens(family_text) if family_text else ()
    if not family and len(given) > 1 and len(given[-1]) > 1:
        given, family = given[:-1], given[-1:]
    return given, family


def _joined_servant(given: tuple[str, ...]) -> tuple[str, ...]:
    """`Abdul Rahman` as `Abdulrahman`: both are common spellings of one name."""
    joins = len(given) > 1 and given[0] in _SERVANT
    return (given[0] + given[1],) if joins else ()


def _codes(given: tuple[str, ...], family: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of every word that tells people apart, and of a family name written together."""
    parts = family_parts(family) if family else ()
    codes = (phonetic_code(word) for word in (*given, *_joined_servant(given), *parts))
    return tuple(dict.fromkeys(code for code in codes if code))
