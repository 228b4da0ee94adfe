"""Who is in the population, and how people hang together."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest

from mpi.identifiers import clean_identifier
from mpi.synthetic import SCENARIOS
from mpi.synthetic.issued import number_in, shuffled_blocks
from mpi.synthetic.origins import load_origins
from mpi.synthetic.people import make_people
from mpi.synthetic.stays import establishments
from mpi.synthetic.surnames import english_surnames
from mpi.synthetic.world import make_world, pieces

BASE = SCENARIOS["base"]


@pytest.fixture(scope="module")
def people():
    return make_people(20_000, BASE, np.random.default_rng(5))


@pytest.fixture(scope="module")
def world():
    return make_world(2_000, BASE, 3)


def test_people_have_four_records_on_average_and_some_more_than_twenty(population):
    counts = Counter(row["person"] for row in population.truth.values())

    assert len(counts) == population.summary.people
    assert np.mean(list(counts.values())) == pytest.approx(4.06, abs=0.25)
    assert 20 < max(counts.values()) <= BASE.records_maximum


def test_two_random_people_share_a_birth_date_about_as_often_as_counted(people):
    _, counts = np.unique(people.birth, return_counts=True)
    share = (counts * (counts - 1)).sum() / (len(people) * (len(people) - 1))

    assert share == pytest.approx(9.03e-5, rel=0.3)


def test_first_of_january_is_the_birthday_of_one_asylum_seeker_in_seven(people):
    dates = people.birth.astype("datetime64[D]").astype(str)
    new_year = np.array([date.endswith("01-01") for date in dates])
    alone = people.families.role == 0

    assert new_year[people.asylum & alone].mean() == pytest.approx(0.14, abs=0.04)
    assert new_year[~people.foreign & alone].mean() == pytest.approx(0.006 + 1 / 365, abs=0.004)


def test_three_in_a_hundred_people_are_twins(people):
    assert people.families.twin.mean() == pytest.approx(BASE.twins, abs=0.001)


def test_twins_share_birth_date_surname_and_home_but_no_forename(world):
    pairs = 0
    for piece in pieces(world):
        for at, person in enumerate(piece.chosen):
            head = int(world.people.families.head[person])
            if world.people.families.role[person] != 1:
                continue
            pairs += 1
            one, other = piece.called[at], piece.called[head - piece.chosen.start]
            assert world.people.birth[person] == world.people.birth[head]
            assert world.people.home[person] == world.people.home[head]
            assert world.people.family[person] == world.people.family[head]
            assert one.given != other.given
    assert pairs == round(2_000 * BASE.twins / 2)


def test_half_of_the_twins_are_of_one_sex(people):
    second = people.families.role == 1
    same = people.sex[second] == people.sex[people.families.head[second]]

    assert same.mean() == pytest.approx(0.5, abs=4 * 0.5 / sqrt(second.sum()))


def test_sons_bear_the_name_of_fathers_some_thirty_years_older(world):
    sons = np.flatnonzero(world.people.families.role == 2)
    fathers = world.people.families.head[sons]
    years = (world.people.birth[sons] - world.people.birth[fathers]) / 365.25

    assert len(sons) == round(2_000 * 0.30 * BASE.namesake_fathers)
    assert (world.people.given[sons] == world.people.given[fathers]).all()
    assert (world.people.family[sons] == world.people.family[fathers]).all()
    assert ((years > 25) & (years < 35)).all()


def test_brothers_and_sisters_of_a_household_share_a_number_and_nobody_else_does(people):
    sibship, role = people.families.sibship, people.families.role
    group, head = people.families.group, people.families.head
    siblings = np.flatnonzero(role == 3)
    children = np.flatnonzero(role == 5)

    assert len(siblings) > 100
    assert (sibship[siblings] >= 0).all()
    assert (sibship[siblings] == sibship[head[siblings]]).all()
    several = np.bincount(group[children])[group[children]] > 1
    assert several.any()
    assert (sibship[children[several]] >= 0).all()
    assert (sibship[children[~several]] == -1).all()
    sizes = np.bincount(sibship[sibship >= 0])
    assert set(sizes) - {0} >= {2, 3}
    assert 1 not in sizes
    assert (sibship[(role == 1) | (role == 2) | (role == 4) | (role == 6)] == -1).all()


def test_separated_identities_stay_two_persons_of_one_birth_date(people):
    apart = np.flatnonzero(people.families.role == 6)
    heads = people.families.head[apart]

    assert len(apart) >= 1
    assert (people.birth[apart] == people.birth[heads]).all()
    assert (people.home[apart] != people.home[heads]).all()


def test_a_household_of_relatives_holds_two_to_eight_people(people):
    sizes = np.bincount(people.families.group)

    assert sizes.max() <= 8
    # Relatives, twins, namesakes and separated identities.
    assert sizes[sizes > 1].sum() / len(people) == pytest.approx(0.15 + 0.03 + 0.012, abs=0.01)


def test_documentation_classes_have_their_shares_and_favour_the_settled(people):
    shares = np.bincount(people.documentation) / len(people)

    assert shares == pytest.approx(BASE.documentation, abs=0.012)
    worse = people.documentation > 0
    assert worse[people.foreign].mean() > 1.5 * worse[~people.foreign & ~people.nfa_ever].mean()


def test_surnames_are_as_varied_as_real_ones(people):
    british = people.family[people.origin == 0]
    commonest = Counter(british.tolist()).most_common(1)[0][1] / len(british)

    assert len(english_surnames()) > 10_000
    assert 0.008 < commonest < 0.016  # Smith is 1.15% of the country.
    assert len(set(british.tolist())) > 3_000


def test_forenames_go_out_of_fashion():
    british = load_origins()[0]
    shares = np.diff(british.given_odds[0], axis=1, prepend=0.0)
    leaders = {int(row.argmax()) for row in shares}

    assert len(leaders) > 2
    assert 0.005 < shares.max(axis=1).mean() < 0.06


def test_transliterated_origins_have_two_to_six_spellings():
    for origin in load_origins():
        if origin.transliterated:
            listed = [forms for forms in origin.family if len(forms) > 1]
            assert len(listed) >= 10, origin.name
            assert max(len(forms) for forms in (*origin.given[0], *listed)) <= 6, origin.name


def test_nobody_is_in_two_establishments_at_once(population):
    stays = defaultdict(set)
    for row in population.truth.values():
        if row["establishment"]:
            stays[row["person"]].add((row["custody_from"], row["custody_to"], row["establishment"]))
    several = [sorted(mine) for mine in stays.values() if len(mine) > 1]

    assert len(several) > 100
    for mine in several:
        assert all(a[1] < b[0] for a, b in pairwise(mine))


def test_few_records_follow_a_death(population):
    dead = [row for row in population.truth.values() if row["died"]]
    late = [row for row in dead if row["observed"] > row["died"]]

    assert len({row["person"] for row in dead}) == pytest.approx(80, abs=40)
    assert len(late) <= 4


def test_prison_and_its_health_care_tell_of_the_same_receptions(population):
    together = [
        ({d for r in rs if r.source == "nomis" for d in r.custody_dates},
         {d for r in rs if r.source == "hjis" for d in r.custody_dates})
        for rs in population.by_person("nomis", "hjis").values()
        if len({r.source for r in rs}) == 2
    ]  # fmt: skip

    assert len(together) > 100
    assert np.mean([bool(a & b) for a, b in together]) > 0.8


def test_courts_and_probation_share_sentence_dates_for_some(population):
    together = [
        ({d for r in rs if r.source == "courts" for d in r.sentence_dates},
         {d for r in rs if r.source == "ndelius" for d in r.sentence_dates})
        for rs in population.by_person("courts", "ndelius").values()
        if len({r.source for r in rs}) == 2
    ]  # fmt: skip
    shared = np.mean([bool(a & b) for a, b in together if a and b])

    assert 0.15 < shared < 0.75


def test_hundreds_of_people_share_an_establishment(population):
    known = {place.postcode for place in establishments()}
    residents = defaultdict(set)
    for key, row in population.truth.items():
        for code in population.records[key].postcodes:
            if code in known:
                residents[code].add(row["person"])

    assert len(known) == 120
    assert len(residents) > 90
    assert np.mean([len(people) for people in residents.values()]) > 5


@pytest.mark.parametrize("system", ["nhs-number", "pnc", "cro", "noms-number", "crn", "nino"])
def test_only_planned_people_share_an_identifier(population, system):
    wrong = {
        key
        for (attribute, error), keys in population.errors.items()
        if attribute == system and error in ("wrong_person", "century", "keying")
        for key in keys
    }
    holders = defaultdict(set)
    for key, record in population.records.items():
        for identifier in record.identifiers:
            value = clean_identifier(system, identifier.value)
            if identifier.system == system and value and key not in wrong:
                holders[value].add(population.truth[key]["person"])
    shared = [people for people in holders.values() if len(people) > 1]

    assert len(holders) > 500
    assert len(shared) <= 1
    if system == "nhs-number":
        assert all(value.startswith("999") for value in holders)


def test_nhs_numbers_are_missing_together_with_police_numbers(population):
    lacks = []
    for records in population.by_person("hjis", "nomis", "ndelius").values():
        health = [r for r in records if r.source == "hjis"]
        justice = [r for r in records if r.source != "hjis"]
        if health and justice:
            lacks.append(
                tuple(
                    not any(i.system == system for r in mine for i in r.identifiers)
                    for system, mine in (("nhs-number", health), ("pnc", justice))
                )
            )

    assert len(lacks) > 200
    assert np.corrcoef(np.array(lacks, dtype=float).T)[0, 1] > 0.08


def test_nine_in_ten_prison_health_records_have_an_nhs_number(population):
    mine = [r for r in population.records.values() if r.source == "hjis"]
    present = [any(i.system == "nhs-number" for i in r.identifiers) for r in mine]

    assert np.mean(present) == pytest.approx(0.91, abs=0.03)


def test_a_third_of_prisoners_have_aliases_and_few_have_many(population):
    prisoners = {row["person"]: row for k, row in population.truth.items() if k.source == "nomis"}
    counts = np.array([row["alias_count"] for row in prisoners.values()])

    assert np.mean(counts > 0) == pytest.approx(BASE.aliases, abs=4 * sqrt(0.23 / len(counts)))
    assert np.mean(counts >= 4) == pytest.approx(BASE.aliases_many, abs=0.025)


@pytest.mark.parametrize(
    ("people", "prefixes"), [(1_000, {"999"}), (1_000_000, {"999", "998", "997"})]
)
def test_more_people_than_one_test_range_holds_have_numbers_of_the_next(people, prefixes):
    blocks = shuffled_blocks(people, np.random.default_rng(1))[:20_000].tolist()
    numbers = {number_in(block, upper=False) for block in blocks}

    assert len(numbers) == 20_000
    assert {number[:3] for number in numbers} == prefixes
    assert all(clean_identifier("nhs-number", number) == number for number in numbers)
