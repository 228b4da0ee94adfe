"""A small index of invented people, made through the store, for the tests of use cases and doors.

    ann      pds, hjis, nomis, ndelius    NHS number verified by pds and hjis
    bob      courts                       holds the same PNC as ann's nomis record
    cat      three records kept as a spanning tree
    dee      police_custody               no identifier at all

Before the last link, ids now retired stood for some of the same records:
`merged` for ann's nomis record, `split` for bob's and dee's, `p-9` for one no longer there.
"""

from __future__ import annotations

import os

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

from mpi.store.rows import Event, Release
from mpi.store.snapshot import CONFIDENCE, IDENTIFIERS, KEYS, LINKS, PERSONS, RECORDS, Snapshot
from mpi.store.store import open_store

# the same examples on every run, however slow the machine: what fails here fails for everybody
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")

CAP = 0.995
PNC = "2012/0000123Q"
KEYS_OF_RECORDS = (
    ("pds", "9990000018"),
    ("hjis", "H1"),
    ("nomis", "A1234BC"),
    ("ndelius", "X123456"),
    ("courts", "C5"),
    ("police_custody", "P6"),
    ("social_care", "S7"),
    ("cypse", "Y8"),
    ("nomis", "A8888BC"),
    ("nomis", "A9999BC"),
)
HELD = (
    (1, "nhs-number", "9990000018", True),
    (2, "nhs-number", "9990000018", True),
    (2, "local-patient-id", "RX1:12345", False),
    (3, "noms-number", "A1234BC", False),
    (3, "pnc", PNC, False),
    (4, "crn", "X123456", False),
    (4, "nhs-number", "9990000018", False),
    (4, "nino", "AB123456", False),
    (5, "court-defendant-id", "C5", False),
    (5, "pnc", PNC, False),
    (7, "social-care-person-id", "S7", False),
    (8, "young-person-id", "Y8", False),
    (9, "noms-number", "A8888BC", False),
)
PAIRS = (
    (1, 1, 2, 31_000, 31_000, 995_000),
    (1, 1, 3, 12_000, 14_000, 980_000),
    (1, 1, 4, 2_000, 14_000, 910_000),
    (1, 2, 3, 14_000, 14_000, 985_000),
    (1, 2, 4, 15_000, 15_000, 950_000),
    (1, 3, 4, 20_000, 15_000, 970_000),
    (3, 7, 8, 18_000, 18_000, 990_000),
    (3, 8, 9, 9_000, 9_000, 930_000),
)
NOW = {"ann": (1, 2, 3, 4), "bob": (5,), "cat": (7, 8, 9), "dee": (6,)}
BEFORE = {"ann": (1, 2, 4), "merged": (3,), "split": (5, 6), "p-9": (10,), "cat": (7, 8, 9)}
CALIBRATION = {"cap": CAP, "provisional": True, "examples": 600}


def _table(schema, given):
    columns = zip(*given, strict=True) if given else [[] for _ in schema]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def snapshot_of(persons: dict[str, tuple[int, ...]]) -> Snapshot:
    """The records of these persons, each given as person id to record numbers."""
    person_no = {r: at for at, members in enumerate(persons.values(), 1) for r in members}
    records = [
        (r, *KEYS_OF_RECORDS[r - 1], "1", person_no[r], "1", b"{}", b"[]", b"")
        for r in sorted(person_no)
    ]
    pairs = [
        (person_no[left], left, right, *numbers)
        for _, left, right, *numbers in PAIRS
        if person_no.get(left, 0) == person_no.get(right, -1)
    ]
    return Snapshot(
        records=[_table(RECORDS, records)],
        identifiers=_table(IDENTIFIERS, [row for row in HELD if row[0] in person_no]),
        keys=_table(KEYS, [(r, r) for r in person_no]),
        links=_table(LINKS, [(left, right, direct, True) for _, left, right, direct, *_ in pairs]),
        persons=_table(
            PERSONS,
            [
                (at, person_id, min(members), [], len(members), person_id != "cat")
                for at, (person_id, members) in enumerate(persons.items(), 1)
            ],
        ),
        confidence=_table(CONFIDENCE, pairs),
        release=Release("0123456789abcdef", "small-world", {"calibration": CALIBRATION}),
        provisional=True,
    )


@pytest.fixture(scope="session")
def index_url(tmp_path_factory) -> str:
    """The URL of the small index; nothing may write to it."""
    return small_index(f"sqlite:///{tmp_path_factory.mktemp('index') / 'mpi.db'}")


def small_index(url: str) -> str:
    """Make the small index at a URL, which is returned."""
    store = open_store(url, create=True, seed=1)
    for at, persons in enumerate((BEFORE, NOW), 1):
        event = Event(kind="link", at=f"2026-01-0{at}T00:00:00Z")
        store.replace(snapshot_of(persons), event)
    store.close()
    return url


@pytest.fixture(scope="session")
def invented(tmp_path_factory):
    """A small invented population with a trained release; see `tests.invented`."""
    # what linking needs takes seconds to import, and most tests do without
    from tests.invented import Invented

    return Invented(tmp_path_factory.mktemp("invented"))


@pytest.fixture(scope="session")
def postgres():
    """The URL of a PostgreSQL server of this session's own; see `tests.postgres`."""
    if not os.environ.get("CI"):
        pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    from tests.postgres import serving_tests

    with serving_tests() as url:
        yield url
