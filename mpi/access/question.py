"""One request by somebody: what they may be told, and the account of what they were.

A route asks its question through this and answers only after it was written down. What is written
never holds a value of a person: identifiers are keyed hashes, persons are their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from mpi.access.caller import Caller
from mpi.access.disclosure import Disclosed, Withheld, disclose
from mpi.access.keyed import Keyed
from mpi.access.operations import Operation
from mpi.access.policy import EntryClass
from mpi.access.sight import Sight
from mpi.errors import (
    BatchTooLarge,
    MPIError,
    NotPermitted,
    SearchNotPermitted,
    SearchTooBroad,
    TooManyMatches,
)
from mpi.identifiers import SYSTEMS, clean_identifier
from mpi.records import Identifier, Person, Record

CLASS_OF: Mapping[Operation, EntryClass] = {
    Operation.LOOK_UP: EntryClass.LOOK_UP,
    Operation.MATCH: EntryClass.MATCH,
    Operation.SEARCH: EntryClass.MATCH,
    Operation.EXPLAIN: EntryClass.LOOK_UP,
    Operation.FEED: EntryClass.WRITE,
    Operation.DECIDE: EntryClass.WRITE,
}
ANSWERED, NOT_FOUND, REFUSED = "answered", "not-found", "refused"


class Writes(Protocol):
    """Where entries go; they are durable on return."""

    def write(self, *entries: Mapping[str, Any]) -> None:
        """Write entries in their order. Raises AuditUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes down questions: to an audit, with identifiers as keyed hashes."""

    audit: Writes
    keyed: Keyed


@dataclass(slots=True)
class Question:
    """A request, and by whom.

    `recorder` is None without a policy: then nothing is kept back and nothing written. `written`
    says that the request has been accounted for. `refusal` is why it was not let in, if so.
    """

    caller: Caller
    operation: Operation
    request_id: str
    transaction: str = ""
    recorder: Recorder | None = None
    written: bool = False
    refusal: MPIError | None = None
    _asked: list[Identifier] = field(default_factory=list)

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
    ) -> Disclosed:
        """What the caller may be told of some persons; see `disclosure.disclose`."""
        found = disclose(self.sight, persons, asked=asked)
        if asked is not None and not self.may_ask_with(asked.system):
            unheard = {
                each.person_id: tuple(sorted({c.identifier.system for c in each.cross_references}))
                for each in found.persons
            }
            return Disclosed((), Withheld({**found.withheld.systems, **unheard}))
        return found

    def askable(self, record: Record) -> Record:
        """A record to match without the identifiers that the caller may not ask with."""
        kept = tuple(each for each in record.identifiers if self.may_ask_with(each.system))
        return record if kept == record.identifiers else replace(record, identifiers=kept)

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

    def answered(self, told: Disclosed, *, release: str = "") -> None:
        """Write down what is about to be told. Raises AuditUnavailable."""
        self._write(self.entry(told, self._asked, release=release))

    def answered_each(
        self, answers: Sequence[tuple[Identifier | None, Disclosed]], *, release: str = ""
    ) -> None:
        """Write down a batch: one entry for each question in it, all durable on return."""
        entries = (self.entry(told, [one] if one else [], release=release) for one, told in answers)
        self._write(*entries)

    def answered_match(self, graded: Mapping[str, str], *, release: str = "") -> None:
        """Write down a match: the grade of each person named."""
        persons = [{"person": each, "grade": grade} for each, grade in graded.items()]
        self._write({**self._who(ANSWERED), "persons": persons, "release": release})

    def answered_about(self, persons: Iterable[str], *, release: str = "") -> None:
        """Write down an answer about persons that names no identifier of theirs."""
        named = [{"person": each} for each in persons]
        self._write({**self._who(ANSWERED), "persons": named, "release": release})

    def wrote(self, source: str, source_id: str, outcome: str) -> None:
        """Write down a change that the caller made: `created`, `updated`, `deleted`, `merged`."""
        recorder = self.recorder
        keyed = recorder.keyed.of(f"record {source}", source_id) if recorder else ""
        self._write({**self._who(outcome), "record": [source, keyed]})

    def refused(self, code: str, status: int) -> None:
        """Write down that nothing was told, and why."""
        outcome = NOT_FOUND if status in (404, 410) else REFUSED
        entry = {**self._who(outcome), "code": code, "status": status}
        if outcome is REFUSED:
            entry["class"] = EntryClass.REFUSAL
        self._write(entry)

    def entry(
        self, told: Disclosed, asked: Sequence[Identifier], *, release: str
    ) -> dict[str, Any]:
        """What is kept of an answer."""
        if self.recorder is None:
            return {}
        keyed = self.recorder.keyed
        outcome = ANSWERED if told else NOT_FOUND
        return {
            **self._who(outcome, asked),
            "persons": [_told(keyed, each, told.withheld) for each in told.persons],
            "withheld": {
                person: list(systems)
                for person, systems in told.withheld.systems.items()
                if all(person != each.person_id for each in told.persons)
            },
            "release": release,
        }

    def _who(self, outcome: str, asked: Sequence[Identifier] | None = None) -> dict[str, Any]:
        """Who asked what, for what, and what came of it."""
        if self.recorder is None:
            return {}
        caller, keyed = self.caller, self.recorder.keyed
        grant = caller.permission.grant if caller.permission else None
        given = self._asked if asked is None else asked
        return {
            "class": CLASS_OF[self.operation],
            "operation": self.operation,
            "transaction": self.transaction,
            "outcome": outcome,
            "client": caller.client,
            "organisation": caller.organisation,
            "user": caller.user,
            "token": caller.token,
            "purpose": caller.purpose,
            "regime": grant.regime if grant else "",
            "legal_basis": grant.legal_basis if grant else "",
            "policy": caller.policy,
            "request": self.request_id,
            "asked": [[each.system, keyed.of(each.system, each.value)] for each in given],
        }

    def _write(self, *entries: Mapping[str, Any]) -> None:
        if self.recorder is not None and entries:
            self.recorder.audit.write(*entries)
        self.written = True


def _told(keyed: Keyed, person: Person, withheld: Withheld) -> dict[str, Any]:
    """One person as told: identifiers as keyed hashes by system, with the confidence of each."""
    told: dict[str, list[tuple[str, float]]] = {}
    for each in person.cross_references:
        named = each.identifier
        told.setdefault(named.system, []).append(
            (keyed.of(named.system, named.value), each.confidence)
        )
    kept_back = withheld.systems.get(person.person_id, ())
    return {"person": person.person_id, "told": told, "withheld": kept_back}


def says_enough(record: Record) -> bool:
    """Whether a search says enough: a family name and a birth date, or an identifier."""
    named = any(name.family.strip() for name in record.names)
    born = any(date.strip() for date in record.birth_dates)
    known = (each for each in record.identifiers if each.system in SYSTEMS)
    identified = any(clean_identifier(each.system, each.value) for each in known)
    return identified or (named and born)
