"""What the service answers, as dataclasses; the API's description says what each field means.

A test holds them against `mpi.api.schemas`. They can be shown in a notebook, and those that are
lists of something have it as a DataFrame.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mpi.client.problems import error_from
from mpi.errors import MPIError
from mpi.index import shown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class RecordRef:
    """What names a record."""

    source: str
    source_id: str

    def __str__(self) -> str:
        """As `Client.explain` takes it."""
        return f"{self.source}|{self.source_id}"


@dataclass(frozen=True, slots=True)
class CrossReference:
    """One identifier of a person, and how sure the index is that it is theirs."""

    system: str
    uri: str
    value: str
    asked: bool
    confidence: float
    provisional: bool
    basis: str
    records: tuple[RecordRef, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A person, as the index sees one."""

    person_id: str
    identifiers: tuple[CrossReference, ...]
    records: tuple[RecordRef, ...]
    findings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it came."""
        return asdict(self)

    def frame(self) -> pd.DataFrame:
        """One row per identifier; see `shown.identifiers`."""
        return shown.identifiers([self.as_dict()])

    def _repr_html_(self) -> str:
        return shown.person(self.as_dict())


@dataclass(frozen=True, slots=True)
class PersonWithRelease(Person):
    """A person, and the release that says so."""

    release: str


@dataclass(frozen=True, slots=True)
class CrossReferences:
    """Everyone who holds the identifier asked with; several persons: `ambiguous`."""

    system: str
    uri: str
    value: str
    ambiguous: bool
    release: str
    persons: tuple[Person, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it came."""
        return asdict(self)

    def frame(self) -> pd.DataFrame:
        """One row per identifier of each person; see `shown.identifiers`."""
        return shown.identifiers(self.as_dict()["persons"])

    def _repr_html_(self) -> str:
        return shown.answered(self.as_dict())


@dataclass(frozen=True, slots=True)
class Successor:
    """A person who now has records that a superseded person id stood for."""

    person_id: str
    records: int


@dataclass(frozen=True, slots=True)
class Superseded:
    """A person id that is no longer in use, and who has its records now."""

    person_id: str
    superseded_by: tuple[Successor, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it came."""
        return asdict(self)

    def _repr_html_(self) -> str:
        return shown.superseded(self.as_dict())


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person whom the record may be of."""

    person_id: str
    grade: str
    match_weight: float
    confidence: float
    probability: float
    best: RecordRef
    records: tuple[RecordRef, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """The persons whom the record may be of, the most probable first; `p_null`: of none."""

    release: str
    provisional: bool
    searchable: bool
    candidates: int
    p_null: float | None
    held_by: str | None
    persons: tuple[PersonMatch, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it came."""
        return asdict(self)

    def _repr_html_(self) -> str:
        return shown.matched(self.as_dict())


@dataclass(frozen=True, slots=True)
class RecordOfPerson(RecordRef):
    """A record, and whose it is."""

    person_id: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One aspect in which two records were compared; the weight is in bits."""

    comparison: str
    level: str
    match_weight: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two records are taken for one person, or for two; weights in bits."""

    release: str
    left: RecordOfPerson
    right: RecordOfPerson
    one_person: bool
    match_weight: float
    prior: float
    shared_rules: tuple[str, ...]
    comparisons: tuple[Compared, ...]
    sentences: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it came."""
        return asdict(self)

    def _repr_html_(self) -> str:
        return shown.explained(self.as_dict())


@dataclass(frozen=True, slots=True)
class Readiness:
    """The index can be read; under a policy neither its release nor its records are told."""

    status: str
    release: str | None
    records: int | None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to one look-up of a batch, or its problem."""

    status: int
    answer: CrossReferences | None
    problem: dict[str, Any] | None

    def found(self, request: str | None) -> CrossReferences | MPIError:
        """The answer, or the error that it would have raised alone; `request` names the batch's."""
        return self.answer or error_from(self.problem or {"status": self.status}, request)


@dataclass(frozen=True, slots=True)
class Batched:
    """The answers to a batch, in the order asked."""

    answers: tuple[BatchAnswer, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """A person whom a change touched; `successors` have the records of one merged or split."""

    person_id: str
    effect: str
    successors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a message about a record; None in `sequence`: it changed nothing.

    `tag` names the record as it stands now, for the next change to build on.
    """

    status: str
    source: str
    source_id: str
    person_id: str | None
    sequence: int | None
    searchable: bool
    persons: tuple[Touched, ...]
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a decision did, or undoing one; `sequence` names it, for undoing it."""

    sequence: int
    changed: bool
    persons: tuple[Touched, ...]
