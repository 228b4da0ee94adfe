"""A small linked world for the store's tests: four invented records, two persons."""

from __future__ import annotations

from itertools import count

import pyarrow as pa
import pytest

from mpi.store.rows import Event, Release
from mpi.store.snapshot import CONFIDENCE, IDENTIFIERS, KEYS, LINKS, PERSONS, RECORDS, Snapshot
from mpi.store.store import open_store

RECORD_NAMES = ("nomis/1", "nomis/2", "pds/1", "pds/2")
KEY_VALUES = (-(2**63), -1, 0, 1, 2**63 - 1)
LINKED = Event(kind="link", at="2026-01-02T03:04:05Z", detail={"feeds": 2})


def rows(schema, *given):
    """An Arrow table of rows given in the order of the schema's columns."""
    columns = zip(*given, strict=True) if given else [[] for _ in schema]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema)


def snapshot(persons=None, *, release="r1", provisional=True):
    """A snapshot of the four records under persons, given as person id to record names."""
    persons = persons or {"p-one": ("nomis/1", "pds/1"), "p-two": ("nomis/2", "pds/2")}
    names = [name for members in persons.values() for name in members]
    number = {name: at for at, name in enumerate(sorted(names), start=1)}
    person_no = {m: at for at, members in enumerate(persons.values(), start=1) for m in members}
    pairs = [
        (person_no[left], number[left], number[right])
        for members in persons.values()
        for left in members
        for right in members
        if number[left] < number[right]
    ]
    records = [
        (
            n,
            *name.split("/"),
            "v1",
            person_no[name],
            "v1",
            f"payload of {name}".encode(),
            b"[]",
            b"",
        )
        for name, n in sorted(number.items(), key=lambda item: item[1])
    ]
    return Snapshot(
        records=[rows(RECORDS, *records)],
        identifiers=rows(
            IDENTIFIERS,
            *((n, "noms-number", f"A{name[-1]}234BC", False) for name, n in number.items()),
            *((n, "nhs-number", f"999000001{name[-1]}", True) for name, n in number.items()),
        ),
        keys=rows(KEYS, *((key, n) for n in number.values() for key in KEY_VALUES)),
        links=rows(LINKS, *((left, right, 12_345, True) for _, left, right in pairs)),
        persons=rows(
            PERSONS,
            *(
                (at, person_id, min(number[m] for m in members), ["check"], len(members), True)
                for at, (person_id, members) in enumerate(persons.items(), start=1)
            ),
        ),
        confidence=rows(CONFIDENCE, *((*pair, None, 9_000, 987_654) for pair in pairs)),
        release=Release(release, "base", {"tau": 4}),
        provisional=provisional,
    )


def replace(store, persons=None, **settings):
    """Link: keep a snapshot of the four records under these persons; returns the sequence."""
    return store.replace(snapshot(persons, **settings), LINKED)


@pytest.fixture
def link():
    """The function that links: `link(store, {person id: record names})`."""
    return replace


@pytest.fixture
def snapshot_of():
    """The function that makes a snapshot without keeping it."""
    return snapshot


BOTH = ("sqlite", "postgres")
_schemas = count()


@pytest.fixture(params=BOTH)
def new_url(request, tmp_path_factory):
    """Makes places where an index may be made, in a database of each kind."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('index') / 'mpi.db'}"
    server = request.getfixturevalue("postgres")
    return lambda: f"{server}&schema=test_{next(_schemas)}"


@pytest.fixture
def url(new_url):
    """A place where an index may be made."""
    return new_url()


@pytest.fixture
def store(url):
    """An index never linked."""
    opened = open_store(url, create=True, seed=7)
    yield opened
    opened.close()


@pytest.fixture
def linked(store):
    """An index of two persons of two records each."""
    replace(store)
    return store
