"""A feed of FHIR Patients, one on each line, as a table like that of any other feed.

Each Patient becomes a Record, and the Record a row of columns of its own, whatever the source's
description says of the columns of its other feeds: delivery, limits and domain are the source's.
A Patient that another replaced is a deletion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pyarrow as pa

from mpi.errors import InvalidResource
from mpi.fhir.domains import Domains
from mpi.fhir.elements import Element, items, text
from mpi.fhir.reading import is_replaced, record_of
from mpi.identifiers import NAMESPACE, SYSTEMS
from mpi.records import Record, RecordKey
from mpi.sources.description import (
    AddressColumns,
    Coded,
    Column,
    Flag,
    IdentifierColumn,
    NameColumns,
    SourceSystem,
    VersionColumn,
)
from mpi.sources.header import ROW
from mpi.sources.ndjson_file import objects, opened
from mpi.sources.rejects import Reject, Rejects

PATIENTS = (".patients.ndjson", ".patients.ndjson.gz")
"""How the name of a feed of Patients ends."""

_BETWEEN = "\ue000"
"""Stands between the values of a cell: a character of private use, so in nobody's name."""


@dataclass(frozen=True, slots=True)
class PatientSource(SourceSystem):
    """A source system as it sends Patients.

    `domains` says what the URIs in them mean; of the systems in `trusted` every value is verified.
    """

    domains: Domains = field(default_factory=Domains)
    trusted: frozenset[str] = frozenset()


def domains_of(sources: Mapping[str, SourceSystem], namespace: str = NAMESPACE) -> Domains:
    """The URIs that all sources use together. Raises InvalidSource when two claim one domain."""
    return Domains(namespace, {name: s.domain for name, s in sources.items() if s.domain})


def as_patients(source: SourceSystem, sources: Mapping[str, SourceSystem]) -> PatientSource:
    """How to read a feed of Patients from a source; `sources` are all of them.

    Raises InvalidSource, as `domains_of`.
    """
    namespace = source.domain.namespace if source.domain else ""
    said = {each.name: getattr(source, each.name) for each in fields(SourceSystem)}
    return PatientSource(
        **{**said, **_COLUMNS},
        domains=domains_of(sources, namespace or NAMESPACE),
        trusted=source.verified_systems,
    )


def read_patients(path: Path, source: PatientSource, rejects: Rejects) -> pa.Table:
    """The rows of a feed of Patients; what is none, or cannot be read, is rejected."""
    rows: list[dict[str, str]] = []
    numbers: list[int] = []
    with opened(path) as file:
        for number, value in objects(file, path, rejects):
            try:
                rows.append(_row(value, source))
                numbers.append(number)
            except InvalidResource as error:
                element = str(error.where.get("element", ""))
                rejects.add(Reject(str(path), number, "", element, "not a usable FHIR Patient"))
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in source.columns}
    return pa.table({**columns, ROW: pa.array(numbers, pa.int64())})


def _row(patient: Element, source: PatientSource) -> dict[str, str]:
    if patient.get("resourceType") != "Patient":
        raise InvalidResource("Expected a Patient.", element="resourceType")
    if "modifierExtension" in patient or "implicitRules" in patient:
        raise InvalidResource("It changes what a Patient means.", element="modifierExtension")
    key = RecordKey(source.name, _key(patient, source))
    record = record_of(patient, source.domains, key=key, trusted=source.trusted)
    return {**_cells(record), "deleted": "true" if is_replaced(patient) else ""}


def _key(patient: Element, source: PatientSource) -> str:
    """The identifier in the source's own domain if it has one, else the Patient's id."""
    for each in items(patient, "identifier"):
        key = source.domains.record_key(text(each, "system"), text(each, "value"))
        if key is not None and key.source == source.name:
            return key.source_id
    return text(patient, "id")


def _cells(record: Record) -> dict[str, str]:
    """A record as a row; most columns of most rows are empty."""
    nothing = [""] * max(len(record.addresses), len(record.postcodes))
    given: dict[str, Iterable[str]] = {
        "given": [name.given for name in record.names],
        "family": [name.family for name in record.names],
        "lines": record.addresses or nothing,
        "postcodes": record.postcodes or nothing,
        **{name: getattr(record, name) for name in _LISTS},
    }
    held: defaultdict[str, list[str]] = defaultdict(list)
    for each in record.identifiers:
        held[_IDENTIFIERS[each.system, each.verified]].append(each.value)
    texts = {name: getattr(record, name) for name in _TEXTS}
    joined = {name: _joined(values) for name, values in (*given.items(), *held.items()) if values}
    restricted = "true" if record.restricted else ""
    return {**_EMPTY, "key": record.source_id, "restricted": restricted, **texts, **joined}


def _joined(values: Iterable[str]) -> str:
    return _BETWEEN.join(value.replace(_BETWEEN, " ") for value in values)


_TEXTS = ("version", "sex", "town", "birth_place", "occupation")
_LISTS = ("birth_dates", "phones", "emails", "custody_dates", "sentence_dates")
_IDENTIFIERS = {
    (system, verified): f"{system}{' (verified)' if verified else ''}"
    for system in SYSTEMS
    for verified in (True, False)
}
"""The column of the identifiers of a system, verified or not."""

_COLUMNS: dict[str, Any] = {
    "key": "key",
    "names": (NameColumns(given=("given",), family="family", separator=_BETWEEN),),
    "version": VersionColumn("version"),
    "deleted": Flag("deleted", ("true",)),
    "restricted": Flag("restricted", ("true",)),
    "date_formats": ("%Y-%m-%d",),
    "sex": Coded("sex"),
    "addresses": (AddressColumns(("lines",), "postcodes", separator=_BETWEEN),),
    **{name: name for name in ("town", "birth_place", "occupation")},
    **{name: (Column(name, _BETWEEN),) for name in _LISTS},
    "identifiers": tuple(
        IdentifierColumn(name, system, _BETWEEN, verified=verified)
        for (system, verified), name in _IDENTIFIERS.items()
    ),
}
"""The columns of the rows that Patients become."""

_EMPTY = dict.fromkeys(
    ("given", "family", "lines", "postcodes", *_LISTS, *_IDENTIFIERS.values()), ""
)
