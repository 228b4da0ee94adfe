"""Where two texts differ, to the character, and texts made fit to be shown to a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

LONGEST = 240
"""Characters of a value that are shown; what is longer is cut, and says so."""

ALIKE = 0.6
"""Words less similar than this are not compared character by character."""

_PARTS = re.compile(r"\S+|\s+")

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"


class Piece(NamedTuple):
    """A part of a text, and whether the other text has it too."""

    text: str
    differs: bool


def legible(text: str) -> str:
    """A value as it can be shown: on one line, cut, and with nothing invisible in it.

    Characters that would reorder or hide others stand as their code points.

    >>> legible("Ann\u202egro.elpmaxe\\n")
    'Ann⟨U+202E⟩gro.elpmaxe⟨U+000A⟩'
    >>> len(legible("A" * 4000))
    260
    """
    if len(text) <= LONGEST and text.isprintable():
        return text
    shown = "".join(_shown(each) for each in text[:LONGEST])
    return shown if len(text) <= LONGEST else f"{shown}… ({len(text):,} characters)"


def _shown(character: str) -> str:
    hidden = unicodedata.category(character) in _INVISIBLE and character not in _JOINERS
    return f"⟨U+{ord(character):04X}⟩" if hidden else character


def difference(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two texts in pieces, those that only one of them has marked; case does not count.

    A word is held against the word of the other text that is most like it, wherever that stands; a
    word that is like none of them is marked as a whole.

    >>> left, right = difference("Ann Jonson", "JOHNSON, Ann")
    >>> left
    (Piece(text='Ann Jonson', differs=False),)
    >>> [piece.text for piece in right if piece.differs]
    ['H', ',']
    """
    return _marked(one, other.split()), _marked(other, one.split())


def _marked(text: str, others: Sequence[str]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for part in _PARTS.findall(text):
        like = nearest(part, others)
        if part.isspace():
            _append(pieces, part, differs=False)
        elif like is None or _likeness(part, like) < ALIKE:
            _append(pieces, part, differs=True)
        else:
            for step in Indel.opcodes(_folded(part), _folded(like)):
                own = part[step.src_start : step.src_end]
                _append(pieces, own, differs=step.tag != "equal")
    return tuple(pieces)


def _likeness(one: str, other: str) -> float:
    return Indel.normalized_similarity(_folded(one), _folded(other))


def _append(pieces: list[Piece], text: str, *, differs: bool) -> None:
    if not text:
        return
    if pieces and pieces[-1].differs == differs:
        text = pieces.pop().text + text
    pieces.append(Piece(text, differs))


def _folded(text: str) -> str:
    """The text without case, if that leaves every character in its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def nearest(text: str, others: Sequence[str]) -> str | None:
    """Of several texts the one most like another; None of none."""
    if not others:
        return None
    return max(others, key=lambda other: _likeness(text, other))
