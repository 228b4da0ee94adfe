"""What a TOML says about one source system: its columns, formats and delivery.

The dataclasses are the schema. Pydantic validates a TOML straight into them, so a key is defined
once, and an unknown or misspelt key is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, with_config

from mpi.errors import InvalidSource
from mpi.fhir.domains import Domain
from mpi.identifiers import SYSTEMS
from mpi.sources.dates import is_date_format

_STRICT = ConfigDict(extra="forbid")

Delivery = Literal["snapshot", "delta"]
NameOrder = Literal["family, given", "given family"]
PostcodeKind = Literal["uk", "other", "text"]


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Column:
    """A column that holds one value, or several when it has a `separator`."""

    column: str
    separator: str = ""


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Coded:
    """A column of codes; `values` gives the source's code for each of ours."""

    column: str
    values: dict[str, str] = field(default_factory=dict)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class Flag:
    """A column that says yes when it holds one of `values`, and `otherwise` for no."""

    column: str
    values: tuple[str, ...]
    otherwise: str = ""


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class VersionColumn:
    """The column that orders deliveries of one record: a time in one of `formats`, or a number."""

    column: str
    formats: tuple[str, ...] = ()


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class NameColumns:
    """Where names are: columns for the parts, or one `whole` column in a given `order`.

    With a `separator` the columns are parallel lists of further names.
    """

    given: tuple[str, ...] = ()
    family: str = ""
    whole: str = ""
    order: NameOrder = "family, given"
    separator: str = ""


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class AddressColumns:
    """Where an address and its postcode are, and which cleaner the postcode takes.

    With a `separator` the columns are parallel lists of further addresses; then one line column.
    """

    lines: tuple[str, ...] = ()
    postcode: str = ""
    postcode_cleaner: PostcodeKind = "uk"
    separator: str = ""


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class IdentifierColumn:
    """A column of identifiers of one system.

    A local patient id needs the organisation that issued it: a fixed `ods` or an `ods_column`.
    `verified` says that the source holds verified values only; `verified_by` says where it tells.
    """

    column: str
    system: str
    separator: str = ""
    verified: bool = False
    verified_by: Flag | None = None
    ods: str = ""
    ods_column: str = ""


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class SourceDomain(Domain):
    """What FHIR calls the keys of a source's records."""


