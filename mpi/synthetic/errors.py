"""Which record suffers which error: planned for the whole population at once.

Errors of one record are not independent. Each record has a proneness, made of the origin of the
name, the documentation class, the setting and chance; it moves the odds of every error of the
record, while the rate over all records of a source stays that of the settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from mpi.synthetic.arrays import Bools, Floats, Ints, Random, values_by_row
from mpi.synthetic.episodes import Records
from mpi.synthetic.origins import load_origins
from mpi.synthetic.people import FEMALE, People
from mpi.synthetic.profiles import HOLDING, PROFILES, SUBSTANCE_MISUSE
from mpi.synthetic.settings import ErrorRates, Settings
from mpi.synthetic.traits import Traits

_CLASS_FACTORS: Final = (1.0, 1.6, 2.5)
_SETTING_FACTORS: Final = (1.0, 1.0, 1.1, 1.1, 1.4, 0.9)
_TRANSLITERATED_FACTOR: Final = 1.4
_TOLERANCE: Final = 1e-6
_MOST_STEPS: Final = 200

Hits = Mapping[str, Ints]
"""For each kind of error the positions of the records that suffer it, in order."""


@dataclass(frozen=True, slots=True)
class _Event:
    """One kind of error: its rate per record, among whom, and who is likelier to suffer it.

    An `even` one is no slip of whoever wrote the record (a stale address is not), so proneness
    has no part in it.
    """

    kind: str
    rate: Floats
    among: Bools | None = None
    weight: Floats | None = None
    even: bool = False


def proneness(people: People, records: Records, *, settings: Settings, rng: Random) -> Floats:
    """How error-prone each record is, around 1."""
    person = records.person
    foreign_script = np.array([o.transliterated for o in load_origins()])
    fixed = (
        values_by_row(_CLASS_FACTORS, people.documentation)
        * values_by_row(_SETTING_FACTORS, people.setting)
        * np.where(foreign_script[people.origin], _TRANSLITERATED_FACTOR, 1.0)
    )
    chance: Floats = rng.lognormal(0.0, settings.frailty, len(person))
    return fixed[person] * chance


def plan_errors(
    people: People, records: Records, *, traits: Traits, settings: Settings, rng: Random
) -> Hits:
    """Draw every kind of error of the settings for every record."""
    prone = proneness(people, records, settings=settings, rng=rng)
    events = (
        *_pair_events(people, records, traits, settings),
        *_own_events(people, records, traits, settings),
    )
    return {event.kind: _hits(event, records.source, prone, rng) for event in events}


def probabilities(event: _Event, source: Ints, prone: Floats) -> Floats:
    """The chance of each record: its odds follow proneness and weight.

    The odds of a source share a factor that makes the mean over its records the rate.
    """
    weight = np.ones_like(prone) if event.even else prone
    if event.weight is not None:
        weight = weight * event.weight
    among = np.ones(len(source), dtype=bool) if event.among is None else event.among
    weight = np.where(among, weight, 0.0)
    size = len(PROFILES)
    count = np.maximum(np.bincount(source, weights=among, minlength=size), 1.0)
    wanted = np.bincount(source, weights=event.rate * among, minlength=size) / count
    reachable = np.bincount(source, weights=weight > 0, minlength=size) / count
    wanted = np.minimum(wanted, 0.98 * reachable)
    factor = wanted / np.maximum(np.bincount(source, weights=weight, minlength=size) / count, 1e-12)
    for _ in range(_MOST_STEPS):
        odds = factor[source] * weight
        chance: Floats = odds / (1.0 + odds)
        mean = np.bincount(source, weights=chance, minlength=size) / count
        step = np.divide(wanted, mean, out=np.ones(size), where=mean > 0)
        if np.abs(step - 1.0).max() < _TOLERANCE:
            break
        factor = factor * step
    return chance


def _hits(event: _Event, source: Ints, prone: Floats, rng: Random) -> Ints:
    chance = probabilities(event, source, prone)
    return np.flatnonzero(rng.random(len(source)) < chance)


def record_rates(records: Records, settings: Settings) -> dict[str, Floats]:
    """For each pair rate of the settings the rate per record: half, times the source's factor."""
    factor = values_by_row([p.error_factor for p in PROFILES], records.source)
    justice = np.array([p.justice for p in PROFILES])[records.source]
    scale = 0.5 * factor * settings.cross_domain_factor
    return {
        f.name: scale
        * np.where(justice, getattr(settings.justice, f.name), getattr(settings.nhs, f.name))
        for f in fields(ErrorRates)
    }


