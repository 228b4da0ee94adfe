"""Identifier systems: URI, format, check digit, uniqueness policy, and what counts as evidence.

`parse` gives the form to store and show, `clean_identifier` the form to match on.
"""

from mpi.identifiers.checks import (
    cro_check_letter,
    nhs_check_digit,
    pnc_check_letter,
    sf_check_letters,
    uln_check_digit,
    upn_check_letter,
)
from mpi.identifiers.systems import (
    NAMESPACE,
    SYSTEMS,
    IdentifierSystem,
    Uniqueness,
    attribute_name,
    clean_identifier,
    fhir_uri,
    identifier_system,
    parse,
)

__all__ = [
    "NAMESPACE",
    "SYSTEMS",
    "IdentifierSystem",
    "Uniqueness",
    "attribute_name",
    "clean_identifier",
    "cro_check_letter",
    "fhir_uri",
    "identifier_system",
    "nhs_check_digit",
    "parse",
    "pnc_check_letter",
    "sf_check_letters",
    "uln_check_digit",
    "upn_check_letter",
]
