"""Look up: an identifier or a person id in, the other identifiers and their confidence out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import IdentifierNotFound, PersonGone, PersonNotFound
from mpi.identifiers import NAMESPACE, clean_identifier, fhir_uri, parse
from mpi.index import shown
from mpi.index.cross_references import Standing, person_of, speaker
from mpi.index.texts import person_id_of
from mpi.records import CrossReference, Identifier, Person, RecordKey
from mpi.store.rows import PersonRows, RetiredPerson
from mpi.store.store import Store
from mpi.store.view import View

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Answer:
    """Everyone who holds the identifier asked for; more than one person: it is ambiguous.

    `said` is the identifier that was asked with, `asked` the one that stands for it now.
    `namespace` is where the URIs lie of systems for which none is published.
    """

    asked: Identifier
    persons: tuple[Person, ...]
    standing: Standing
    namespace: str = NAMESPACE
    said: Identifier | None = None

    @property
    def ambiguous(self) -> bool:
        """Whether several persons hold the identifier, so that nobody can say whose it is."""
        return len(self.persons) > 1

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; described by `mpi.api.schemas.CrossReferences`."""
        plain = _Plain(self.namespace, self.asked)
        return {
            **plain.identifier(self._named()),
            "ambiguous": self.ambiguous,
            "release": self.standing.release,
            "persons": [plain.person(each) for each in self.persons],
        }

    def _named(self) -> Identifier:
        """What the answer says was asked: what stands for it now, if that is among what is told."""
        told = (each.identifier for one in self.persons for each in one.cross_references)
        is_told = any((each.system, each.value) == _name(self.asked) for each in told)
        return self.asked if is_told or self.said is None else self.said

    def frame(self) -> pd.DataFrame:
        """One row per identifier of each person; see `shown.identifiers`."""
        return shown.identifiers(self.as_dict()["persons"])

    def _repr_html_(self) -> str:
        """For a notebook."""
        return shown.answered(self.as_dict())


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """One person, asked for by id; the anchor is the golden record. `namespace` as of `Answer`."""

    person: Person
    namespace: str = NAMESPACE

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; described by `mpi.api.schemas.PersonWithRelease`."""
        return {**_Plain(self.namespace).person(self.person), "release": self.person.release}

    def frame(self) -> pd.DataFrame:
        """One row per identifier; see `shown.identifiers`."""
        return shown.identifiers([self.as_dict()])

    def _repr_html_(self) -> str:
        """For a notebook."""
        return shown.person(self.as_dict())


@dataclass(frozen=True, slots=True)
class Superseded:
    """A person id no longer in use; its last members now belong to the persons of `current`.

    `current` maps each person id to the number of those records that it holds; never empty.
    `members` are the records themselves.
    """

    person_id: str
    current: Mapping[str, int]
    members: tuple[RecordKey, ...] = field(default=(), compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON, the person who holds most first; `mpi.api.schemas.Superseded`."""
        order = sorted(self.current.items(), key=lambda item: (-item[1], item[0]))
        return {
            "person_id": self.person_id,
            "superseded_by": [{"person_id": each, "records": count} for each, count in order],
        }

    def _repr_html_(self) -> str:
        """For a notebook."""
        return shown.superseded(self.as_dict())


def cross_references(
    store: Store,
    system: str,
    text: str,
    *,
    namespace: str = NAMESPACE,
    sight: Sight = EVERYTHING,
) -> Answer:
    """Everyone who holds an identifier, with their other identifiers.

    Args: system, a short name of `mpi.identifiers.SYSTEMS`; text, the value as anybody writes it;
    namespace, of the URIs in the answer; sight, of whoever asks (see `person_of`).
    Raises UnknownIdentifierSystem, InvalidIdentifier, IdentifierNotFound.
    """
    value = parse(system, text)
    with store.reading() as view:
        standing = Standing.of(view.state)
        asked, found = _holding(view, system, value)
    if not found:
        raise IdentifierNotFound(system=system)
    persons = tuple(person_of(rows, standing, sight) for rows in found)
    return Answer(asked, persons, standing, namespace, Identifier(system, value))


