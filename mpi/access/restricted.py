"""Restricted persons: what would say where they are is withheld, and they are not found by it.

A person is restricted as soon as one of their records is (`Person.restricted`, kept as a finding),
and in every answer to everybody. The
national service does the same: it keeps back address, telecoms and practice, and never returns a
restricted person for a search that names a postcode.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mpi.records import Identifier, Record

LOCATING = frozenset({"local-patient-id", "custody-reference", "social-care-person-id"})
"""Identifier systems of single organisations, which a value names or gives away: whoever knows the
hospital, force or council of somebody knows where to look."""


def without_location(record: Record) -> Record:
    """A record without what says where somebody is, or lets them be reached.

    >>> without_location(Record("pds", "1", sex="F", town="Leeds")).town
    ''
    """
    return replace(
        record,
        postcodes=(),
        addresses=(),
        town="",
        phones=(),
        emails=(),
        identifiers=tuple(not_locating(record.identifiers)),
    )


def not_locating(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """The identifiers that do not say which single organisation knows somebody."""
    return [each for each in identifiers if each.system not in LOCATING]
