"""Which records there are: sources, registrations, stays in custody, sentences, dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mpi.synthetic import profiles
from mpi.synthetic.arrays import Bools, Ints, Random, day, pick_by_row, values_by_row
from mpi.synthetic.people import TODAY, YEAR, People
from mpi.synthetic.settings import Settings
from mpi.synthetic.stays import Stays, make_stays

EARLIEST = day("2010-01-01")
NEVER = day("2200-01-01")


@dataclass(frozen=True, slots=True)
class Records:
    """One entry per record, in order of person.

    `stay` is a position in the stays (-1: none). `duplicate` marks a second registration in the
    source, `merged` one that the source later noticed. `sentence` and `arrest` are days (-1: none);
    `observed` is the day the system last touched the record.
    """

    person: Ints
    source: Ints
    number: Ints
    stay: Ints
    duplicate: Bools
    merged: Bools
    sentence: Ints
    arrest: Ints
    observed: Ints
    first: Ints
    """Per person, the position of the first record; one more entry closes the last person."""

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is drawn of each record before its dates: person, source and stay."""

    person: Ints
    source: Ints
    stay: Ints
    stays: Stays

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True, slots=True)
class Plan:
    """The records of a population, the stays they speak of, and the day each person died."""

    records: Records
    stays: Stays
    died: Ints


def plan_records(people: People, settings: Settings, rng: Random) -> Plan:
    """Draw the records of every person."""
    counts = _counts(len(people), settings, rng)
    person = np.repeat(np.arange(len(people)), counts)
    source = _sources(people, person, counts, rng)
    person, source, duplicate = _register_twice(person, source, settings, rng)
    stays, stay = make_stays(people, person, source=source, rng=rng)
    drawn = _Drawn(person, source, stay, stays)
    died, observed = _observed(people, drawn, settings, rng)
    records = Records(
        person=person,
        source=source,
        number=_numbers(source, rng),
        stay=stay,
        duplicate=duplicate,
        merged=duplicate & (rng.random(len(person)) < settings.duplicate_merged),
        sentence=_sentences(drawn, observed, rng),
        arrest=_arrests(drawn, observed, rng),
        observed=observed,
        first=np.searchsorted(person, np.arange(len(people) + 1)),
    )
    return Plan(records=records, stays=stays, died=died)


def _counts(people: int, settings: Settings, rng: Random) -> Ints:
    """Records per person: one, and a negative binomial number more."""
    mean, shape = settings.records_mean - 1.0, settings.records_shape
    more = rng.negative_binomial(shape, shape / (shape + mean), people)
    return np.minimum(1 + more, settings.records_maximum)


def _sources(people: People, person: Ints, counts: Ints, rng: Random) -> Ints:
    """First the main source of the setting, second mostly the demographic service, then any."""
    setting = people.setting[person]
    at = np.arange(len(person)) - np.repeat(np.cumsum(counts) - counts, counts)
    source = pick_by_row(rng, profiles.SOURCE_WEIGHTS, setting)
    main = np.asarray(profiles.MAIN_SOURCE)[setting]
    source = np.where((at == 0) & (main >= 0), main, source)
    demographic = rng.random(len(person)) < values_by_row(profiles.PDS_SHARE, setting)
    source = np.where((at == 1) & demographic, profiles.PDS, source)
    return _fitting_source(people, person, source)


def _fitting_source(people: People, person: Ints, source: Ints) -> Ints:
    """The youth estate holds nobody who was grown before the feeds begin; prisons no children."""
    grown = (people.birth[person] + 18 * YEAR) <= EARLIEST + 365
    child = (people.birth[person] + 18 * YEAR) >= TODAY - 365
    young = source == profiles.CYPSE
    adult = source == profiles.NOMIS
    return np.where(young & grown, profiles.NOMIS, np.where(adult & child, profiles.CYPSE, source))