def _pair_events(
    people: People, records: Records, traits: Traits, settings: Settings
) -> Iterator[_Event]:
    """The errors whose rates are counted over pairs of records."""
    rate, person = record_rates(records, settings), records.person
    female = people.sex[person] == FEMALE
    order = values_by_row([o.order for o in load_origins()], people.origin)[person]
    rate["family_other"] = np.where(female, rate["family_other_female"], rate["family_other_male"])
    writes_middle = values_by_row([p.middle for p in PROFILES], records.source) > 0
    has_middle = (people.middle[person] >= 0) & writes_middle
    for kind in ("given_near", "given_other", "family_near", "both_names"):
        yield _Event(kind, rate[kind])
    for sex in (female, ~female):
        suffix = "female" if sex is female else "male"
        yield _Event(f"family_other_{suffix}", rate["family_other"], among=sex)
    yield _Event("exchanged", rate["exchanged"], weight=order)
    yield _Event("middle_near", rate["middle_near"], among=has_middle)
    yield _Event("middle_other", rate["middle_other"], among=has_middle)
    has_alias = (traits.alias_count[person] > 0).astype(np.float64)
    yield _Event("alias_as_usual", rate["alias_as_usual"], weight=has_alias)
    other_date = traits.alias_birth[person].astype(np.float64)
    yield _Event("birth_alias", rate["birth_alias"], weight=other_date)
    for kind in ("birth_part", "birth_swap", "birth_several", "birth_within_years"):
        yield _Event(kind, rate[kind])
    yield _Event("sex_other", rate["sex_other"])
    yield _Event("postcode_unit", rate["postcode_unit"])
    moved = (traits.addresses[person] > 1).astype(np.float64)
    # Two records differ when either is stale: the exact half, since this rate is large.
    stale = 1.0 - np.sqrt(1.0 - np.minimum(2.0 * rate["postcode_stale"], 0.95))
    yield _Event("postcode_stale", stale, weight=moved, even=True)


def _own_events(
    people: People, records: Records, traits: Traits, settings: Settings
) -> Iterator[_Event]:
    """The errors whose rates are shares of records."""
    person, source = records.person, records.source
    everywhere = np.ones(len(person))
    spelled_by_ear = np.array([o.transliterated for o in load_origins()])[people.origin][person]
    yield _Event("spelling", everywhere * (1.0 - settings.same_spelling), among=spelled_by_ear)
    yield _Event("marks", everywhere * settings.marks)
    yield _Event("name_placeholder", everywhere * settings.placeholder_names)
    yield _Event("title", everywhere * settings.titles)
    misuse = source == SUBSTANCE_MISUSE
    yield _Event("initial", everywhere * settings.initials, among=misuse)
    yield _Event("birth_default", everywhere * settings.default_date)
    yield _Event("postcode_pseudo", everywhere * settings.pseudo_postcode)
    for name in ("birth_date", "address"):
        shares = values_by_row([p.missing.get(name, 0.0) for p in PROFILES], source)
        yield _Event(f"{name}_missing", shares * settings.missing, even=name == "address")
    yield from _address_events(people, records, traits, settings)


def _address_events(
    people: People, records: Records, traits: Traits, settings: Settings
) -> Iterator[_Event]:
    """No fixed abode, more often at reception, and the establishment written as the home."""
    person, source = records.person, records.source
    justice = np.array([p.justice for p in PROFILES])[source]
    reception = np.array([p.reception for p in PROFILES])[source]
    nfa = np.where(
        reception,
        settings.nfa_reception,
        np.where(justice, settings.nfa_justice, settings.nfa_health),
    )
    ever = people.nfa_ever[person].astype(np.float64)
    yield _Event("no_fixed_abode", nfa, weight=ever, even=True)
    held = np.isin(source, HOLDING) & (records.stay >= 0)
    home = np.where(held, settings.prison_address, 0.0)
    yield _Event("establishment", home, among=held, even=True)


def between(hits: Hits, first: int, last: int) -> dict[str, list[int]]:
    """The hits of the records from `first` up to `last`, counted from `first`."""
    found = {}
    for kind, positions in hits.items():
        low, high = np.searchsorted(positions, (first, last))
        found[kind] = (positions[low:high] - first).tolist()
    return found
