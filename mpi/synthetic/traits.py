"""What else is true of people that records speak of: aliases, addresses, occupation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mpi.synthetic import profiles
from mpi.synthetic.arrays import Bools, Ints, Random
from mpi.synthetic.people import FEMALE, People
from mpi.synthetic.settings import Settings

MOST_ADDRESSES: Final = 5
_YEARS: Final = 8.0
"""Length of the address history, in years."""


@dataclass(frozen=True, slots=True)
class Traits:
    """One entry per person.

    `addresses` is how many the history holds; `hostel` says that the latest is approved premises.
    `alias_count` is the number of aliases, `alias_birth` whether there is another birth date,
    `former_name` whether registers know an earlier surname.
    """

    addresses: Ints
    hostel: Bools
    alias_count: Ints
    alias_birth: Bools
    former_name: Bools
    has_phone: Bools
    has_email: Bools


def draw_traits(people: People, settings: Settings, rng: Random) -> Traits:
    """Draw them for everybody."""
    count = len(people)
    justice = people.setting != profiles.COMMUNITY
    yearly = np.where(justice, settings.moves_yearly_justice, settings.moves_yearly)
    return Traits(
        addresses=1 + np.minimum(rng.poisson(yearly * _YEARS), MOST_ADDRESSES - 1),
        hostel=justice & (rng.random(count) < settings.hostels),
        alias_count=_alias_counts(justice, settings, rng),
        alias_birth=justice & (rng.random(count) < settings.alias_birth_dates),
        former_name=rng.random(count) < np.where(people.sex == FEMALE, 0.25, 0.03),
        has_phone=rng.random(count) < 0.75,
        has_email=rng.random(count) < 0.45,
    )


def _alias_counts(justice: Bools, settings: Settings, rng: Random) -> Ints:
    """None for most, one to three for some, four and more for a few."""
    uniform, count = rng.random(len(justice)), len(justice)
    few = 1 + (rng.random(count) > 0.55).astype(np.int64) + (rng.random(count) > 0.8)
    many = 4 + rng.geometric(0.5, count)
    drawn = np.where(uniform < settings.aliases_many, np.minimum(many - 1, 10), few)
    return np.where(justice & (uniform < settings.aliases), drawn, 0)
