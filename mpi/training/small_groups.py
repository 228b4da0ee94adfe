"""Groups of so few people that figures about them would be about somebody: which to withhold."""

from __future__ import annotations

import numpy as np

from mpi.linking.evidence import Flags
from mpi.training.metrics import Ints

FEWEST_PEOPLE = 10
"""Nothing is said of a group of fewer people: it would be about them, and mean little."""


def withheld(people: Ints) -> Flags:
    """Which of the groups that together make a whole say nothing, by how many people each has.

    Those of fewer than `FEWEST_PEOPLE`; and as the whole less the others would give away the
    figures of a single one, or of a few people, the next smallest too, until at least two groups
    and as many people are withheld together.

    >>> withheld(np.array([4, 500, 30, 80]))
    array([ True, False,  True, False])
    >>> withheld(np.array([4, 500, 7, 80]))
    array([ True, False,  True, False])
    """
    order = np.argsort(people, kind="stable")
    ascending = people[order]
    count = int((ascending < FEWEST_PEOPLE).sum())
    if ascending[:count].any():
        while count < len(people) and not _hides(ascending[:count]):
            count += 1
    found = np.zeros(len(people), dtype=np.bool_)
    found[order[:count]] = True
    return found


def _hides(people: Ints) -> bool:
    """Whether the sum over these groups gives away neither one group nor a few people."""
    return int((people > 0).sum()) >= 2 and int(people.sum()) >= FEWEST_PEOPLE
