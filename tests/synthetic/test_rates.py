"""Realised rates are those of the settings, within the limits of chance."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import numpy as np
import pytest

from mpi.cleaning import family_tokens, given_tokens
from mpi.synthetic import SCENARIOS
from mpi.synthetic.dating import change_part
from mpi.synthetic.profiles import HOLDING, PROFILES, SOURCES

BASE = SCENARIOS["base"]
FACTOR = {p.name: p.error_factor for p in PROFILES}
JUSTICE = {p.name: p.justice for p in PROFILES}
RECEPTION = {p.name: p.reception for p in PROFILES}


def within_limits(realised, expected, variance=None, z=4.0):
    """Whether a count is as near its expectation as a binomial one would be."""
    return abs(realised - expected) <= z * sqrt(max(expected if variance is None else variance, 1))


def sources_of(population, *names):
    """Truth rows by key, of some sources."""
    return {key: row for key, row in population.truth.items() if key.source in names}


def record_rate(rate, source):
    """The rate per record of a rate counted over pairs."""
    rates = BASE.justice if JUSTICE[source] else BASE.nhs
    return getattr(rates, rate) / 2 * FACTOR[source]


@pytest.mark.parametrize(
    ("attribute", "error"),
    [
        ("given_name", "given_near"),
        ("given_name", "given_other"),
        ("family_name", "family_near"),
        ("name", "both_names"),
        ("name", "exchanged"),
        ("name", "alias_as_usual"),
        ("birth_date", "birth_part"),
        ("birth_date", "birth_swap"),
        ("birth_date", "birth_several"),
        ("birth_date", "birth_within_years"),
        ("birth_date", "birth_alias"),
        ("sex", "sex_other"),
    ],
)
def test_pair_rates_are_realised(population, attribute, error):
    expected = sum(record_rate(error, key.source) for key in population.truth)

    assert within_limits(len(population.errors[attribute, error]), expected)


@pytest.mark.parametrize("sex", ["male", "female"])
def test_surnames_change_at_the_rate_of_each_sex(population, sex):
    error = f"family_other_{sex}"
    # Sex not known counts with men, whose rate is the lower one.
    mine = [
        k for k, row in population.truth.items() if (row["sex"] == "female") == (sex == "female")
    ]
    expected = sum(record_rate(error, key.source) for key in mine)
    realised = population.errors["family_name", error]

    assert set(realised) <= set(mine)
    assert within_limits(len(realised), expected)


@pytest.mark.parametrize(
    ("attribute", "error", "share"),
    [
        ("name", "placeholder", BASE.placeholder_names),
        ("given_name", "title", BASE.titles),
        ("birth_date", "default", BASE.default_date),
        ("postcode", "pseudo", BASE.pseudo_postcode),
    ],
)
def test_shares_of_records_are_realised(population, attribute, error, share):
    count = len(population.truth)

    assert within_limits(len(population.errors[attribute, error]), count * share)


def test_no_fixed_abode_is_commonest_at_reception(population):
    for source in SOURCES:
        mine = [key for key in population.truth if key.source == source]
        health = BASE.nfa_justice if JUSTICE[source] else BASE.nfa_health
        share = BASE.nfa_reception if RECEPTION[source] else health
        realised = sum(k.source == source for k in population.errors["postcode", "no_fixed_abode"])
        # Only people who ever had none suffer it, so records of one person go together.
        assert within_limits(realised, len(mine) * share, variance=4 * len(mine) * share), source


def test_the_prison_is_the_home_of_two_in_five_held_people(population):
    holding = {SOURCES[source] for source in HOLDING}
    held = [
        k for k, row in population.truth.items() if k.source in holding and row["establishment"]
    ]
    realised = len(population.errors["postcode", "establishment"])

    assert within_limits(realised, len(held) * BASE.prison_address)


def test_transliterated_names_keep_their_spelling_in_seven_of_ten_records(population):
    from mpi.synthetic.origins import load_origins

    spelled = {o.name for o in load_origins() if o.transliterated}
    among = {k for k, row in population.truth.items() if row["name_origin"] in spelled}
    struck = {k for a in ("given_name", "family_name") for k in population.errors[a, "spelling"]}

    assert struck <= among
    assert within_limits(len(struck), len(among) * (1 - BASE.same_spelling))


@pytest.mark.parametrize(
    ("error", "share"),
    [("wrong_person", BASE.wrong_identifier), ("keying", BASE.keying_error)],
)
def test_identifiers_are_wrong_at_the_rates_set(population, error, share):
    systems = ("nhs-number", "pnc", "cro", "noms-number")
    shown = sum(i.system in systems for r in population.records.values() for i in r.identifiers)
    realised = sum(len(population.errors[system, error]) for system in systems)

    assert within_limits(realised, shown * share)


def test_second_registrations_are_as_rare_as_set(population):
    issuing = {"nomis", "ndelius", "pds", "hjis", "secure_hospital", "cypse"}
    issuing |= {"community_mental_health", "substance_misuse", "social_care"}
    known = {
        (row["person"], k.source) for k, row in population.truth.items() if k.source in issuing
    }
    twice = sum(row["duplicate_registration"] for row in population.truth.values())

    assert within_limits(twice, len(known) * BASE.duplicate_registration)


def test_wrong_date_components_are_spread_as_counted():
    rolls = np.random.default_rng(1).integers(0, 1 << 30, 20_000).tolist()
    before = (1984, 6, 14)
    changes = [change_part("1984-06-14", roll) for roll in rolls]
    parts = [[int(part) for part in iso.split("-")] for iso in changes]
    steps = [[abs(a - b) for a, b in zip(part, before, strict=True)] for part in parts]
    moved = Counter(
        name
        for step in steps
        for name, size in zip(("year", "month", "day"), step, strict=True)
        if size
    )
    out_by_one = sum(sum(step) == 1 for step in steps)

    assert sum(moved.values()) == len(parts)
    assert moved["day"] / len(parts) == pytest.approx(274 / 582, abs=0.015)
    assert moved["month"] / len(parts) == pytest.approx(172 / 582, abs=0.015)
    assert out_by_one / len(parts) == pytest.approx(193 / 582, abs=0.015)


def test_names_of_two_nhs_records_differ_about_as_often_as_counted(population):
    """Counted: forenames 2.4%, surnames of men 2.2%, where names need no transliteration."""
    given, family = [], []
    for person, records in population.by_person("pds", "community_mental_health").items():
        row = population.people[person]
        by_source = {record.source: record for record in records}
        if len(by_source) == 2 and row["name_origin"] == "british" and row["sex"] == "male":
            pair = [by_source[source].names[0] for source in sorted(by_source)]
            given.append(len({given_tokens(name.given)[:1] for name in pair}) > 1)
            family.append(len({"".join(family_tokens(name.family)) for name in pair}) > 1)

    assert len(given) > 150
    assert 0.003 < np.mean(given) < 0.065
    assert 0.003 < np.mean(family) < 0.065


def test_errors_come_together_in_one_record(population):
    name = {
        *population.errors["given_name", "given_near"],
        *population.errors["family_name", "family_near"],
    }
    date = {
        k
        for (a, e), keys in population.errors.items()
        if a == "birth_date" and e.startswith("birth_")
        for k in keys
    }
    count = len(population.truth)

    assert len(name & date) / count > 1.3 * (len(name) / count) * (len(date) / count)


def test_poorly_documented_people_suffer_more_errors(population):
    struck = population.errors["given_name", "given_near"]
    share = {}
    for level in ("well", "poorly"):
        mine = {k for k, row in population.truth.items() if row["documentation_class"] == level}
        share[level] = sum(key in mine for key in struck) / len(mine)

    assert share["poorly"] > 1.3 * share["well"]
