"""The signs that two records are of two relatives: twins, parent and child, a household.

Members of a family agree on family name, address and (twins) birth date together, far more often
than independence would have it. So the patterns that mark a relative carry a weight of their own,
never above nothing, that takes back what was counted twice.
"""

from __future__ import annotations

from mpi.model.levels import Comparison, Learning, Level
from mpi.model.names import CLOSE_NAME, GIVEN_VARIANT, OTHER_GIVEN, SAME_FAMILY
from mpi.model.predicates import All, AnyOf, Initial, Missing, Not, Share, Similar, WithinEdits

_SAME_HOME = AnyOf(Share("postcodes"), Share("addresses"))
_FAMILY_AGREES = AnyOf(SAME_FAMILY, Similar("family_name", CLOSE_NAME))
_GIVEN_AGREES = AnyOf(GIVEN_VARIANT, OTHER_GIVEN, Initial("given_name"))
_GIVEN_CONTRADICTS = All(
    Not(Missing("given_name")), Not(_GIVEN_AGREES), Not(Share("name_token_sets"))
)
_GIVEN_ALIKE = All(Similar("given_name", CLOSE_NAME), Not(Share("given_set")))
_DATE_CONTRADICTS = All(
    Not(Missing("birth_dates")),
    Not(Share("birth_years")),
    Not(Share("birth_month_days")),
    Not(WithinEdits("birth_date", 1)),
)

# Training fits these weights to its feeds (`mpi.training.relatives`); where it has too few pairs of
# a pattern it uses the ones here, fitted on the synthetic base population (20,000 people, seed 1).
RELATIVES = Comparison(
    "relatives",
    (
        Level(
            "twins-at-home",
            "family name, birth date and address agree, given names contradict, as twins have",
            All(_FAMILY_AGREES, Share("birth_dates"), _GIVEN_CONTRADICTS, _SAME_HOME),
            bits=-21.0,
        ),
        Level(
            "twins",
            "family name and birth date agree, given names contradict, as twins have",
            All(_FAMILY_AGREES, Share("birth_dates"), _GIVEN_CONTRADICTS),
            bits=-6.0,
        ),
        Level(
            "alike-at-home",
            "family name, birth date and address agree, given names are alike, as of some twins",
            All(_FAMILY_AGREES, Share("birth_dates"), _GIVEN_ALIKE, _SAME_HOME),
            bits=-12.0,
        ),
        Level(
            "alike",
            "family name and birth date agree, given names are alike, as of some twins",
            All(_FAMILY_AGREES, Share("birth_dates"), _GIVEN_ALIKE),
            bits=-3.0,
        ),
        Level(
            "household",
            "family name and address agree, given names contradict, as relatives have",
            All(_FAMILY_AGREES, _SAME_HOME, _GIVEN_CONTRADICTS),
            bits=-12.0,
        ),
        Level(
            "namesakes",
            "names and address agree, birth dates contradict, as parent and child have",
            All(_FAMILY_AGREES, _SAME_HOME, _GIVEN_AGREES, _DATE_CONTRADICTS),
            bits=-14.0,
        ),
        Level.other("no sign of two relatives"),
    ),
    Learning.FIXED,
)
