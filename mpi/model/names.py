"""How names are compared: as sets, in any order, by sound of ear and slip of pen.

One comparison takes given and family name together, because how often two people agree on both is
known directly and is not the product of the parts. A name that is missing is another level than
one that contradicts.
"""

from __future__ import annotations

from mpi.model.crosswise import ShareCrosswise, ShareEitherWay, SimilarCrosswise
from mpi.model.levels import Comparison, Level
from mpi.model.predicates import All, AnyOf, Initial, Missing, Share, Similar

CLOSE_NAME = 0.88
_SIMILAR_NAME = 0.8

SAME_FAMILY = Share("family_set")
GIVEN_VARIANT = AnyOf(Share("given_set"), Similar("given_name", CLOSE_NAME))
# the name one record knows somebody by is among the given names of the other; a middle name in
# common is not enough, for brothers have that
OTHER_GIVEN = ShareEitherWay("given_set", "given_names")
_NO_NAME = All(Missing("given_name"), Missing("family_name"))

NAME = Comparison(
    "name",
    (
        Level.unknown(_NO_NAME, "name"),
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
            All(SAME_FAMILY, GIVEN_VARIANT),
        ),
        Level(
            "family-and-other-given",
            "same family name, another given name in common",
            All(SAME_FAMILY, OTHER_GIVEN),
        ),
        Level(
            "given-and-family-variant",
            "same given name, family name is a variant",
            All(Share("given_set"), Similar("family_name", CLOSE_NAME)),
        ),
        Level(
            "family-and-initial",
            "same family name, given name agrees in the initial",
            All(SAME_FAMILY, Initial("given_name")),
        ),
        Level(
            "both-similar",
            "given and family name both similar",
            All(Similar("given_name", _SIMILAR_NAME), Similar("family_name", _SIMILAR_NAME)),
        ),
        Level(
            "similar-reordered",
            "given and family name similar, one written for the other",
            SimilarCrosswise("given_name", "family_name", _SIMILAR_NAME),
        ),
        Level(
            "family-alone-rare",
            "same family name, a rare one, and a given name not known",
            All(Share("family_set_rare"), Missing("given_name")),
        ),
        Level(
            "family-alone",
            "same family name, and a given name not known",
            All(SAME_FAMILY, Missing("given_name")),
        ),
        Level(
            "given-alone",
            "same given name, and a family name not known",
            All(Share("given_set"), Missing("family_name")),
        ),
        Level(
            "family-rare",
            "same family name, a rare one; given names differ",
            Share("family_set_rare"),
        ),
        Level(
            "given-rare",
            "same given name, a rare one; family names differ",
            Share("given_set_rare"),
        ),
        Level("family", "same family name, given names differ", SAME_FAMILY),
        Level("given", "same given name, family names differ", Share("given_set")),
        Level(
            "one-reordered",
            "a given name of one is a family name of the other",
            ShareEitherWay("given_set", "family_set"),
        ),
        Level(
            "one-similar",
            "one of the names is similar",
            AnyOf(Similar("given_name", CLOSE_NAME), Similar("family_name", CLOSE_NAME)),
        ),
        Level(
            "one-unknown",
            "one of the names differs, the other is not known",
            AnyOf(Missing("given_name"), Missing("family_name")),
        ),
        Level.other("names differ"),
    ),
)

MIDDLE_NAMES = Comparison(
    "middle_names",
    (
        Level.unknown(Missing("middle_names"), "middle name"),
        Level("shared", "a middle name in common", Share("middle_names")),
        Level.other("middle names differ"),
    ),
)
