"""What two or more records say, attribute by attribute, and how far they agree.

How far they agree is judged on clean values and told without weights: a reviewer is to look at the
records, and not at what the model makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler, Levenshtein

from mpi.access.sight import Sight
from mpi.attributes import Row, standardise
from mpi.errors import MPIError
from mpi.identifiers import SYSTEMS, attribute_name, clean_identifier, parse
from mpi.index.review.diff import Piece, difference, legible, nearest
from mpi.model.frequencies import BANDS, Frequencies
from mpi.records import Identifier, Name, Record

CLOSE = 0.85
"""From this similarity on, two texts that differ agree in part."""

CHECKED = frozenset({"nhs-number", "pnc", "cro", "uln", "upn"})
"""Identifier systems whose values have check characters."""


class Agreement(StrEnum):
    """How far two records agree in an attribute."""

    AGREE = "agree"
    PARTIAL = "partial"
    CONFLICT = "conflict"
    MISSING = "missing"


class Shown(NamedTuple):
    """A value as it is shown: in pieces, with what there is to say of it."""

    pieces: tuple[Piece, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of two records."""

    title: str
    agreement: Agreement
    left: tuple[Shown, ...]
    right: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A record with its clean attributes."""

    record: Record
    row: Row

    @classmethod
    def of(cls, record: Record) -> Known:
        """Standardise a record."""
        return cls(record, standardise(record))

    def clean(self, attribute: str) -> frozenset[str]:
        """The clean values of an attribute."""
        value = self.row[attribute]
        if isinstance(value, list):
            return frozenset(value)
        return frozenset() if value is None else frozenset({str(value)})


Values = Callable[[Record], Iterable[str]]
Near = Callable[[Known, Known], bool]
Notes = Callable[[str, "Known", Frequencies], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Attribute:
    """How an attribute is read, judged and annotated."""

    title: str
    values: Values
    clean: str
    near: Near
    notes: Notes = lambda text, known, frequencies: ()


def fields_of(left: Record, right: Record, sight: Sight, frequencies: Frequencies) -> list[Field]:
    """Every attribute that one of two records has, those that both have first.

    Args: sight, what of the identifiers the reviewer may see; frequencies, of the release.
    """
    sides = Known.of(left), Known.of(right)
    wanted = [*_ATTRIBUTES, *(_identifier(each) for each in SYSTEMS if sight.sees(each))]
    found = (_field(each, *sides, frequencies) for each in wanted)
    said = [each for each in found if each.left or each.right]
    return sorted(said, key=lambda each: not (each.left and each.right))


def _field(attribute: _Attribute, left: Known, right: Known, frequencies: Frequencies) -> Field:
    texts = [tuple(dict.fromkeys(filter(None, attribute.values(k.record)))) for k in (left, right)]

    def side(known: Known, own: tuple[str, ...], others: tuple[str, ...]) -> tuple[Shown, ...]:
        return tuple(
            _shown(text, others, attribute.notes(text, known, frequencies)) for text in own
        )

    return Field(
        attribute.title,
        _agreement(attribute, left, right, texts),
        side(left, texts[0], texts[1]),
        side(right, texts[1], texts[0]),
    )


def _shown(text: str, others: Sequence[str], notes: tuple[str, ...]) -> Shown:
    """A value, with what differs from the value of the other record that is most like it."""
    other = nearest(text, others)
    if other is None:
        return Shown((Piece(legible(text), differs=False),), notes)
    return Shown(difference(legible(text), legible(other))[0], notes)


def _agreement(
    attribute: _Attribute, left: Known, right: Known, texts: Sequence[tuple[str, ...]]
) -> Agreement:
    if not all(texts):
        return Agreement.MISSING
    one, other = left.clean(attribute.clean), right.clean(attribute.clean)
    if one & other:
        return Agreement.AGREE
    if not one or not other:
        return Agreement.MISSING
    return Agreement.PARTIAL if attribute.near(left, right) else Agreement.CONFLICT


def _similar(attribute: str) -> Near:
    def near(left: Known, right: Known) -> bool:
        pairs = ((a, b) for a in left.clean(attribute) for b in right.clean(attribute))
        return any(JaroWinkler.similarity(a, b) >= CLOSE for a, b in pairs)

    return near


def _one_edit(attribute: str) -> Near:
    def near(left: Known, right: Known) -> bool:
        pairs = ((a, b) for a in left.clean(attribute) for b in right.clean(attribute))
        return any(Levenshtein.distance(a, b) <= 1 for a, b in pairs)

    return near


def _near_name(left: Known, right: Known) -> bool:
    """A token in common, in any place, or names that look alike."""
    tokens = [set().union(*(name.split() for name in k.clean("full_names"))) for k in (left, right)]
    return bool(tokens[0] & tokens[1]) or _similar("full_names")(left, right)


def _near_date(left: Known, right: Known) -> bool:
    """Day and month swapped, up to two digits apart, or the same year."""
    shared = ("birth_date_variants", "birth_years")
    if any(left.clean(name) & right.clean(name) for name in shared):
        return True
    pairs = ((a, b) for a in left.clean("birth_dates") for b in right.clean("birth_dates"))
    return any(Levenshtein.distance(a, b) <= 2 for a, b in pairs)


def _near_postcode(left: Known, right: Known) -> bool:
    return bool(left.clean("outward_codes") & right.clean("outward_codes")) or _one_edit(
        "postcodes"
    )(left, right)


def _never(left: Known, right: Known) -> bool:
    return False


def _names(record: Record) -> Iterable[str]:
    return (f"{name.given} {name.family}".strip() for name in record.names)


_BAND_WORDS = {1: ("rare", "common"), 2: ("rare", "uncommon", "common")}


def band(attribute: str, values: Iterable[str], frequencies: Frequencies) -> str | None:
    """How common the rarest of some clean values is in the release: rare, uncommon or common."""
    bands = [frequencies.band(attribute, value) for value in values]
    return _BAND_WORDS[len(BANDS[attribute])][min(bands)] if bands else None


def _name_notes(text: str, known: Known, frequencies: Frequencies) -> tuple[str, ...]:
    given, _, family = text.rpartition(" ")
    row = Known.of(Record("", "", names=(Name(given, family),)))
    said = (("full_names", "full name"), ("family_set", "family name"))
    found = ((band(each, row.clean(each), frequencies), what) for each, what in said)
    return tuple(f"{common} {what}" for common, what in found if common)


def _date_notes(text: str, known: Known, frequencies: Frequencies) -> tuple[str, ...]:
    if not Known.of(Record("", "", birth_dates=(text,))).clean("birth_dates"):
        return ("no evidence: a placeholder, or no date",)
    return ("1 January: often stands for an unknown day",) if text.endswith("-01-01") else ()


def _postcode_notes(text: str, known: Known, frequencies: Frequencies) -> tuple[str, ...]:
    own = Known.of(Record("", "", postcodes=(text,)))
    return _how_common("postcodes")(text, own, frequencies)


def _how_common(attribute: str) -> Notes:
    def notes(text: str, known: Known, frequencies: Frequencies) -> tuple[str, ...]:
        common = band(attribute, known.clean(attribute), frequencies)
        return (f"{common} here",) if common else ()

    return notes


def _single(name: str) -> Values:
    return lambda record: (getattr(record, name),)


def _several(name: str) -> Values:
    def values(record: Record) -> Iterable[str]:
        return tuple(getattr(record, name))

    return values


_ATTRIBUTES = (
    _Attribute("Name", _names, "full_names", _near_name, _name_notes),
    _Attribute("Birth date", _several("birth_dates"), "birth_dates", _near_date, _date_notes),
    _Attribute("Sex", _single("sex"), "sex", _never),
    _Attribute("Address", _several("addresses"), "addresses", _similar("addresses")),
    _Attribute("Postcode", _several("postcodes"), "postcodes", _near_postcode, _postcode_notes),
    _Attribute("Town", _single("town"), "town", _similar("town")),
    _Attribute("Telephone", _several("phones"), "phones", _one_edit("phones")),
    _Attribute("E-mail", _several("emails"), "emails", _similar("emails")),
    _Attribute(
        "Place of birth",
        _single("birth_place"),
        "birth_place",
        _similar("birth_place"),
        _how_common("birth_place"),
    ),
    _Attribute(
        "Occupation",
        _single("occupation"),
        "occupation",
        _similar("occupation"),
        _how_common("occupation"),
    ),
)


def _identifier(system: str) -> _Attribute:
    """The attribute of an identifier system; values that are verified say so."""

    def values(record: Record) -> Iterable[str]:
        return (each.value for each in record.identifiers if each.system == system)

    def notes(text: str, known: Known, frequencies: Frequencies) -> tuple[str, ...]:
        held = Identifier(system, text, verified=True) in known.record.identifiers
        return (check(system, text), *(("verified by the source",) if held else ()))

    name = attribute_name(system)
    return _Attribute(SYSTEMS[system].title, values, name, _one_edit(name), notes)


def check(system: str, text: str) -> str:
    """What is to be said of how an identifier is written.

    >>> check("nhs-number", "999 000 0018"), check("nhs-number", "999 000 0019")
    ('check digit fits', 'not well formed, or its check digit does not fit')
    """
    try:
        parse(system, text)
    except MPIError:
        told = " or its check digit does not fit" if system in CHECKED else ""
        return f"not well formed,{told}" if told else "not well formed"
    if clean_identifier(system, text) is None:
        return "a placeholder, no evidence"
    return "check digit fits" if system in CHECKED else "well formed"