def _register_twice(
    person: Ints, source: Ints, settings: Settings, rng: Random
) -> tuple[Ints, Ints, Bools]:
    """Add a second registration for some people in sources that issue a number of their own."""
    pairs = np.unique(person * len(profiles.SOURCES) + source)
    issues = np.isin(pairs % len(profiles.SOURCES), list(profiles.ISSUES))
    again = pairs[issues & (rng.random(len(pairs)) < settings.duplicate_registration)]
    per_person = np.bincount(person, minlength=int(person[-1]) + 1)
    again = again[per_person[again // len(profiles.SOURCES)] < settings.records_maximum]
    everyone = np.concatenate([person, again // len(profiles.SOURCES)])
    sources = np.concatenate([source, again % len(profiles.SOURCES)])
    duplicate = np.arange(len(everyone)) >= len(person)
    order = np.argsort(everyone, kind="stable")
    return everyone[order], sources[order], duplicate[order]


def _numbers(source: Ints, rng: Random) -> Ints:
    """Row keys: a random order within each source, so that they tell nothing of the person."""
    number = np.zeros(len(source), dtype=np.int64)
    for each in range(len(profiles.SOURCES)):
        mine = source == each
        number[mine] = rng.permutation(int(mine.sum()))
    return number


def _observed(people: People, drawn: _Drawn, settings: Settings, rng: Random) -> tuple[Ints, Ints]:
    """When each person died, and when each record was last touched: before that, but for a few."""
    person, stay, count = drawn.person, drawn.stay, len(drawn)
    begin = np.maximum(EARLIEST, people.birth[person] + int(10.2 * YEAR))
    touched = begin + (rng.random(count) * (TODAY - begin)).astype(np.int64)
    # A demographic record is kept up to date; the others were touched at an episode.
    kept_up = drawn.source == profiles.PDS
    touched = np.where(kept_up, TODAY - rng.integers(0, 900, count), touched)
    touched = np.maximum(touched, begin)
    observed = np.where(stay >= 0, drawn.stays.end[stay], touched)
    last = np.zeros(len(people), dtype=np.int64)
    np.maximum.at(last, person, observed)
    dies = rng.random(len(people)) < settings.deaths
    died = np.where(dies, np.minimum(last + rng.integers(1, 400, len(people)), TODAY), NEVER)
    late = (died[person] < NEVER) & (stay < 0) & (rng.random(count) < settings.after_death)
    return died, np.where(late, died[person] + rng.integers(1, 200, count), observed)


def _some_stay(drawn: _Drawn, rng: Random) -> Ints:
    """For each record one stay of its person, -1 for people who had none."""
    begin = drawn.stays.first[drawn.person]
    size = drawn.stays.first[drawn.person + 1] - begin
    chosen = begin + (rng.random(len(drawn)) * size).astype(np.int64)
    return np.where(size > 0, chosen, -1)


def _sentences(drawn: _Drawn, observed: Ints, rng: Random) -> Ints:
    """Sentence days: that of the stay, and the same day in probation and courts for most."""
    count, source, stay = len(drawn), drawn.source, drawn.stay
    some = np.where(stay >= 0, stay, _some_stay(drawn, rng))
    custodial = (stay >= 0) | (rng.random(count) < 0.7)
    of_stay = np.where((some >= 0) & custodial, drawn.stays.sentence[some], -1)
    community = observed - rng.integers(30, 700, count)
    day_off = rng.random(count) < 0.004
    noted = np.where(day_off & (source == profiles.COURTS), rng.integers(1, 14, count), 0)
    told = np.isin(source, (profiles.NDELIUS, profiles.COURTS)) & (rng.random(count) < 0.8)
    told |= np.isin(source, (profiles.NOMIS, profiles.CYPSE)) & (of_stay >= 0)
    return np.where(told, np.where(of_stay >= 0, of_stay + noted, community), -1)


def _arrests(drawn: _Drawn, observed: Ints, rng: Random) -> Ints:
    """Police custody began on the day of a later reception, shortly before, or on its own."""
    count = len(drawn)
    some = _some_stay(drawn, rng)
    leads = (some >= 0) & (rng.random(count) < 0.5)
    before = rng.integers(0, 4, count)
    alone = observed - rng.integers(0, 2, count)
    arrest = np.where(leads, drawn.stays.start[some] - before, alone)
    return np.where(drawn.source == profiles.POLICE, arrest, -1)