def _as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Columns = tuple[Annotated[Column, BeforeValidator(_as_column)], ...]


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class SourceSystem:
    """A system that issues identifiers and sends records, and how to read its feeds.

    `date_formats` are tried in order, the first is written. A snapshot that lacks more than
    `max_missing_share` of the known records looks truncated. A feed where more than
    `max_unreadable_dates` of a column's dates are in no known format looks changed upstream; both
    are refused. `domain` says what FHIR calls its keys. `institution_postcodes` adds places of
    detention that this source uses as addresses to those that cleaning knows. `restricted` tells
    whose location nobody may be told. `issues` is the identifier system that its keys count as:
    whoever may not be told identifiers of it is not told the keys either.
    """

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    title: str
    key: str
    names: Annotated[tuple[NameColumns, ...], Field(min_length=1)]
    issues: str = ""
    domain: SourceDomain | None = None
    delivery: Delivery = "snapshot"
    max_missing_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    max_unreadable_dates: Annotated[float, Field(ge=0, le=1)] = 0.05
    version: Annotated[VersionColumn | None, BeforeValidator(_as_column)] = None
    deleted: Flag | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    date_formats: Annotated[tuple[str, ...], Field(min_length=1)] = ("%Y-%m-%d",)
    birth_dates: Columns = ()
    sex: Annotated[Coded | None, BeforeValidator(_as_column)] = None
    addresses: tuple[AddressColumns, ...] = ()
    institution_postcodes: frozenset[str] = frozenset()
    town: str = ""
    phones: Columns = ()
    emails: Columns = ()
    birth_place: str = ""
    occupation: str = ""
    identifiers: tuple[IdentifierColumn, ...] = ()
    custody_dates: Columns = ()
    sentence_dates: Columns = ()
    restricted: Flag | None = None

    @property
    def verified_systems(self) -> frozenset[str]:
        """The identifier systems of which the source holds verified values only."""
        return frozenset(each.system for each in self.identifiers if each.verified)

    @property
    def key_systems(self) -> frozenset[str] | None:
        """The identifier systems that the keys of its records are of; None where nothing says."""
        found = {each.system for each in self.identifiers if each.column == self.key}
        found |= {self.issues} if self.issues else set()
        if self.domain is not None:
            found |= {self.domain.key_system} - {""}
        return frozenset(found) or None

    @property
    def date_columns(self) -> Columns:
        """Every column that holds dates."""
        return (*self.birth_dates, *self.custody_dates, *self.sentence_dates)

    @property
    def list_columns(self) -> Columns:
        """Every column that holds several values, with its separator."""
        return tuple(column for column in _all_columns(self) if column.separator)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column a feed must have, in the order of the description."""
        return tuple(dict.fromkeys(column.column for column in _all_columns(self)))


def _all_columns(source: SourceSystem) -> Iterator[Column]:
    """Every column with its separator, named once for each use."""
    yield Column(source.key)
    for single in (source.version, source.deleted, source.restricted, source.sex):
        if single:
            yield Column(single.column)
    for names in source.names:
        parts = (*names.given, names.family, names.whole)
        yield from (Column(part, names.separator) for part in parts if part)
    for address in source.addresses:
        parts = (*address.lines, address.postcode)
        yield from (Column(part, address.separator) for part in parts if part)
    texts = (source.town, source.birth_place, source.occupation)
    yield from (Column(text) for text in texts if text)
    yield from (*source.date_columns, *source.phones, *source.emails)
    for identifier in source.identifiers:
        yield Column(identifier.column, identifier.separator)
        flag = identifier.verified_by.column if identifier.verified_by else ""
        yield from (Column(name) for name in (flag, identifier.ods_column) if name)


def check(source: SourceSystem) -> SourceSystem:
    """What types cannot say: parts of a description that must fit each other.

    Raises:
        InvalidSource: naming the source and the key of its TOML.
    """
    for problem, key in _problems(source):
        raise InvalidSource(problem, source=source.name, key=key)
    return source


def _problems(source: SourceSystem) -> Iterator[tuple[str, str]]:
    if source.delivery == "delta" and source.deleted is None:
        yield "A delta must say which rows are deletions.", "deleted"
    if source.deleted and source.delivery == "snapshot":
        yield "Only a delta has rows that are deletions.", "deleted"
    if source.issues and source.issues not in SYSTEMS:
        yield f"There is no identifier system {source.issues}.", "issues"
    if source.domain and (problem := source.domain.problem()):
        yield problem, "domain"
    versions = source.version.formats if source.version else ()
    for key, formats in (("date_formats", source.date_formats), ("version.formats", versions)):
        for at, pattern in enumerate(formats):
            if not is_date_format(pattern):
                yield "No format of dates, such as %d/%m/%Y.", f"{key}.{at}"
    for at, names in enumerate(source.names):
        if bool(names.whole) == bool(names.given or names.family):
            yield "Give either the whole name or its parts.", f"names.{at}"
    for at, address in enumerate(source.addresses):
        if not (address.lines or address.postcode):
            yield "An address needs lines or a postcode.", f"addresses.{at}"
        if address.separator and len(address.lines) > 1:
            yield "A list of addresses has one line column.", f"addresses.{at}.lines"
    for at, identifier in enumerate(source.identifiers):
        yield from _identifier_problems(identifier, f"identifiers.{at}")


def _identifier_problems(column: IdentifierColumn, key: str) -> Iterator[tuple[str, str]]:
    if column.system not in SYSTEMS:
        yield f"There is no identifier system {column.system}.", f"{key}.system"
    local = column.system == "local-patient-id"
    if local != (bool(column.ods) != bool(column.ods_column)):
        yield "A local patient id, and nothing else, needs ods or ods_column.", f"{key}.ods"
    if column.verified and column.verified_by:
        yield "Verified is either fixed or told by a column.", f"{key}.verified_by"
