"""A record as somebody gives it: as JSON in our own words, or as a row of a source system."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from mpi.errors import InvalidRecord, UnknownSource
from mpi.records import Identifier, Name, Record
from mpi.sources import Rejects, load_sources, read_feed

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Reader = Callable[[str, object], Any]


def record_from_json(content: bytes) -> Record:
    """A record from a JSON object of the fields of `mpi.records.Record`.

    Every field may be left out or null. `names` is a list of `{"given", "family"}` and
    `identifiers` one of `{"system", "value", "verified"}`; a field of several values may be given
    as one. Raises InvalidRecord, which names the field and never its value.

    >>> record_from_json(b'{"names": [{"given": "Ann", "family": "Example"}]}').names[0].family
    'Example'
    """
    return record_from_values(_object(content))


def record_from_values(values: Mapping[str, Any]) -> Record:
    """See `record_from_json`: the same of an object that has been read already."""
    unknown = values.keys() - _READERS.keys()
    if unknown:
        raise InvalidRecord(f"It has {len(unknown)} fields that no record has.")
    given = {name: value for name, value in values.items() if value is not None}
    read = {name: _READERS[name](name, value) for name, value in given.items()}
    return Record(**{"source": "", "source_id": "", **read})


def record_from_row(content: bytes, source: str, folder: Path | None) -> Record:
    """A record from a row of a source system, a JSON object of its columns, read as from a feed.

    Args: folder, of further source descriptions. Raises InvalidRecord, UnknownSource, and what
    reading a feed raises.
    """
    systems = load_sources(folder)
    if source not in systems:
        raise UnknownSource(source=source)
    rejects = Rejects()
    with TemporaryDirectory(prefix="mpi-") as name:
        path = Path(name) / f"{source}.ndjson"
        path.write_bytes(orjson.dumps(_object(content)))
        records = list(read_feed(path, systems[source], rejects))
    if not records:
        reasons = ", ".join(rejects.by_reason()) or "it says that the record is deleted"
        raise InvalidRecord(f"It cannot be used: {reasons}.", source=source)
    return records[0]


def _object(content: bytes) -> dict[str, Any]:
    try:
        values = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InvalidRecord("It is not JSON.") from None
    if not isinstance(values, dict):
        raise InvalidRecord("It is not a JSON object.")
    return values


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRecord("Expected a text.", field=field)
    return value


def _key(field: str, value: object) -> str:
    text = _text(field, value)
    if _CONTROL.search(text):
        raise InvalidRecord("It has a control character.", field=field)
    return text


def _texts(field: str, value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(_text(field, each) for each in values)


def _names(field: str, value: object) -> tuple[Name, ...]:
    parts = {"given": _text, "family": _text}
    return tuple(Name(**each) for each in _parts(field, value, parts))


def _identifiers(field: str, value: object) -> tuple[Identifier, ...]:
    found = []
    for each in _parts(field, value, {"system": _text, "value": _text, "verified": _flag}):
        if not each.keys() >= {"system", "value"}:
            raise InvalidRecord("Expected a system and a value.", field=field)
        found.append(Identifier(**each))
    return tuple(found)


def _flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidRecord("Expected true or false.", field=field)
    return value


def _parts(field: str, value: object, readers: Mapping[str, Reader]) -> list[dict[str, Any]]:
    """The objects of a list, each part read; one object stands for a list of it."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict) or not each.keys() <= readers.keys():
            raise InvalidRecord(f"Expected objects of {', '.join(readers)}.", field=field)
        said = {name: part for name, part in each.items() if part is not None}
        found.append({name: readers[name](f"{field}.{name}", said[name]) for name in said})
    return found


_READERS: Mapping[str, Reader] = {
    "source": _key,
    "source_id": _key,
    "version": _key,
    "names": _names,
    "birth_dates": _texts,
    "sex": _text,
    "postcodes": _texts,
    "addresses": _texts,
    "town": _text,
    "phones": _texts,
    "emails": _texts,
    "birth_place": _text,
    "occupation": _text,
    "identifiers": _identifiers,
    "custody_dates": _texts,
    "sentence_dates": _texts,
    "restricted": _flag,
}
"""How each field of a record is read."""
