"""The invented people, as arrays: what is true of each, before any system wrote it down."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from mpi.synthetic import families, profiles
from mpi.synthetic.arrays import (
    Bools,
    Ints,
    Random,
    day,
    first_of_year,
    pick,
    pick_by_row,
    values_by_row,
    year_of,
)
from mpi.synthetic.families import Families, form_families
from mpi.synthetic.origins import Origin, decade_index, draw, load_origins
from mpi.synthetic.settings import Settings

TODAY = day("2025-06-30")
"""The day the feeds were taken: fixed, so that the same seed gives the same bytes for ever."""

YEAR = 365.25
MALE, FEMALE, OTHER = range(3)
SEXES = ("male", "female", "other or not known")

_SETTING_SHARES = (0.38, 0.32, 0.07, 0.05, 0.08, 0.10)
_FEMALE_SHARES = (0.041, 0.15, 0.10, 0.20, 0.12, 0.35)
_ASYLUM = 0.5
_DECILES = (0.22, 0.17, 0.14, 0.12, 0.10, 0.08, 0.06, 0.05, 0.03, 0.03)


@dataclass(frozen=True, slots=True)
class People:
    """One entry per person in every array, except `families`.

    Dates are days since 1970-01-01. `given`, `middle`, `second_middle` and `family` are positions
    in the tables of the origin (-1: none); `name_sex` says which forenames. `died` is in the far
    future for the living.
    """

    families: Families
    setting: Ints
    sex: Ints
    name_sex: Ints
    former_sex: Ints
    origin: Ints
    ethnicity: Ints
    foreign: Bools
    asylum: Bools
    nfa_ever: Bools
    nfa_current: Bools
    birth: Ints
    given: Ints
    middle: Ints
    second_middle: Ints
    family: Ints
    double_barrelled: Bools
    decile: Ints
    home: Ints
    documentation: Ints

    def __len__(self) -> int:
        return len(self.birth)


@dataclass(slots=True)
class _Draft:
    """The arrays while they are being drawn; the same names as in People."""

    families: Families
    setting: Ints
    sex: Ints
    origin: Ints
    foreign: Bools
    asylum: Bools
    birth: Ints


def make_people(count: int, settings: Settings, rng: Random) -> People:
    """A population of a number of people."""
    draft = _draft(count, settings, rng)
    names = _names(draft, settings, rng)
    nfa_ever = _no_fixed_abode(draft, settings, rng)
    changed = rng.random(count) < settings.gender_changes
    return People(
        **{f.name: getattr(draft, f.name) for f in fields(_Draft)},
        **names,
        former_sex=np.where(changed & (draft.sex != OTHER), 1 - draft.sex % 2, -1),
        ethnicity=_ethnicities(draft.origin, rng),
        nfa_ever=nfa_ever,
        nfa_current=nfa_ever & (rng.random(count) < 0.6),
        decile=_with_head(draft, 1 + pick(rng, _DECILES, count), 0.8, rng),
        home=_homes(draft, rng),
        documentation=_documentation(draft, nfa_ever, settings, rng),
    )


def _draft(count: int, settings: Settings, rng: Random) -> _Draft:
    families_ = form_families(count, settings, rng)
    setting = pick(rng, _SETTING_SHARES, count)
    origin = _origins(setting, families_, settings, rng)
    foreign = rng.random(count) < values_by_row([o.foreign for o in load_origins()], origin)
    foreign |= setting == profiles.IMMIGRATION
    asylum = (setting == profiles.IMMIGRATION) & (rng.random(count) < _ASYLUM)
    birth = _births(setting, foreign, asylum, settings, rng)
    birth = _related_births(birth, families_, rng)
    return _Draft(
        families=families_,
        setting=_fitting_setting(setting, birth, rng),
        sex=_sexes(setting, families_, rng),
        origin=origin,
        foreign=foreign,
        asylum=asylum,
        birth=birth,
    )


def _origins(setting: Ints, families_: Families, settings: Settings, rng: Random) -> Ints:
    """Families share an origin; in immigration nobody is of British or Irish origin."""
    origins = load_origins()
    shares = [o.share * (settings.origin_boost if o.transliterated else 1.0) for o in origins]
    abroad = [share * o.foreign for o, share in zip(origins, shares, strict=True)]
    abroad[0] = abroad[1] = 0.0
    local, foreign = pick(rng, shares, len(setting)), pick(rng, abroad, len(setting))
    own: Ints = np.where(setting == profiles.IMMIGRATION, foreign, local)[families_.head]
    return own


def _births(setting: Ints, foreign: Bools, asylum: Bools, settings: Settings, rng: Random) -> Ints:
    """Birth days; when day and month are unknown, systems agree on 1 January."""
    count = len(setting)
    adult = 18.0 + np.minimum(rng.gamma(2.1, 8.3, count), 70.0)
    young = rng.uniform(11.5, 19.0, count)
    age = np.where(setting == profiles.YOUTH, young, adult)
    birth = TODAY - np.floor(age * YEAR).astype(np.int64)
    rate = np.where(
        asylum,
        settings.new_year_asylum,
        np.where(foreign, settings.new_year_immigration, settings.new_year_births),
    )
    return np.where(rng.random(count) < rate, first_of_year(birth), birth)


def _related_births(birth: Ints, families_: Families, rng: Random) -> Ints:
    """Ages that fit the role: twins on one day, fathers some 30 years before their namesakes."""
    count, role = len(birth), families_.role
    head = birth[families_.head]
    years = {
        families.SIBLING: rng.choice([-1, 1], count) * rng.uniform(1, 12, count),
        families.PARTNER: rng.normal(0, 4, count),
        families.CHILD: rng.uniform(18, 38, count),
        families.NAMESAKE: rng.uniform(26, 34, count),
    }
    found = birth.copy()
    for kind, gap in years.items():
        found = np.where(role == kind, head + np.floor(gap * YEAR).astype(np.int64), found)
    same = (role == families.TWIN) | (role == families.SEPARATED)
    found = np.where(same, head, found)
    return _in_range(found, families_, rng)


def _in_range(birth: Ints, families_: Families, rng: Random) -> Ints:
    """Nobody younger than 11 or older than 90: whole families move in time, pairs stay pairs."""
    youngest = np.full(int(families_.group[-1]) + 1, np.iinfo(np.int64).min)
    np.maximum.at(youngest, families_.group, birth)
    latest = TODAY - int(11 * YEAR)
    late = np.maximum(youngest - latest, 0)
    slack = np.where(late > 0, rng.integers(0, 1500, len(late)), 0)
    moved = birth - (late + slack)[families_.group]
    earliest = TODAY - int(92 * YEAR)
    kept: Ints = np.where(moved < earliest, earliest + (moved % 4000), moved)
    return kept


def _fitting_setting(setting: Ints, birth: Ints, rng: Random) -> Ints:
    """Youth settings for the young only, prisons and probation for adults only."""
    age = (TODAY - birth) / YEAR
    grown = (setting == profiles.YOUTH) & (age > 21)
    adult = np.where(rng.random(len(age)) < 0.5, profiles.PRISON, profiles.PROBATION)
    adults_only = (setting == profiles.PRISON) | (setting == profiles.PROBATION)
    young = adults_only & (age < 18.5)
    return np.where(grown, adult, np.where(young, profiles.YOUTH, setting))


def _sexes(setting: Ints, families_: Families, rng: Random) -> Ints:
    """Sex by setting; partners mostly differ, half of twins agree, namesakes are men."""
    count, role, head = len(setting), families_.role, families_.head
    sex = (rng.random(count) < values_by_row(_FEMALE_SHARES, setting)).astype(np.int64)
    sex[families_.namesake] = MALE
    flips = {families.TWIN: 0.5, families.PARTNER: 0.95, families.SEPARATED: 0.5}
    for kind, share in flips.items():
        flipped = rng.random(count) < share
        sex = np.where(role == kind, np.where(flipped, 1 - sex[head], sex[head]), sex)
    unstated = (rng.random(count) < 0.004) & ~families_.namesake
    return np.where(unstated, OTHER, sex)


def _ethnicities(origin: Ints, rng: Random) -> Ints:
    return pick_by_row(rng, [o.ethnicity.tolist() for o in load_origins()], origin)


def _names(draft: _Draft, settings: Settings, rng: Random) -> dict[str, Any]:
    """Positions in the name tables; relatives share surnames, namesakes everything."""
    count, role, head = len(draft.birth), draft.families.role, draft.families.head
    name_sex = np.where(draft.sex == OTHER, rng.integers(0, 2, count), draft.sex)
    given, middle, second, family = (np.full(count, -1) for _ in range(4))
    for number, origin in enumerate(load_origins()):
        mine = np.flatnonzero(draft.origin == number)
        family[mine] = draw(origin.family_odds, rng.random(len(mine)))
        for column in (given, middle, second):
            column[mine] = _forenames(origin, name_sex[mine], draft.birth[mine], rng)
    shares_family = rng.random(count) < values_by_row((0, 1, 1, 0.9, 0.6, 0.85, 0.3), role)
    family = np.where(shares_family, family[head], family)
    given = np.where(role == families.NAMESAKE, given[head], given)
    similar = (role == families.TWIN) & (rng.random(count) < settings.twins_similar)
    given = np.where(similar & (name_sex == name_sex[head]), given[head], given)
    middle = np.where((rng.random(count) < 0.60) & (middle != given), middle, -1)
    twice = (second == given) | (second == middle)
    return {
        "name_sex": name_sex,
        "given": given,
        "middle": middle,
        "second_middle": np.where((middle >= 0) & ~twice & (rng.random(count) < 0.12), second, -1),
        "family": family,
        "double_barrelled": rng.random(count) < 0.03,
    }


def _forenames(origin: Origin, sexes: Ints, births: Ints, rng: Random) -> Ints:
    found = np.zeros(len(sexes), dtype=np.int64)
    decades, uniform = decade_index(year_of(births)), rng.random(len(sexes))
    for sex, odds in enumerate(origin.given_odds):
        for decade, row in enumerate(odds):
            mine = (sexes == sex) & (decades == decade)
            found[mine] = draw(row, uniform[mine])
    return found


def _no_fixed_abode(draft: _Draft, settings: Settings, rng: Random) -> Bools:
    """Who ever had no fixed abode: the share is that of justice settings, a tenth elsewhere."""
    community = draft.setting == profiles.COMMUNITY
    rate = np.where(community, 0.1, 1.0) * settings.nfa_ever
    return rng.random(len(draft.birth)) < rate


def _with_head(draft: _Draft, own: Ints, share: float, rng: Random) -> Ints:
    """The head's value for a share of the members of a family."""
    shared = rng.random(len(own)) < share
    return np.where(shared, own[draft.families.head], own)


