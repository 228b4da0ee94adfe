"""One request by somebody: what they may ask, and what they may be told.

A route asks its question through this and answers only after it was written down (`account`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mpi.access.account import Account
from mpi.access.disclosure import Disclosed, Withheld, disclose, without_keys
from mpi.access.operations import Operation
from mpi.access.policy import EVERY
from mpi.access.sight import Sight
from mpi.errors import (
    BatchTooLarge,
    NotPermitted,
    SearchNotPermitted,
    SearchTooBroad,
    TooManyMatches,
)
from mpi.identifiers import SYSTEMS, clean_identifier
from mpi.records import Identifier, Person, Record


@dataclass(slots=True)
class Question(Account):
    """A request, and by whom; see `Account` for its parts."""

    @property
    def sight(self) -> Sight:
        """What of the index exists for the caller."""
        return self.caller.sight

    def asks(self, *identifiers: Identifier) -> None:
        """Note what is asked with, before it is looked for."""
        self._asked.extend(identifiers)

    def may_ask_with(self, system: str) -> bool:
        """Whether the caller may ask with identifiers of a system. If not, answer as if nobody
        held this one.
        """
        return self.sight.asks_with(system)

    def may_see(self, system: str) -> bool:
        """Whether the caller may be told identifiers of a system. If not, nobody has any."""
        return self.sight.sees(system)

    def disclose(
        self,
        persons: Iterable[Person],
        asked: Identifier | None = None,
        *,
        said: Identifier | None = None,
    ) -> Disclosed:
        """What the caller may be told of some persons; see `disclosure.disclose`."""
        found = disclose(self.sight, persons, asked=asked, said=said)
        if asked is not None and not self.may_ask_with(asked.system):
            unheard = {
                each.person_id: tuple(sorted({c.identifier.system for c in each.cross_references}))
                for each in found.persons
            }
            return Disclosed((), Withheld({**found.withheld.systems, **unheard}))
        return found

    def shown(self, told: Disclosed) -> tuple[Person, ...]:
        """Persons as told, without the keys of records that the caller may not be told."""
        return tuple(
            without_keys(self.sight, each, restricted=each.person_id in told.restricted)
            for each in told.persons
        )

    def askable(self, record: Record) -> Record:
        """A record to match without the identifiers that the caller may not ask with, be they the
        key of a record.
        """
        kept = tuple(each for each in record.identifiers if self.may_ask_with(each.system))
        key = record.source_id if self.sight.asks_by_key(record.source) else ""
        return replace(record, identifiers=kept, source_id=key)

    def believed(self, record: Record) -> Record:
        """A record that the caller sends: an identifier is verified only where it may say so."""
        may = self.caller.verifies
        if may is None:
            return record
        systems = may.get(record.source, ())
        believed = (
            each if EVERY in systems or each.system in systems else replace(each, verified=False)
            for each in record.identifiers
        )
        return replace(record, identifiers=tuple(believed))

    def may(self, operation: Operation) -> bool:
        """Whether the caller could also ask something else, for the same purpose."""
        return operation in self.caller.operations

    def keeps_restriction(self, source: str) -> bool:
        """Whether a record of a source stays restricted whatever the caller sends."""
        may = self.caller.unrestricts
        return may is not None and source not in may

    def require_whole_sight(self) -> None:
        """Refuse what cannot be told in part. Raises NotPermitted."""
        if not self.sight.complete:
            raise NotPermitted

    def require_demographic(self, record: Record) -> None:
        """Refuse a search that this caller may not make, or that says too little.

        As for the national service a search says at least a family name and a birth date, or a
        verified kind of evidence: an identifier that the caller may ask with. Raises
        SearchNotPermitted, SearchTooBroad.
        """
        permission = self.caller.permission
        if permission is None:
            return
        if not permission.grant.demographic_search:
            raise SearchNotPermitted
        if not says_enough(record):
            raise SearchTooBroad("Give a family name and a date of birth, or an identifier.")

    def most(self, limit: int) -> int:
        """How many persons to look for where `limit` are to be listed: enough to see that there are
        too many.
        """
        permission = self.caller.permission
        return limit if permission is None else permission.grant.most_matches + 1

    def require_few(self, persons: int) -> None:
        """Refuse an answer of so many persons that it would be a list. Raises TooManyMatches."""
        permission = self.caller.permission
        if permission is not None and persons > permission.grant.most_matches:
            raise TooManyMatches("Say more about the individual.")

    def require_batch(self, entries: int) -> None:
        """Refuse a batch larger than the caller's. Raises BatchTooLarge."""
        if entries > self.caller.batch:
            raise BatchTooLarge(f"It may have {self.caller.batch:,}.")

    def may_feed(self, source: str) -> bool:
        """Whether the caller may send records of a source system."""
        return self.caller.feeds is None or source in self.caller.feeds

    def may_assert(self, system: str) -> bool:
        """Whether the caller may name records by identifiers of a system."""
        return self.sight.asks_with(system) and self.sight.sees(system)


def says_enough(record: Record) -> bool:
    """Whether a search says enough: a family name and a birth date, or an identifier."""
    named = any(name.family.strip() for name in record.names)
    born = any(date.strip() for date in record.birth_dates)
    known = (each for each in record.identifiers if each.system in SYSTEMS)
    identified = any(clean_identifier(each.system, each.value) for each in known)
    return identified or (named and born)
