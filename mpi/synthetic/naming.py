"""Names as each record has them: the usual name and the others, with everything gone wrong."""

from __future__ import annotations

from dataclasses import dataclass

from mpi.records import Name
from mpi.synthetic import families, variants
from mpi.synthetic.origins import load_origins
from mpi.synthetic.people import FEMALE
from mpi.synthetic.profiles import PROFILES
from mpi.synthetic.wording import Called
from mpi.synthetic.world import Piece

_LONG_ROLL = 1 << 10


@dataclass(slots=True)
class Written:
    """One record's names before they are put together; `others` are aliases and former names."""

    given: str
    middle: str
    family: str
    others: list[Name]


def write_names(piece: Piece) -> list[tuple[Name, ...]]:
    """The names of every record of a piece, the usual one first."""
    written = _as_known(piece)
    _spell_by_ear(piece, written)
    _use_aliases(piece, written)
    _change_names(piece, written)
    _change_middles(piece, written)
    _fill_in_badly(piece, written)
    return _put_together(piece, written)


def _as_known(piece: Piece) -> list[Written]:
    """What each source would write if nothing went wrong."""
    drawn = piece.rng.random((len(piece), 3)).tolist()
    return [_known(piece, at, rolls) for at, rolls in enumerate(drawn)]


def _known(piece: Piece, at: int, drawn: list[float]) -> Written:
    called, profile = piece.names_of(at), PROFILES[piece.source[at]]
    family = called.family
    traits, person = piece.world.traits, piece.person[at]
    others = list(called.aliases) if drawn[0] < profile.aliases else []
    if drawn[0] < profile.former_name and traits.former_name[person]:
        others.append(Name(called.given, called.other))
    son = piece.world.people.families.role[person] == families.NAMESAKE
    if son and drawn[2] < 0.2:
        family = f"{family} Jnr"
    middle = " ".join(called.middles) if drawn[1] < profile.middle else ""
    return Written(called.given, middle, family, others)


