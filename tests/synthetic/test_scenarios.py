"""Each scenario generates, and differs from the base in what it is named for."""

from __future__ import annotations

import numpy as np
import pytest

from mpi.synthetic import SCENARIOS
from mpi.synthetic.origins import load_origins


@pytest.fixture(scope="module")
def base(make):
    return make("base")


def share(population, said):
    """Share of people of whom something is true."""
    return np.mean([said(row) for row in population.people.values()])


def test_the_ten_scenarios_ship():
    wanted = "base clean cross_domain_2x ids_scarce ids_wrong aliases_heavy twins_heavy nfa_heavy "
    wanted += "transliteration_heavy prison_address_only"

    assert list(SCENARIOS) == wanted.split()


def test_clean_data_holds_no_error(make):
    clean = make("clean")

    assert clean.errors == {}
    assert all(r.birth_dates and r.names[0].family for r in clean.records.values())


def test_cross_domain_2x_doubles_the_errors(base, make):
    doubled = make("cross_domain_2x")
    kinds = (
        ("given_name", "given_near"),
        ("family_name", "family_near"),
        ("birth_date", "birth_part"),
    )
    before, after = (sum(len(p.errors[k]) for k in kinds) for p in (base, doubled))

    assert 1.5 < after / before < 2.6


def test_scarce_identifiers_halve_coverage(base, make):
    scarce = make("ids_scarce")
    found = [
        sum(i.system in ("pnc", "cro") for r in p.records.values() for i in r.identifiers)
        for p in (base, scarce)
    ]

    assert found[1] / found[0] == pytest.approx(0.5, abs=0.06)


def test_wrong_identifiers_are_five_times_as_many(make):
    wrong = make("ids_wrong")
    systems = ("nhs-number", "pnc", "cro", "noms-number", "crn", "nino")
    shown = sum(i.system in systems for r in wrong.records.values() for i in r.identifiers)
    realised = sum(len(wrong.errors[system, "wrong_person"]) for system in systems)

    assert realised / shown == pytest.approx(0.01, abs=0.006)


def test_seven_in_ten_have_aliases_where_they_are_heavy(make):
    heavy = make("aliases_heavy")
    prisoners = {row["person"]: row for k, row in heavy.truth.items() if k.source == "nomis"}

    assert np.mean([r["alias_count"] > 0 for r in prisoners.values()]) == pytest.approx(
        0.7, abs=0.14
    )


def test_twins_are_one_in_eight_where_they_are_heavy(make):
    assert share(make("twins_heavy"), lambda row: row["twin"]) == pytest.approx(0.12, abs=0.005)


def test_three_in_ten_have_no_fixed_abode_where_it_is_heavy(make):
    heavy = make("nfa_heavy")
    justice = [
        k for k in heavy.truth if k.source in ("nomis", "ndelius", "police_custody", "courts")
    ]
    struck = set(heavy.errors["postcode", "no_fixed_abode"])

    assert np.mean([key in struck for key in justice]) > 0.28


def test_transliterated_names_outnumber_the_others_where_they_are_heavy(base, make):
    spelled = {o.name for o in load_origins() if o.transliterated}
    shares = [
        share(p, lambda row: row["name_origin"] in spelled)
        for p in (base, make("transliteration_heavy"))
    ]

    assert shares[0] < 0.25
    assert shares[1] > 0.4


def test_prisons_know_no_other_address_than_their_own(make):
    only = make("prison_address_only")
    homeless = set(only.errors["postcode", "no_fixed_abode"])
    inside = set(only.errors["postcode", "establishment"])
    held = [r for r in only.records.values() if r.source == "nomis" and r.key not in homeless]
    settled = [r for r in held if r.addresses]

    assert len(settled) > 50
    # A prison that is not known for certain stands for 98 in 100 records.
    assert np.mean([len(r.addresses) == 1 and r.key in inside for r in settled]) > 0.95
