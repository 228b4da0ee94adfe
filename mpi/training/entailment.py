"""Which level of a comparison says the same as another and more.

The levels of a comparison stand roughly from the strongest agreement down, but most of them cannot
be put in one order: nobody knows beforehand whether the month or the year of a birth date in common
says more. Where one condition entails another it must, though: a postcode and an address line say
more than the postcode.
"""

from __future__ import annotations

from mpi.model.frequencies import BANDS
from mpi.model.predicates import All, AnyOf, Equal, Predicate, Share, Similar, WithinEdits


def entails(strong: Predicate | None, weak: Predicate | None) -> bool:
    """Whether every pair that meets `strong` surely meets `weak`; None is what every pair meets.

    Told from the form of the conditions alone, so it is never wrongly true, and often false.

    >>> entails(All(Share("postcodes"), Share("addresses")), Share("addresses"))
    True
    >>> entails(Share("postcodes_rare"), Share("postcodes"))
    True
    >>> entails(Share("postcodes"), AnyOf(Share("addresses"), Share("postcodes")))
    True
    >>> entails(WithinEdits("birth_date", 1), WithinEdits("birth_date", 2)), entails(None, None)
    (True, True)
    >>> entails(Share("postcodes"), Share("sectors")), entails(None, Share("sectors"))
    (False, False)
    """
    if weak is None or strong is None:
        return weak is None
    if isinstance(strong, AnyOf):
        return all(entails(part, weak) for part in strong.conditions)
    if isinstance(weak, All):
        return all(entails(strong, part) for part in weak.conditions)
    if isinstance(strong, All) and any(entails(part, weak) for part in strong.conditions):
        return True
    if isinstance(weak, AnyOf):
        return any(entails(strong, part) for part in weak.conditions)
    return strong.sql() == weak.sql() or _is_stricter(strong, weak)


def _is_stricter(strong: Predicate, weak: Predicate) -> bool:
    """Whether two plain conditions are of one kind, and the first asks for more."""
    if isinstance(strong, Similar) and isinstance(weak, Similar):
        return strong.attribute == weak.attribute and strong.threshold >= weak.threshold
    if isinstance(strong, WithinEdits) and isinstance(weak, WithinEdits):
        return strong.attribute == weak.attribute and strong.edits <= weak.edits
    if isinstance(strong, Share) and isinstance(weak, Share):
        return strong.attribute in bands_of(weak.attribute)
    if isinstance(strong, Equal) and isinstance(weak, Equal):
        return strong.attribute in bands_of(weak.attribute)
    return False


def bands_of(attribute: str) -> list[str]:
    """The attributes that hold the rarer values of an attribute."""
    return [f"{attribute}_{band}" for band in BANDS.get(attribute, ())]