def _spell_by_ear(piece: Piece, written: list[Written]) -> None:
    """Names from another alphabet: forename, surname or both in another spelling."""
    for at, roll in piece.struck("spelling"):
        called, mine = piece.names_of(at), written[at]
        which, rest = roll % 10, roll // 10
        if which < 7:
            mine.given = variants.other_spelling(called.given, called.given_forms, rest)
            piece.note(at, "given_name", "spelling")
        if which >= 4:
            mine.family = variants.other_spelling(called.family, called.family_forms, rest)
            piece.note(at, "family_name", "spelling")
        _religious(piece, at, mine, rest // _LONG_ROLL)


def _religious(piece: Piece, at: int, mine: Written, roll: int) -> None:
    """Muhammad is dropped before another forename; Singh and Kaur move; one name fills both."""
    origin = load_origins()[piece.world.people.origin[piece.person[at]]]
    if mine.given[:3] in ("Moh", "Muh", "Max", "Md") and mine.middle and roll % 4 == 0:
        mine.given, _, mine.middle = mine.middle.partition(" ")
        piece.note(at, "given_name", "muhammad_dropped")
    elif origin.name == "punjabi" and roll % 3 == 0:
        female = piece.world.people.name_sex[piece.person[at]] == FEMALE
        mine.middle, mine.family = mine.family, "Kaur" if female else "Singh"
        piece.note(at, "family_name", "religious_name")
    elif origin.order >= 5 and roll % 12 == 0:
        mine.family = mine.given
        piece.note(at, "family_name", "single_name")


def _use_aliases(piece: Piece, written: list[Written]) -> None:
    """An alias stands as the usual name; the usual one may be listed among the others."""
    for at, roll in piece.struck("alias_as_usual"):
        mine, aliases = written[at], piece.names_of(at).aliases
        alias = aliases[roll % len(aliases)]
        usual = Name(mine.given, mine.family)
        if mine.others:
            mine.others = [usual, *(other for other in mine.others if other != alias)]
        mine.given, mine.family = alias.given, alias.family
        piece.note(at, "name", "alias_as_usual")


def _change_names(piece: Piece, written: list[Written]) -> None:
    """Misspelt, replaced and exchanged forenames and surnames."""
    for at, roll in piece.struck("given_near"):
        mine = written[at]
        mine.given = variants.near_given(mine.given, piece.names_of(at).given_forms, roll)
        piece.note(at, "given_name", "given_near")
    for at, roll in piece.struck("given_other"):
        written[at].given = _another_given(piece, at, written[at], roll)
        piece.note(at, "given_name", "given_other")
    for at, roll in piece.struck("family_near"):
        mine = written[at]
        mine.family = variants.near_family(mine.family, piece.names_of(at).family_forms, roll)
        piece.note(at, "family_name", "family_near")
    for kind in ("family_other_female", "family_other_male"):
        for at, roll in piece.struck(kind):
            written[at].family = _changed(piece.names_of(at), written[at].family, roll)
            piece.note(at, "family_name", kind)
    for at, roll in piece.struck("both_names"):
        written[at].given = _another_given(piece, at, written[at], roll)
        written[at].family = _unrelated_family(piece, at, roll)
        piece.note(at, "name", "both_names")
    for at, _ in piece.struck("exchanged"):
        mine = written[at]
        mine.given, mine.family = mine.family, mine.given
        piece.note(at, "name", "exchanged")


def _another_given(piece: Piece, at: int, mine: Written, roll: int) -> str:
    people, person = piece.world.people, piece.person[at]
    table = load_origins()[people.origin[person]].given[people.name_sex[person]]
    return variants.other_given(mine.given, mine.middle.partition(" ")[0], table=table, roll=roll)


def _changed(called: Called, family: str, roll: int) -> str:
    changed = variants.changed_family(family, called.other, roll)
    return changed if changed != family else f"{family}-{called.given}"


def _unrelated_family(piece: Piece, at: int, roll: int) -> str:
    """The surname of another person of this piece."""
    other = piece.called[roll % len(piece.called)]
    return other.family if other.family != piece.names_of(at).family else other.other


def _change_middles(piece: Piece, written: list[Written]) -> None:
    """Misspelt, reordered and replaced middle names, where the record has one."""
    for kind in ("middle_near", "middle_other"):
        for at, roll in piece.struck(kind):
            mine = written[at]
            if mine.middle:
                mine.middle = _other_middle(piece, at, mine, roll, kind)
                piece.note(at, "middle_name", kind)


def _other_middle(piece: Piece, at: int, mine: Written, roll: int, kind: str) -> str:
    first, _, rest = mine.middle.partition(" ")
    if kind == "middle_near":
        return " ".join(part for part in (variants.typo(first, roll), rest) if part)
    if rest:
        return f"{rest} {first}"
    return first[:1] if roll % 2 else _another_given(piece, at, mine, roll // 2)


def _fill_in_badly(piece: Piece, written: list[Written]) -> None:
    """Marks, initials, titles and placeholder text: what forms do to names."""
    for at, roll in piece.struck("marks"):
        mine = written[at]
        marked = variants.marked(mine.family, roll)
        if marked != mine.family:
            mine.family = marked
            piece.note(at, "family_name", "marks")
    for at, _ in piece.struck("initial"):
        written[at].given = written[at].given[:1]
        piece.note(at, "given_name", "initial")
    for at, roll in piece.struck("title"):
        written[at].given = variants.titled(written[at].given, roll)
        piece.note(at, "given_name", "title")
    for at, roll in piece.struck("name_placeholder"):
        mine = written[at]
        mine.given, mine.family = variants.placeholder(mine.given, mine.family, roll)
        piece.note(at, "name", "placeholder")


def _put_together(piece: Piece, written: list[Written]) -> list[tuple[Name, ...]]:
    """Names in the letters of the source: accents mostly lost, upper case where it is custom."""
    settings = piece.world.settings
    uniform = piece.rng.random(len(piece)).tolist()
    found = []
    for source, mine, drawn in zip(piece.source, written, uniform, strict=True):
        profile = PROFILES[source]
        rate = settings.accents_dropped_justice if profile.justice else settings.accents_dropped_nhs
        given = f"{mine.given} {mine.middle}" if mine.middle else mine.given
        names = (Name(given, mine.family), *mine.others)
        if drawn < rate:
            names = tuple([_plain(name) for name in names])
        if profile.upper:
            names = tuple([Name(name.given.upper(), name.family.upper()) for name in names])
        found.append(names)
    return found


def _plain(name: Name) -> Name:
    given, family = name.given, name.family
    if given.isascii() and family.isascii():
        return name
    return Name(variants.without_accents(given), variants.without_accents(family))