def _homes(draft: _Draft, rng: Random) -> Ints:
    """The person whose address one shares; separated identities never share one."""
    own = np.arange(len(draft.birth))
    apart = draft.families.role == families.SEPARATED
    always = (draft.families.role == families.TWIN) | (draft.families.role == families.NAMESAKE)
    shared = np.where(always, draft.families.head, _with_head(draft, own, 0.8, rng))
    return np.where(apart, own, shared)


def _documentation(draft: _Draft, nfa: Bools, settings: Settings, rng: Random) -> Ints:
    """Well, partly, poorly documented; foreign, homeless and young people are over-represented.

    Each of the three multiplies the odds of the two worse classes. The intercepts are solved so
    that the shares of the whole population are those of the settings.
    """
    exposed = draft.foreign.astype(np.int64) + nfa + (draft.setting == profiles.YOUTH)
    factor = settings.documentation_odds ** exposed.astype(np.float64)
    wanted = np.asarray(settings.documentation)
    odds = wanted[1:] / wanted[0]
    for _ in range(60):
        weights = np.stack([np.ones_like(factor), odds[0] * factor, odds[1] * factor], axis=1)
        shares = weights / weights.sum(axis=1, keepdims=True)
        mean = shares.mean(axis=0)
        odds = odds * (wanted[1:] / mean[1:]) * (mean[0] / wanted[0])
    uniform = rng.random(len(factor))
    beyond: Bools = uniform[:, None] > np.cumsum(shares[:, :2], axis=1)
    classes: Ints = beyond.sum(axis=1)
    return classes
