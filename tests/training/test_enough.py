"""Feeds that hold too little to learn from are refused in words, before or instead of a model."""

from __future__ import annotations

import random

import pytest

from mpi.errors import TooLittleData
from mpi.linking.engines.duckdb import Limits
from mpi.records import Identifier, Name, Record
from mpi.training.enough import LEAST_PAIRS
from mpi.training.estimate import Effort
from mpi.training.train import Training, train
from tests.invented import rows_of

TRAINING = Training("tried", Effort(u_pairs=2e4, em_pairs=2e4), limits=Limits(threads=2))
NUMBERS = ("9990000018", "9990000026", "9990000034", "9990000042", "9990000050")


def people(count, of, copies=2):
    """Some people with a record in each of so many sources."""
    held = ((n, of(n)) for n in range(count))
    return [Record(f"s{k}", f"{n:04d}", **each) for n, each in held for k in range(copies)]


def word(n):
    """A word of its own for each number."""
    draw = random.Random(n)
    return "".join(draw.choice("bdfgklmnprst") + draw.choice("aeiou") for _ in range(4)).title()


def date(n):
    draw = random.Random(f"date {n}")
    return f"{draw.randint(1950, 2000)}-{draw.randint(2, 12):02d}-{draw.randint(2, 28):02d}"


def names(n):
    return {"names": (Name(word(n), word(-n - 1)),)}


def dates(n):
    return {"birth_dates": (date(n),)}


TOO_LITTLE = {
    "nothing": (people(60, lambda n: {}), "say nothing alone"),
    "names alone": (people(60, names), "say name alone"),
    "dates alone": (people(60, dates), "say birth_date alone"),
    "sex alone": (people(60, lambda n: {"sex": "F"}), "say sex alone"),
    "no names and no identifiers": (
        people(60, lambda n: {**dates(n), "sex": "FM"[n % 2], "town": word(n % 7)}),
        "agreement on birth_date is worth cannot be learned",
    ),
    "nobody like anybody": (
        people(150, lambda n: {**names(n), **dates(n), "sex": "F"}, copies=1),
        "cannot be learned",
    ),
    "a handful of people twice": (
        people(LEAST_PAIRS - 1, lambda n: {**names(n), **dates(n)})
        + people(100, lambda n: {**names(n + 1000), **dates(n + 1000)}, copies=1),
        rf"{LEAST_PAIRS - 1} pairs .* {LEAST_PAIRS} are needed",
    ),
}


@pytest.mark.parametrize("case", TOO_LITTLE)
def test_feeds_that_teach_nothing_are_refused_with_the_reason(case):
    records, reason = TOO_LITTLE[case]
    with pytest.raises(TooLittleData, match=reason):
        train(rows_of(records), TRAINING)


def test_records_without_any_name_are_enough_where_identifiers_tell_who_is_who():
    def unnamed(n):
        held = (Identifier("crn", f"X{n:06d}"), Identifier("nhs-number", NUMBERS[n % 5]))
        return {**dates(n), "identifiers": held if n < 5 else held[:1]}

    made = train(rows_of(people(60, unnamed)), TRAINING)
    assert "name" not in made.levels
    assert made.levels["birth_date"]["same"].weight > 0


def test_feeds_of_one_person_are_refused():
    one = [Record(f"s{n}", "1", **names(1), **dates(1)) for n in range(120)]
    with pytest.raises(TooLittleData):
        train(rows_of(one), TRAINING)
