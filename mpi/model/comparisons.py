"""What is compared: an ordered list of levels per comparison, the first that holds counts.

Identifiers are compared as sets per system: one shared value outweighs any that differ, because
people hold several and clerks copy old ones. One comparison, `relatives`, is about the others:
members of a family agree on family name, address and (twins) birth date together, far more often
than independence would have it, so the patterns that mark a relative carry a negative weight that
takes back what was counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from mpi.identifiers import SYSTEMS, attribute_name
from mpi.model.levels import Comparison, Learning, Level
from mpi.model.predicates import (
    All,
    AnyOf,
    Both,
    Equal,
    Initial,
    Missing,
    Not,
    Predicate,
    SamePart,
    Share,
    ShareAtLeast,
    ShareCrosswise,
    ShareEitherWay,
    Similar,
    WithinEdits,
)


def _null(condition: Predicate, what: str) -> Level:
    return Level("unknown", f"{what} not known for both records", condition, null=True)


def _other(sentence: str) -> Level:
    return Level("other", sentence)


_CLOSE_NAME = 0.88
_SIMILAR_NAME = 0.8

_SAME_FAMILY = Share("family_set")
_GIVEN_VARIANT = AnyOf(Share("given_set"), Similar("given_name", _CLOSE_NAME))
# the name one record knows somebody by is among the given names of the other; a middle name in
# common is not enough, for brothers have that
_OTHER_GIVEN = ShareEitherWay("given_set", "given_names")
_SAME_HOME = AnyOf(Share("postcodes"), Share("addresses"))
_NO_NAME = Missing("name_token_sets")

NAME = Comparison(
    "name",
    (
        _null(_NO_NAME, "name"),
        Level("full-rare", "same full name, a rare one", Share("full_names_rare")),
        Level("full-uncommon", "same full name, an uncommon one", Share("full_names_uncommon")),
        Level("full", "same full name", Share("full_names")),
        Level(
            "reordered",
            "the same names in another order",
            AnyOf(Share("name_token_sets"), ShareCrosswise("given_set", "family_set")),
        ),
        Level(
            "family-and-given-variant",
            "same family name, given name is a variant",
            All(_SAME_FAMILY, _GIVEN_VARIANT),
        ),
        Level(
            "family-and-other-given",
            "same family name, another given name in common",
            All(_SAME_FAMILY, _OTHER_GIVEN),
        ),
        Level(
            "given-and-family-variant",
            "same given name, family name is a variant",
            All(Share("given_set"), Similar("family_name", _CLOSE_NAME)),
        ),
        Level(
            "family-and-initial",
            "same family name, given name agrees in the initial",
            All(_SAME_FAMILY, Initial("given_name")),
        ),
        Level(
            "both-similar",
            "given and family name both similar",
            All(Similar("given_name", _SIMILAR_NAME), Similar("family_name", _SIMILAR_NAME)),
        ),
        Level("given-rare", "same given name, a rare one", Share("given_set_rare")),
        Level("given", "same given name only", Share("given_set")),
        Level("family-rare", "same family name only, a rare one", Share("family_set_rare")),
        Level("family", "same family name only", _SAME_FAMILY),
        Level(
            "one-similar",
            "one of the names is similar",
            AnyOf(Similar("given_name", _CLOSE_NAME), Similar("family_name", _CLOSE_NAME)),
        ),
        _other("names differ"),
    ),
)

MIDDLE_NAMES = Comparison(
    "middle_names",
    (
        _null(Missing("middle_names"), "middle name"),
        Level("shared", "a middle name in common", Share("middle_names")),
        _other("middle names differ"),
    ),
)

BIRTH_DATE = Comparison(
    "birth_date",
    (
        _null(Missing("birth_dates"), "birth date"),
        Level(
            "same", "same birth date", All(Share("birth_dates"), Not(Both("birth_date_default", 1)))
        ),
        Level("same-default", "same birth date, a 1 January", Share("birth_dates")),
        Level("swapped", "same birth date, day and month swapped", Share("birth_date_variants")),
        Level("one-digit", "birth date one digit apart", WithinEdits("birth_date", 1)),
        Level("year-and-month", "same year and month of birth", SamePart("birth_date", 0, 7)),
        Level("month-and-day", "same month and day of birth", Share("birth_month_days")),
        Level(
            "year-and-day",
            "same year and day of the month",
            All(SamePart("birth_date", 0, 4), SamePart("birth_date", 8, 10)),
        ),
        Level("year", "same year of birth", Share("birth_years")),
        _other("birth dates differ"),
    ),
)

SEX = Comparison(
    "sex",
    (
        _null(Missing("sex"), "sex"),
        Level("same", "same sex", Equal("sex")),
        _other("sex differs"),
    ),
)

ADDRESS = Comparison(
    "address",
    (
        _null(All(Missing("postcodes"), Missing("addresses"), Missing("town")), "address"),
        Level(
            "postcode-and-line",
            "a postcode and an address line in common",
            All(Share("postcodes"), Share("addresses")),
        ),
        Level("postcode-rare", "a postcode in common that few share", Share("postcodes_rare")),
        Level("postcode", "a postcode in common", Share("postcodes")),
        Level("line", "an address line in common", Share("addresses")),
        Level("sector", "a postcode sector in common", Share("sectors")),
        Level("outward", "an outward code in common", Share("outward_codes")),
        Level("town", "same town", Equal("town")),
        _other("addresses differ"),
    ),
)

CONTACT = Comparison(
    "contact",
    (
        _null(All(Missing("phones"), Missing("emails")), "telephone and e-mail"),
        Level(
            "shared",
            "a telephone number or e-mail address in common",
            AnyOf(Share("phones"), Share("emails")),
        ),
        _other("telephone numbers and e-mail addresses differ"),
    ),
)

BIRTH_PLACE = Comparison(
    "birth_place",
    (
        _null(Missing("birth_place"), "place of birth"),
        Level("same-rare", "same place of birth, a rare one", Equal("birth_place_rare")),
        Level("same", "same place of birth", Equal("birth_place")),
        Level("similar", "places of birth are similar", Similar("birth_place", _CLOSE_NAME)),
        _other("places of birth differ"),
    ),
)

OCCUPATION = Comparison(
    "occupation",
    (
        _null(Missing("occupation"), "occupation"),
        Level("same-rare", "same occupation, a rare one", Equal("occupation_rare")),
        Level("same", "same occupation", Equal("occupation")),
        _other("occupations differ"),
    ),
)

JUSTICE_DATES = Comparison(
    "justice_dates",
    (
        _null(
            All(Missing("custody_dates"), Missing("sentence_dates")), "custody and sentence dates"
        ),
        Level(
            "several",
            "several custody or sentence dates in common",
            AnyOf(
                ShareAtLeast("custody_dates", 2),
                ShareAtLeast("sentence_dates", 2),
                All(Share("custody_dates"), Share("sentence_dates")),
            ),
        ),
        Level(
            "one",
            "a custody or sentence date in common",
            AnyOf(Share("custody_dates"), Share("sentence_dates")),
        ),
        _other("no custody or sentence date in common"),
    ),
)

_FAMILY_AGREES = AnyOf(_SAME_FAMILY, Similar("family_name", _CLOSE_NAME))
_GIVEN_AGREES = AnyOf(_GIVEN_VARIANT, _OTHER_GIVEN, Initial("given_name"))
_GIVEN_CONTRADICTS = All(
    Not(Missing("given_name")), Not(_GIVEN_AGREES), Not(Share("name_token_sets"))
)
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
        _other("no sign of two relatives"),
    ),
    Learning.FIXED,
)


def _identifier_comparison(system: str) -> Comparison:
    attribute = attribute_name(system)
    title = SYSTEMS[system].title
    return Comparison(
        attribute,
        (
            _null(Missing(attribute), title),
            Level("shared", f"{title} in common", Share(attribute)),
            _other(f"{title} differs"),
        ),
        Learning.IDENTIFIER,
    )


IDENTIFIERS = tuple(_identifier_comparison(system) for system in SYSTEMS)

COMPARISONS: tuple[Comparison, ...] = (
    NAME,
    MIDDLE_NAMES,
    BIRTH_DATE,
    SEX,
    ADDRESS,
    CONTACT,
    BIRTH_PLACE,
    OCCUPATION,
    JUSTICE_DATES,
    RELATIVES,
    *IDENTIFIERS,
)


def compared_attributes() -> Iterator[str]:
    """Every attribute that some comparison reads, each once, sorted."""
    yield from sorted({name for comparison in COMPARISONS for name in comparison.attributes()})
