"""What people are called: usual names, other surnames and aliases, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mpi.records import Name
from mpi.synthetic import families, variants
from mpi.synthetic.arrays import Ints, Random
from mpi.synthetic.origins import Origin, Spellings, draw, load_origins
from mpi.synthetic.people import People
from mpi.synthetic.settings import Settings
from mpi.synthetic.traits import Traits

_FEWEST_FALSE_NAMES: Final = 20


@dataclass(slots=True)
class Called:
    """One person's names. `forms` are the Latin spellings of each; `other` is a second surname."""

    given: str
    middles: list[str]
    family: str
    given_forms: Spellings
    family_forms: Spellings
    other: str
    aliases: list[Name]

    @property
    def middle(self) -> str:
        """The first middle name, or nothing."""
        return self.middles[0] if self.middles else ""


def false_names(people: int, settings: Settings, rng: Random) -> list[Name]:
    """The pool that invented aliases are drawn from: the smaller, the more people share one."""
    size = max(_FEWEST_FALSE_NAMES, round(people * settings.false_name_pool))
    british = load_origins()[0]
    given = draw(british.given_odds[0][5], rng.random(size))
    family = draw(british.family_odds, rng.random(size))
    return [
        Name(british.given[0][g][0], british.family[f][0])
        for g, f in zip(given.tolist(), family.tolist(), strict=True)
    ]


def name_people(
    people: People, traits: Traits, *, chosen: range, pool: list[Name], rng: Random
) -> list[Called]:
    """The names of a run of people, in order."""
    origins = load_origins()
    rolls = rng.integers(0, 1 << 30, (len(chosen), 4)).tolist()
    others = _other_families(people, chosen, origins, rng)
    named: list[Called] = []
    for at, person in enumerate(chosen):
        called = _call(people, person, origins, others[at], rolls[at])
        head = int(people.families.head[person])
        if people.families.role[person] == families.TWIN and head in chosen:
            _tell_twins_apart(called, named[head - chosen.start], rolls[at][3])
        count = int(traits.alias_count[person])
        called.aliases = _aliases(called, count, pool, rng) if count else []
        named.append(called)
    return named


def _other_families(
    people: People, chosen: range, origins: tuple[Origin, ...], rng: Random
) -> list[str]:
    """For each person a surname of the same origin, taken at marriage or borne before it."""
    uniform = rng.random(len(chosen))
    origin: Ints = people.origin[chosen.start : chosen.stop]
    found = [""] * len(chosen)
    for number in np.unique(origin).tolist():
        mine = np.flatnonzero(origin == number)
        table = origins[number].family
        for at, row in zip(
            mine.tolist(), draw(origins[number].family_odds, uniform[mine]).tolist(), strict=True
        ):
            found[at] = table[row][0]
    return found


def _call(
    people: People, person: int, origins: tuple[Origin, ...], other: str, rolls: list[int]
) -> Called:
    origin = origins[people.origin[person]]
    table = origin.given[people.name_sex[person]]
    given_forms = table[people.given[person]]
    family_forms = origin.family[people.family[person]]
    spoken = (people.middle[person], people.second_middle[person])
    # By the head, so that relatives spell their surname alike.
    family = _usual(family_forms, int(people.families.head[person]) * 7919 % 1009)
    if people.double_barrelled[person] and other != family:
        family = f"{family}-{other}"
    return Called(
        given=_usual(given_forms, rolls[0]),
        middles=[_usual(table[i], rolls[2]) for i in spoken if i >= 0],
        family=family,
        given_forms=given_forms,
        family_forms=family_forms,
        other=other,
        aliases=[],
    )


def _usual(forms: Spellings, roll: int) -> str:
    """The spelling a person uses: half use the first."""
    return forms[0] if roll % 2 == 0 or len(forms) == 1 else forms[(roll // 2) % len(forms)]


def _tell_twins_apart(called: Called, twin: Called, roll: int) -> None:
    """Twins never share a forename; a similar one is another spelling of it (Jayden, Jaden)."""
    if called.given == twin.given:
        called.given = variants.other_spelling(twin.given, called.given_forms, roll)


def _aliases(called: Called, count: int, pool: list[Name], rng: Random) -> list[Name]:
    """Spelling variants, other surnames, false names and nicknames: 50, 25, 15 and 10 per cent.

    Some of the drawn ones repeat others; a name with few variants may end with fewer aliases.
    """
    usual = Name(called.given, called.family)
    kinds, rolls = rng.random(4 * count).tolist(), rng.integers(0, 1 << 20, 4 * count).tolist()
    found: dict[Name, None] = {}
    for kind, roll in zip(kinds, rolls, strict=True):
        alias = _alias(called, kind, roll, pool)
        if alias != usual:
            found[alias] = None
        if len(found) == count:
            break
    return list(found) or [Name(called.given, variants.typo(called.family, 1))]


def _alias(called: Called, kind: float, roll: int, pool: list[Name]) -> Name:
    if kind < 0.25:
        return Name(variants.near_given(called.given, called.given_forms, roll), called.family)
    if kind < 0.50:
        return Name(called.given, variants.near_family(called.family, called.family_forms, roll))
    if kind < 0.75:
        return Name(called.given, variants.changed_family(called.family, called.other, roll))
    if kind < 0.90:
        return pool[roll % len(pool)]
    short = variants.short_forms(called.given)
    return Name(short[roll % len(short)] if short else called.given[:3], called.family)