def person(
    store: Store, person_id: str, *, namespace: str = NAMESPACE, sight: Sight = EVERYTHING
) -> PersonAnswer | Superseded:
    """A person by id, or who holds the records that an id no longer in use stood for.

    Args: sight, of whoever asks; what seals keep apart is told only to who may know of that.
    Raises PersonNotFound when the id was never issued, PersonGone when nobody holds any of its
    records any more.
    """
    person_id = person_id_of(person_id)
    with store.reading() as view:
        standing = Standing.of(view.state)
        rows = view.person_of(person_id)
        if rows is not None:
            rows = spoken_for(view, rows, sight)
            return PersonAnswer(person_of(rows, standing, sight), namespace)
        retired = view.resolve_retired(person_id)
        if retired is not None and not sight.sealed:
            retired = _without_seals(view, retired, sight)
    if retired is None:
        raise PersonNotFound()
    if not retired.current:
        raise PersonGone()
    return Superseded(person_id, retired.current, retired.members)


def _without_seals(view: View, retired: RetiredPerson, sight: Sight) -> RetiredPerson | None:
    """What became of a person id, as if what seals keep apart had never been one."""
    from mpi.index.apart import Apart

    told = Apart.of(view, sight).told(retired.person_id, retired.members)
    if len(told) == len(retired.members):
        return retired
    current = view.current_persons(told)
    return replace(retired, members=told, current=current) if told else None


def spoken_for(view: View, rows: PersonRows, sight: Sight) -> PersonRows:
    """A person anchored on the record that speaks for them among those somebody may know of."""
    key = speaker(rows, sight)
    if key is None or rows.anchors == (key.record_no,):
        return rows
    return view.person_with(key.key) or rows


def _holding(view: View, system: str, value: str) -> tuple[Identifier, tuple[PersonRows, ...]]:
    """The holders of a value as written, or else of the part of it that is evidence of identity.

    The two differ for a National Insurance number, whose suffix is often left out. Of a value that
    its issuer replaced, the holders of the one that stands for it now.
    """
    found = view.persons_holding(system, value)
    evidence = clean_identifier(system, value)
    if found or evidence is None:
        return Identifier(system, value), found
    current = _current(view, system, evidence)
    if current == value:
        return Identifier(system, value), found
    return Identifier(system, current), view.persons_holding(system, current)


def _current(view: View, system: str, value: str) -> str:
    """What stands for a value now."""
    if not view.near.supersessions([(system, value)]):
        return value
    from mpi.index.sealed import Following

    return Following(view.near, [(system, value)]).supersessions.current(system, value)


def _name(identifier: Identifier) -> tuple[str, str]:
    return identifier.system, identifier.value


@dataclass(frozen=True, slots=True)
class _Plain:
    """Makes the parts of an answer plain dictionaries."""

    namespace: str
    asked: Identifier | None = None

    def person(self, person: Person) -> dict[str, Any]:
        """A person with all identifiers."""
        return {
            "person_id": person.person_id,
            "identifiers": [self.cross_reference(each) for each in person.cross_references],
            "records": [record._asdict() for record in person.records],
            "findings": list(person.findings),
        }

    def cross_reference(self, each: CrossReference) -> dict[str, Any]:
        """One identifier of a person."""
        return {
            **self.identifier(each.identifier),
            "asked": self._is_asked(each.identifier),
            "confidence": each.confidence,
            "provisional": each.provisional,
            "basis": each.basis.value,
            "records": [record._asdict() for record in each.records],
        }

    def identifier(self, named: Identifier) -> dict[str, Any]:
        """An identifier alone."""
        uri = fhir_uri(named.system, self.namespace)
        return {"system": named.system, "uri": uri, "value": named.value}

    def _is_asked(self, named: Identifier) -> bool:
        return self.asked is not None and _name(named) == _name(self.asked)
