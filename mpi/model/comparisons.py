"""What is compared: an ordered list of levels per comparison, the first that holds counts.

Identifiers are compared as sets per system: one shared value outweighs any that differ, because
people hold several and clerks copy old ones. One comparison, `relatives`, is about the others: it
takes back what they count twice for members of one family.
"""

from __future__ import annotations

from collections.abc import Iterator

from mpi.identifiers import SYSTEMS, attribute_name
from mpi.model.levels import Comparison, Learning, Level
from mpi.model.names import CLOSE_NAME, MIDDLE_NAMES, NAME
from mpi.model.predicates import (
    All,
    AnyOf,
    Both,
    Equal,
    Missing,
    Not,
    SamePart,
    Share,
    ShareAtLeast,
    Similar,
    WithinEdits,
)
from mpi.model.relatives import RELATIVES

_CLOSE_LINE = 0.92

BIRTH_DATE = Comparison(
    "birth_date",
    (
        Level.unknown(Missing("birth_dates"), "birth date"),
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
        Level("two-digits", "birth date two digits apart", WithinEdits("birth_date", 2)),
        Level("year", "same year of birth", Share("birth_years")),
        Level.other("birth dates differ"),
    ),
)

SEX = Comparison(
    "sex",
    (
        Level.unknown(Missing("sex"), "sex"),
        Level("same", "same sex", Equal("sex")),
        Level.other("sex differs"),
    ),
)

_SAME_LINE = Share("addresses")
_SIMILAR_LINE = Similar("address", _CLOSE_LINE)
_NEAR = AnyOf(Share("outward_codes"), Equal("town"), Similar("town", CLOSE_NAME))

ADDRESS = Comparison(
    "address",
    (
        Level.unknown(All(Missing("postcodes"), Missing("addresses"), Missing("town")), "address"),
        Level(
            "postcode-and-line",
            "a postcode and an address line in common",
            All(Share("postcodes"), Share("addresses")),
        ),
        Level(
            "postcode-and-similar-line",
            "a postcode in common and a similar address line",
            All(Share("postcodes"), _SIMILAR_LINE),
        ),
        Level("line-and-town", "an address line and the town in common", All(_SAME_LINE, _NEAR)),
        Level("line", "an address line in common", _SAME_LINE),
        Level(
            "similar-line-and-town", "a similar address line, near by", All(_SIMILAR_LINE, _NEAR)
        ),
        Level("postcode-rare", "a postcode in common that few share", Share("postcodes_rare")),
        Level("postcode", "a postcode in common", Share("postcodes")),
        Level("similar-line", "a similar address line", _SIMILAR_LINE),
        Level("sector", "a postcode sector in common", Share("sectors")),
        Level("outward", "an outward code in common", Share("outward_codes")),
        Level("town", "same town", Equal("town")),
        Level("similar-town", "a town of similar name", Similar("town", CLOSE_NAME)),
        Level.other("addresses differ"),
    ),
)

CONTACT = Comparison(
    "contact",
    (
        Level.unknown(All(Missing("phones"), Missing("emails")), "telephone and e-mail"),
        Level(
            "shared",
            "a telephone number or e-mail address in common",
            AnyOf(Share("phones"), Share("emails")),
        ),
        Level(
            "similar",
            "a telephone number one digit apart, or a similar e-mail address",
            AnyOf(WithinEdits("phone", 1), Similar("email", _CLOSE_LINE)),
        ),
        Level.other("telephone numbers and e-mail addresses differ"),
    ),
)

BIRTH_PLACE = Comparison(
    "birth_place",
    (
        Level.unknown(Missing("birth_place"), "place of birth"),
        Level("same-rare", "same place of birth, a rare one", Equal("birth_place_rare")),
        Level("same", "same place of birth", Equal("birth_place")),
        Level("similar", "places of birth are similar", Similar("birth_place", CLOSE_NAME)),
        Level.other("places of birth differ"),
    ),
)

OCCUPATION = Comparison(
    "occupation",
    (
        Level.unknown(Missing("occupation"), "occupation"),
        Level("same-rare", "same occupation, a rare one", Equal("occupation_rare")),
        Level("same", "same occupation", Equal("occupation")),
        Level.other("occupations differ"),
    ),
)

JUSTICE_DATES = Comparison(
    "justice_dates",
    (
        Level.unknown(
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
        Level.other("no custody or sentence date in common"),
    ),
)

# How many of the matches lie within one source system differs: a register that its keepers clear
# of duplicates hardly holds one person twice, a custody system holds everybody once per arrest.
SOURCE_SYSTEM = Comparison(
    "source_system",
    (
        Level.unknown(Missing("source_system"), "source system"),
        Level("other", "from two source systems", Not(Equal("source_system"))),
        Level("same", "from one source system"),
    ),
)


def _identifier_comparison(system: str) -> Comparison:
    attribute = attribute_name(system)
    title = SYSTEMS[system].title
    return Comparison(
        attribute,
        (
            Level.unknown(Missing(attribute), title),
            Level("shared", f"{title} in common", Share(attribute)),
            Level.other(f"{title} differs"),
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
    SOURCE_SYSTEM,
    RELATIVES,
    *IDENTIFIERS,
)


def compared_attributes() -> Iterator[str]:
    """Every attribute that some comparison reads, each once, sorted."""
    yield from sorted({name for comparison in COMPARISONS for name in comparison.attributes()})
