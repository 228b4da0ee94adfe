"""u over pairs of different people: all that share a key, and a sample for the rest."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from mpi.linking.engines.duckdb import Limits, connection, store_compared, store_pairs
from mpi.model.comparisons import BIRTH_DATE, COMPARISONS, NAME, SEX
from mpi.model.frequencies import NO_FREQUENCIES, annotate, annotate_table
from mpi.model.levels import Learning
from mpi.model.scoring import _compile, comparable
from mpi.records import Identifier, Name, Record
from mpi.training.deterministic import MOST_HOLDERS, certain_people
from mpi.training.different import People, shares_among_different
from mpi.training.estimate import Effort
from mpi.training.level_counts import level_counts
from tests.invented import rows_of

NOTHING = np.empty(0, dtype=np.int64)


def person(number, given, family, birth_date="1980-02-03", sex="M", identifiers=()):
    return Record(
        source="pds",
        source_id=f"{number:04d}",
        names=(Name(given, family),),
        birth_dates=(birth_date,),
        sex=sex,
        identifiers=identifiers,
    )


@pytest.fixture(scope="module")
def crowd():
    """Forty people: of each two one forename, of each ten one family name and birth date."""
    givens = [f"{letter}{vowel}RGUS" for letter in "BCDFGHJKLM" for vowel in "AO"]
    families = ["QUILLHURST", "MERROWDEN", "ASHVANE", "TOLBRIDGE"]
    return rows_of(
        [
            person(n, givens[n % 20], families[n // 10], f"19{60 + n // 10}-04-05", "MF"[n % 2])
            for n in range(40)
        ]
    )


def counted_one_by_one(rows, comparison):
    level_of = _compile(comparison)
    found = {level.code: 0 for level in comparison.scored}
    pairs = [comparable(annotate(dict(row), NO_FREQUENCIES)) for row in rows.to_pylist()]
    for left, right in combinations(pairs, 2):
        level = comparison.levels[level_of(left, right)]
        if not level.null:
            found[level.code] += 1
    return found


def test_pairs_are_counted_at_the_level_that_the_scorer_gives_them(crowd):
    wanted = [c for c in COMPARISONS if c.learning is Learning.LEARNED]
    left, right = map(list, zip(*combinations(range(len(crowd)), 2), strict=True))
    with connection(Limits()) as con:
        store_compared(con, annotate_table(crowd, NO_FREQUENCIES))
        store_pairs(con, left, right)
        pairs = "SELECT join_key_l l, join_key_r r, join_key_l % 3 = 0 flag FROM candidate"
        counts = level_counts(con, wanted, pairs)
    for comparison in wanted:
        found = counts[comparison.name]
        expected = counted_one_by_one(crowd, comparison)
        assert {code: sum(both) for code, both in found.items()} == expected
    third = sum(len(crowd) - 1 - n for n in range(0, len(crowd), 3))
    assert sum(flagged for flagged, _ in counts["source_system"].values()) == third


def test_u_is_exact_where_pairs_share_a_key_and_sampled_elsewhere(crowd):
    people = People.drawn(crowd, np.arange(len(crowd)), without=NOTHING, seed=1)
    with connection(Limits()) as con:
        store_compared(con, annotate_table(crowd, NO_FREQUENCIES))
        u = shares_among_different(
            con, people, [NAME, BIRTH_DATE, SEX], Effort(u_pairs=200_000, seed=1)
        )
    for comparison in (NAME, BIRTH_DATE, SEX):
        expected = counted_one_by_one(crowd, comparison)
        shares = u[comparison.name]
        assert sum(shares.values()) == pytest.approx(1.0)
        for code, count in expected.items():
            if count:
                assert shares[code] == pytest.approx(count / people.pairs, rel=0.02)
            else:
                assert 0 < shares[code] < 1 / people.pairs


def test_a_comparison_of_one_outcome_tells_nothing():
    rows = rows_of([person(n, "TARLY", "QUILLHURST" if n % 2 else "ASHVANE") for n in range(8)])
    people = People.drawn(rows, np.arange(8), without=NOTHING, seed=1)
    with connection(Limits()) as con:
        store_compared(con, annotate_table(rows, NO_FREQUENCIES))
        u = shares_among_different(con, people, [NAME, SEX], Effort(u_pairs=100, seed=1))
    assert "sex" not in u
    assert "name" in u


def test_each_cluster_gives_one_record_and_suppressed_keys_are_left_out(crowd):
    cluster = np.arange(len(crowd)) // 4
    people = People.drawn(crowd, cluster, without=NOTHING, seed=7)
    assert sorted(people.records // 4) == list(range(10))
    assert set(people.keys.column("record_no").to_pylist()) == set(people.records.tolist())
    every = np.unique(people.keys.column("key").to_numpy())
    without = People.drawn(crowd, cluster, without=every[:5], seed=7)
    assert not set(without.keys.column("key").to_pylist()) & set(every[:5].tolist())


NHS = (Identifier("nhs-number", "9990000026"),)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (person(1, "Bargus", "Ashvane"), person(2, "Bargus", "Ashvane"), True),
        (person(1, "Bargus", "Ashvane"), person(2, "Bargus", "Ashvane", "1980-02-04"), False),
        (person(1, "Bargus", "Ashvane"), person(2, "Borgus", "Ashvane"), False),
        (
            person(1, "Bargus", "Ashvane", identifiers=NHS),
            person(2, "Colm", "Merrow", "1971-01-09", identifiers=NHS),
            True,
        ),
    ],
)
def test_only_an_identifier_or_full_name_and_birth_date_make_it_certain(one, other, together):
    labels = certain_people(rows_of([one, other]), Limits())
    assert (labels[0] == labels[1]) is np.bool_(together)


def test_what_very_many_share_makes_nobody_certain():
    crowd = [
        person(n, f"{'BCDFGHJKLM'[n % 10]}ARGU", f"{'PQRST'[n // 10]}OLE", identifiers=NHS)
        for n in range(MOST_HOLDERS + 1)
    ]
    assert len(set(certain_people(rows_of(crowd), Limits()).tolist())) == len(crowd)


def test_people_are_drawn_alike_however_many_records_they_have(monkeypatch):
    monkeypatch.setattr("mpi.training.different.MOST_PEOPLE", 200)
    cluster = np.array([*range(500), *np.repeat(np.arange(500, 1000), 9)])
    keys = pa.array([[n] for n in range(len(cluster))], pa.list_(pa.int64()))
    drawn = People.drawn(pa.table({"blocking_keys": keys}), cluster, without=NOTHING, seed=3)
    many = (cluster[drawn.records] >= 500).mean()
    assert len(drawn.records) == 200
    assert 0.35 < many < 0.65
