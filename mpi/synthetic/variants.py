"""One name in, another way to write it out: misspellings, short forms, marks, religious names.

Every function is pure: what chance decides comes in as `roll`, a whole number from 0 on.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from nicknames import NickNamer

from mpi.synthetic.origins import Spellings

_VOWELS: Final = "aeiou"
_SOUNDS_LIKE: Final = {
    "a": "e", "e": "i", "i": "y", "o": "u", "u": "o", "y": "i", "c": "k", "k": "c", "s": "z",
    "z": "s", "f": "v", "v": "f", "m": "n", "n": "m", "d": "t", "t": "d", "b": "p", "p": "b",
    "g": "j", "j": "g", "l": "r", "r": "l", "w": "v", "h": "n", "q": "k", "x": "s",
}  # fmt: skip
_PLAIN_LETTERS: Final = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "İ": "I", "ø": "o", "Ø": "O", "ß": "ss"}
)
_TITLES: Final = ("Mr", "Mrs", "Ms", "Miss", "Dr", "Mr.")
_PLACEHOLDERS: Final = (
    ("UNKNOWN", "UNKNOWN"),
    ("NOT ENTERED", ""),
    ("BABY", ""),
    ("TWIN 1", ""),
    ("", "UNKNOWN"),
    ("", "DUPLICATE_"),
    ("DONOTUSE", "XXTESTPATIENT"),
    ("NOT KNOWN", ""),
)
"""Given and family name text; an empty part keeps what the person is called."""


def typo(name: str, roll: int) -> str:
    """One slip after the first two letters: dropped, doubled, confused or exchanged letters.

    >>> typo("Stephen", 0), typo("Stephen", 1), typo("Stephen", 3)
    ('Stphen', 'Steephen', 'Stpehen')
    """
    if len(name) < 4:
        return name + name[-1:].lower()
    kind, place = roll % 4, 2 + (roll // 4) % (len(name) - 3)
    letter = name[place]
    if kind == 0:
        return name[:place] + name[place + 1 :]
    if kind == 1:
        return name[:place] + letter + name[place:]
    if kind == 2:
        return name[:place] + _SOUNDS_LIKE.get(letter.lower(), "e") + name[place + 1 :]
    swapped = name[:place] + name[place + 1] + letter + name[place + 2 :]
    return swapped if swapped != name else name[:place] + name[place + 1 :]


@lru_cache(maxsize=1 << 14)
def short_forms(name: str) -> tuple[str, ...]:
    """Nicknames and full forms of an English forename, in alphabetical order.

    >>> short_forms("Stephen")
    ('Steph', 'Steve')
    """
    namer = _namer()
    found = namer.nicknames_of(name) | namer.canonicals_of(name)
    return tuple(sorted(each.capitalize() for each in found if each.isalpha()))


@lru_cache(maxsize=1)
def _namer() -> NickNamer:
    return NickNamer()


def near_given(name: str, forms: Spellings, roll: int) -> str:
    """A nickname, another spelling or a slip that keeps the first two letters."""
    known = (*forms, *short_forms(name))
    fitting = [each for each in known if each[:2] == name[:2] and each != name]
    if fitting and roll % 3:
        return fitting[(roll // 3) % len(fitting)]
    return typo(name, roll // 3)


def near_family(name: str, forms: Spellings, roll: int) -> str:
    """Another spelling or a slip that keeps the first two letters."""
    fitting = [each for each in forms if each[:2] == name[:2] and each != name]
    if fitting and roll % 2:
        return fitting[(roll // 2) % len(fitting)]
    return typo(name, roll // 2)


def other_given(name: str, middle: str, *, table: list[Spellings], roll: int) -> str:
    """The middle name, a nickname with other letters (Bill for William) or another name."""
    if middle and roll % 3 == 0:
        return middle
    nicknames = [each for each in short_forms(name) if each[:2] != name[:2]]
    if nicknames and roll % 3 == 1:
        return nicknames[(roll // 3) % len(nicknames)]
    for step in range(3):
        found = table[(roll // 3 + 7 * step) % min(len(table), 80)][0]
        if found[:2] != name[:2]:
            return found
    return "Alex"


def other_spelling(name: str, forms: Spellings, roll: int) -> str:
    """Another Latin spelling of the name; for a name with one only, what clerks make of it.

    >>> other_spelling("Khaled", ("Khalid", "Khaled"), 0), other_spelling("Qadir", ("Qadir",), 0)
    ('Khalid', 'Kadir')
    """
    fitting = [each for each in forms if each != name]
    if fitting:
        return fitting[roll % len(fitting)]
    heard = [each for each in _heard(name) if each != name]
    return heard[roll % len(heard)] if heard else typo(name, roll)


_EAR: Final = (
    ("q", "k"), ("kh", "h"), ("ou", "u"), ("ee", "i"), ("oo", "u"), ("ski", "sky"), ("ph", "f"),
    ("gh", "g"), ("j", "y"), ("ah", "a"), ("mm", "m"), ("ss", "s"), ("al-", "al "), ("i", "ee"),
    ("u", "ou"), ("y", "i"),
)  # fmt: skip


def _heard(name: str) -> list[str]:
    low = name.lower()
    return [low.replace(a, b, 1).title() for a, b in _EAR if a in low]


def marked(name: str, roll: int) -> str:
    """The marks of a name as forms mangle them; a name without marks stays.

    >>> [marked("O'Brien", roll) for roll in range(4)]
    ['O’Brien', 'OBrien', 'O Brien', "O 'Brien"]
    >>> marked("Smith-Jones", 0), marked("McDonagh", 0)
    ('Smith Jones', 'Mc Donagh')
    """
    if "'" in name:
        return name.replace("'", ("\u2019", "", " ", " '")[roll % 4])
    if "-" in name:
        return name.replace("-", (" ", "", " - ")[roll % 3])
    if (
        name.startswith(("Mc", "Mac"))
        and len(name) > 5
        and name[2 + name.startswith("Mac")].isupper()
    ):
        at = 3 if name.startswith("Mac") else 2
        return f"{name[:at]} {name[at:]}"
    return name


@lru_cache(maxsize=1 << 15)
def without_accents(name: str) -> str:
    """The name in plain letters, as systems without Unicode store it.

    >>> without_accents("Wójcik Łukasz")
    'Wojcik Lukasz'
    """
    if name.isascii():
        return name
    plain = unicodedata.normalize("NFKD", name.translate(_PLAIN_LETTERS))
    return "".join(c for c in plain if not unicodedata.combining(c))


def placeholder(given: str, family: str, roll: int) -> tuple[str, str]:
    """A text that stands for a name, in one part or both.

    >>> placeholder("Ann", "Smith", 2), placeholder("Ann", "Smith", 5)
    (('BABY', 'Smith'), ('Ann', 'DUPLICATE_Smith'))
    """
    first, last = _PLACEHOLDERS[roll % len(_PLACEHOLDERS)]
    return first or given, last + family if last.endswith("_") else last or family


def titled(given: str, roll: int) -> str:
    """A title in the forename field."""
    return f"{_TITLES[roll % len(_TITLES)]} {given}"


def changed_family(own: str, other: str, roll: int) -> str:
    """A surname after marriage or separation: the other one, or both, or half of both.

    >>> [changed_family("Hill", "Marsh", roll) for roll in (0, 12, 14, 18)]
    ['Marsh', 'Hill-Marsh', 'Marsh-Hill', 'Hill Marsh']
    >>> changed_family("Hill-Marsh", "Dale", 0)
    'Hill'
    """
    if "-" in own:
        return own.split("-")[roll % 2]
    forms = {6: f"{own}-{other}", 7: f"{other}-{own}", 8: f"{own}-{other}", 9: f"{own} {other}"}
    return forms.get((roll // 2) % 10, other)
