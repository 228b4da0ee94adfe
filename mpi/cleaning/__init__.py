"""One raw value in, one clean value (or nothing) out; results are ASCII upper case.

A placeholder, a default date or a postcode that only says "none" is nothing: agreeing on it would
count as evidence that two people are one. Every function is pure and memoised with a bounded
cache, because a feed repeats its values.
"""

from mpi.cleaning.contacts import clean_email, clean_phone
from mpi.cleaning.dates import EARLIEST_YEAR, LATEST_DATE, clean_date, swap_day_and_month
from mpi.cleaning.name_forms import NameForms, name_forms
from mpi.cleaning.names import canonical_names, family_parts, family_tokens, given_tokens
from mpi.cleaning.phonetics import phonetic_code
from mpi.cleaning.places import clean_address, clean_place, names_institution
from mpi.cleaning.postcodes import (
    POSTCODE_KINDS,
    PostcodeParts,
    clean_postcode,
    mark_postcode,
    postcode_parts,
)
from mpi.cleaning.sex import clean_sex
from mpi.cleaning.text import clean_text, fold

__all__ = [
    "EARLIEST_YEAR",
    "LATEST_DATE",
    "POSTCODE_KINDS",
    "NameForms",
    "PostcodeParts",
    "canonical_names",
    "clean_address",
    "clean_date",
    "clean_email",
    "clean_phone",
    "clean_place",
    "clean_postcode",
    "clean_sex",
    "clean_text",
    "family_parts",
    "family_tokens",
    "fold",
    "given_tokens",
    "mark_postcode",
    "name_forms",
    "names_institution",
    "phonetic_code",
    "postcode_parts",
    "swap_day_and_month",
]
