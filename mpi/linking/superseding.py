"""Identifiers that their issuer replaced: a record that holds the old value counts as holding the
new one.

The record is stored as delivered; what is matched on is made from what `apply` returns. Batch and
real time both call it right before a record is standardised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mpi.identifiers import SYSTEMS, clean_identifier
from mpi.records import Identifier, Record


class Supersessions:
    """Which value stands for which, chains followed to their end.

    Values are as `mpi.identifiers.clean_identifier` gives them. Should values replace each other
    in a circle, the smallest stands for all of it.
    """

    def __init__(self, replaced: Mapping[tuple[str, str], str] | None = None) -> None:
        """Args: replaced, the new value of every (system, old value) in force."""
        self._new = dict(replaced or {})
        self._last = {old: self._end(*old) for old in sorted(self._new)}

    def __bool__(self) -> bool:
        return bool(self._last)

    def current(self, system: str, value: str) -> str:
        """What stands for a value now; the value itself where nothing replaced it."""
        return self._last.get((system, value), value)

    def _end(self, system: str, value: str) -> str:
        passed = [value]
        while (following := self._new.get((system, passed[-1]))) is not None:
            if following in passed:
                return min(passed[passed.index(following) :])
            passed.append(following)
        return passed[-1]


NONE = Supersessions()
"""Nothing was ever replaced."""


def apply(record: Record, supersessions: Supersessions) -> Record:
    """The record with each superseded identifier replaced by what stands for it now."""
    if not supersessions or not record.identifiers:
        return record
    identifiers = tuple(_current(each, supersessions) for each in record.identifiers)
    return record if identifiers == record.identifiers else replace(record, identifiers=identifiers)


def _current(identifier: Identifier, supersessions: Supersessions) -> Identifier:
    system = identifier.system
    value = clean_identifier(system, identifier.value) if system in SYSTEMS else None
    if value is None:
        return identifier
    current = supersessions.current(system, value)
    return identifier if current == value else replace(identifier, value=current)
