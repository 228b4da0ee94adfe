"""What a change to the index is asked for with, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from mpi.index.conditions import Condition
from mpi.records import RecordKey

UNCONDITIONAL = Condition()


@dataclass(frozen=True, slots=True)
class Cause:
    """Who asks for a change, when, and under which idempotency key; all may be left out.

    A request repeated by the same client under the same `key` gets the answer of the first one and
    changes nothing; another request under it raises IdempotencyConflict. `at` is the time of the
    event, now if None; the log never goes back in time. `condition` must hold of the record as it
    stands when the change is made, else nothing is and ChangedMeanwhile raised. Who may
    not unrestrict leaves a restricted record restricted, whatever they say of it.
    """

    client: str = ""
    key: str = ""
    at: datetime | None = None
    condition: Condition = UNCONDITIONAL
    may_unrestrict: bool = True


class Effect(StrEnum):
    """What a change did to a person."""

    CREATED = "created"
    CHANGED = "changed"
    MERGED = "merged"
    SPLIT = "split"
    RETIRED = "retired"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Touched:
    """A person whom a change touched; `successors` took over the records of one merged or split."""

    person_id: str
    effect: Effect
    successors: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "person_id": self.person_id,
            "effect": self.effect.value,
            "successors": list(self.successors),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `as_dict`."""
        effect = Effect(values["effect"])
        return cls(values["person_id"], effect, tuple(values["successors"]))


class Status(StrEnum):
    """What became of a message about a record.

    `stale`: the index knows a newer version, or another content of this version; see
    `linking.delivery.replaces`. `duplicate`: it knows exactly this. Neither changed anything.
    """

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    STALE = "stale"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What a put or a delete did.

    `person_id` is the person of the record now, None if the index holds no such record.
    `sequence` is the event in the log, None where nothing changed. `searchable` says whether the
    record has anything to match on; one that has not is a person of its own. `persons` are those
    touched, by id. `repeated` marks the answer to a request that was repeated under its
    idempotency key. `tag` names the state of the record now, for a `Condition`.
    """

    status: Status
    key: RecordKey
    person_id: str | None = None
    sequence: int | None = None
    searchable: bool = False
    persons: tuple[Touched, ...] = ()
    repeated: bool = False
    tag: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "status": self.status.value,
            **self.key._asdict(),
            "person_id": self.person_id,
            "sequence": self.sequence,
            "searchable": self.searchable,
            "persons": [each.as_dict() for each in self.persons],
            "tag": self.tag,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The kept answer of an earlier request."""
        return cls(
            Status(values["status"]),
            RecordKey(values["source"], values["source_id"]),
            values["person_id"],
            values["sequence"],
            values["searchable"],
            tuple(map(Touched.from_dict, values["persons"])),
            repeated=True,
            tag=values.get("tag"),
        )


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """What a decision, a supersession or a seal did, or undoing one.

    `sequence` names it, for undoing too; `changed` is false where it was in force already, and
    `sequence` that of then. `persons` are those touched, by id.
    """

    sequence: int
    changed: bool = True
    persons: tuple[Touched, ...] = ()
    repeated: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "sequence": self.sequence,
            "changed": self.changed,
            "persons": [each.as_dict() for each in self.persons],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The kept answer of an earlier request."""
        persons = tuple(map(Touched.from_dict, values["persons"]))
        return cls(values["sequence"], values["changed"], persons, repeated=True)
