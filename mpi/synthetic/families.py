"""Who belongs together: twins, fathers and sons of one name, relatives, and everybody else.

People are numbered group by group, so a group is a run of neighbours. The head of a group is its
first member; the others are described relative to the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mpi.synthetic.arrays import Bools, Ints, Random, pick
from mpi.synthetic.settings import Settings

HEAD, TWIN, NAMESAKE, SIBLING, PARTNER, CHILD, SEPARATED = range(7)
"""What a person is to the head of the group."""

_SIZES: Final = (0.62, 0.20, 0.09, 0.05, 0.02, 0.013, 0.007)
"""Shares of households of 2 to 8 people who are all in the data."""

_ROLES: Final = (0.45, 0.20, 0.35)
"""Shares of siblings, partners and children among the relatives of a head."""

_FATHERS = 0.30
"""Share of people who are men old enough to have a grown son."""


@dataclass(frozen=True, slots=True)
class Families:
    """Per person: the group, its head's position and the role towards the head."""

    group: Ints
    head: Ints
    role: Ints

    @property
    def twin(self) -> Bools:
        """Both members of every pair of twins."""
        return self._paired(TWIN)

    @property
    def namesake(self) -> Bools:
        """Fathers and sons of one name."""
        return self._paired(NAMESAKE)

    @property
    def separated(self) -> Bools:
        """Both identities of those whose identity was separated."""
        return self._paired(SEPARATED)

    @property
    def sibship(self) -> Ints:
        """A number that brothers and sisters share, twins aside; -1 for who has none here.

        The head of a household with its siblings, and the head's children among themselves.
        """
        found = np.full(len(self.role), -1)
        for place, mine in enumerate((self._paired(SIBLING), self.role == CHILD)):
            found[mine] = 2 * self.group[mine] + place
        alone = np.bincount(found + 1)[found + 1] < 2
        return np.where(alone, -1, found)

    def _paired(self, role: int) -> Bools:
        mine: Bools = self.role == role
        mine[self.head[mine]] = True
        return mine


def form_families(people: int, settings: Settings, rng: Random) -> Families:
    """Groups for a number of people, in random order."""
    sizes, kinds = _groups(people, settings, rng)
    order = rng.permutation(len(sizes))
    sizes, kinds = sizes[order], kinds[order]
    starts = np.cumsum(sizes) - sizes
    group = np.repeat(np.arange(len(sizes)), sizes)
    head = np.repeat(starts, sizes)
    is_head = np.arange(people) == head
    relative = SIBLING + pick(rng, _ROLES, people)
    # A head has one partner at most: the first relative may be it.
    late_partner = (relative == PARTNER) & (np.arange(people) > head + 1)
    relative[late_partner] = CHILD
    kind = np.repeat(kinds, sizes)
    role = np.where(kind == SIBLING, relative, kind)
    role[is_head] = HEAD
    return Families(group=group, head=head, role=role)


def _groups(people: int, settings: Settings, rng: Random) -> tuple[Ints, Ints]:
    """Group sizes and kinds that add up to the number of people."""
    pairs = [
        (TWIN, round(people * settings.twins / 2)),
        (NAMESAKE, round(people * _FATHERS * settings.namesake_fathers)),
        (SEPARATED, max(round(people * settings.separated / 2), 1 if people >= 1000 else 0)),
    ]
    left = people - 2 * sum(count for _, count in pairs)
    households = _household_sizes(round(people * settings.relatives), left, rng)
    singles = left - int(households.sum())
    sizes = [np.full(count, 2) for _, count in pairs]
    kinds = [np.full(count, kind) for kind, count in pairs]
    return (
        np.concatenate([*sizes, households, np.ones(singles, dtype=np.int64)]).astype(np.int64),
        np.concatenate([*kinds, np.full(len(households), SIBLING), np.full(singles, HEAD)]).astype(
            np.int64
        ),
    )


def _household_sizes(wanted: int, available: int, rng: Random) -> Ints:
    """Household sizes that hold the wanted number of people, as nearly as whole ones can."""
    drawn = 2 + pick(rng, _SIZES, wanted // 2 + 1)
    fitting = np.cumsum(drawn) <= min(wanted, available)
    return drawn[fitting]
