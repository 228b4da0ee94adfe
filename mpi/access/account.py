"""The account of one request: what is written down of it before its answer leaves.

What is written never holds a value of a person: identifiers and keys of records are keyed hashes,
persons are their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mpi.access.caller import Caller
from mpi.access.disclosure import Disclosed, Withheld
from mpi.access.keyed import Keyed
from mpi.access.mentioned import Mentioned, entries, hashed_key
from mpi.access.operations import Operation
from mpi.access.policy import EntryClass
from mpi.errors import MPIError
from mpi.records import Identifier, Person, RecordKey

CLASS_OF: Mapping[Operation, EntryClass] = {
    Operation.LOOK_UP: EntryClass.LOOK_UP,
    Operation.MATCH: EntryClass.MATCH,
    Operation.SEARCH: EntryClass.MATCH,
    Operation.EXPLAIN: EntryClass.LOOK_UP,
    Operation.FEED: EntryClass.WRITE,
    Operation.DECIDE: EntryClass.WRITE,
    Operation.MONITOR: EntryClass.LOOK_UP,
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
class Account:
    """A request, by whom, and what is written down of it.

    `recorder` is None without a policy: then nothing is kept back and nothing written. `written`
    says that the request has been accounted for. `refusal` is why it was not let in, if so.
    `refusals` are requests of the same client that came too often since the last entry.
    """

    caller: Caller
    operation: Operation
    request_id: str
    transaction: str = ""
    recorder: Recorder | None = None
    written: bool = False
    refusal: MPIError | None = None
    refusals: int = 0
    _asked: list[Identifier] = field(default_factory=list)

    def answered(self, told: Disclosed, *, release: str = "") -> None:
        """Write down what is about to be told. Raises AuditUnavailable."""
        self._write(self.entry(told, self._asked, release=release))

    def answered_each(
        self, answers: Sequence[tuple[Identifier | None, Disclosed]], *, release: str = ""
    ) -> None:
        """Write down a batch: one entry for each question in it, all durable on return."""
        entries = (self.entry(told, [one] if one else [], release=release) for one, told in answers)
        self._write(*entries)

    def answered_nothing(self) -> None:
        """Account for an answer that is about nobody, which is not written down."""
        self.written = True

    def answered_about(
        self,
        persons: Iterable[Mentioned | str],
        *,
        withheld: Mapping[str, Sequence[str]] | None = None,
        release: str = "",
    ) -> None:
        """Write down an answer about persons that is no look-up.

        Args: withheld, the persons who were not named, with the systems kept back of each.
        """
        self._write({**self._about(persons, withheld), "release": release})

    def wrote(
        self,
        source: str,
        source_id: str,
        outcome: str,
        *,
        persons: Iterable[Mentioned | str] = (),
        withheld: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Write down a change that the caller made: `created`, `updated`, `deleted`, `merged`.

        Args: persons, who were named in the answer; withheld, as of `answered_about`.
        """
        if self.recorder is not None:
            record = hashed_key(self.recorder.keyed, RecordKey(source, source_id))
            said = self._about(persons, withheld, outcome)
            self.recorder.audit.write({**said, "record": record})
        self.written = True

    def _about(
        self,
        persons: Iterable[Mentioned | str],
        withheld: Mapping[str, Sequence[str]] | None,
        outcome: str = ANSWERED,
    ) -> dict[str, Any]:
        if self.recorder is None:
            return {}
        kept_back = {person: list(systems) for person, systems in (withheld or {}).items()}
        named = entries(self.recorder.keyed, persons)
        return {**self._who(outcome), "persons": named, "withheld": kept_back}

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
            **({"refusals": self.refusals} if self.refusals else {}),
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
