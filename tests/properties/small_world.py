"""A world small enough that everything happens in it: a release by hand, records, events.

Records share few values, so that ties, bridges and contradictions are common: four telephone
numbers are the blocking keys, and an NHS number is absent or nearly always the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from hypothesis import strategies as st

from mpi.linking.sealing import IDENTIFIER, RECORD, SealSide
from mpi.model.blocking import RULES
from mpi.model.calibration import Calibration
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import NO_FREQUENCIES
from mpi.model.parameters import LevelParameters, Release
from mpi.model.thresholds import Thresholds
from mpi.records import Identifier, Record, RecordKey

KEYS = tuple(RecordKey(s, i) for s in ("courts", "hjis") for i in ("1", "2", "3"))
PHONES = ("07700900101", "07700900222", "07700900343", "07700900464")
BIRTH_DATES = ("1980-03-04", "1971-11-29")
NHS, OTHER_NHS, THIRD_NHS = "9990000018", "9990000026", "9990000034"
NOMS = ("A1234BC", "A9876XY")
LATEST = 10**6
"""A version after every other."""

_BITS = {
    "contact": {"shared": 5.0, "similar": 0.0, "other": -1.0},
    "birth_date": {"same": 3.0},
    "sex": {"same": 1.0, "other": -2.0},
    "id_nhs_number": {"shared": 7.0, "other": -4.0},
}
_OTHERWISE = -2.5


def release(*, cap: int = 300, average: int = -1000) -> Release:
    """A release over telephone numbers, birth dates, sex and NHS numbers.

    Args: cap, the most records clustered with all their weights; average, in milli-bits.
    """
    used = [c for c in COMPARISONS if c.name in _BITS]
    levels = {
        c.name: {
            level.code: LevelParameters.of_bits(_BITS[c.name].get(level.code, _OTHERWISE))
            for level in c.scored
        }
        for c in used
    }
    return Release(
        name="small",
        prior=-2000,
        levels=levels,
        frequencies=NO_FREQUENCIES,
        rules=(RULES.index(("identifiers",)), RULES.index(("phones",))),
        suppressed=np.empty(0, dtype=np.int64),
        thresholds=Thresholds(
            low=0,
            join=3000,
            average=average,
            conflict=3000,
            review=0,
            clip_low=-6000,
            clip_high=6000,
            n_cap=cap,
        ),
        calibration=Calibration(-1.0, 0.2, 0.3, 0.99, True, 300, "invented"),
        trained={},
    )


@dataclass(frozen=True)
class Put:
    """A record came, in some version of it."""

    record: Record
    version: int


@dataclass(frozen=True)
class Delete:
    """A record is gone, as of some version of it."""

    key: RecordKey
    version: int


@dataclass(frozen=True)
class Decide:
    """A reviewer decided about two records: `same`, `different` or `unsure`."""

    left: RecordKey
    right: RecordKey
    verdict: str
    version: int


@dataclass(frozen=True)
class Seal:
    """A seal between two sides; `version` is its number."""

    sides: tuple[SealSide, ...]
    version: int


@dataclass(frozen=True)
class Supersede:
    """The issuer of an identifier replaced a value."""

    system: str
    old: str
    new: str
    version: int


@dataclass(frozen=True)
class Undo:
    """The decision, seal or supersession of that version is taken back."""

    target: int


Event = Put | Delete | Decide | Seal | Supersede | Undo
"""What happens to an index. `version` orders the events that speak about one thing."""


@lru_cache(maxsize=1 << 14)
def record(key: RecordKey, phones: tuple[str, ...], said: tuple[str, str], *numbers: str) -> Record:
    """A record with telephone numbers, (birth date, sex) and identifiers.

    A number is written as the identifier system's value, with a star if it is verified.
    """
    identifiers = tuple(
        Identifier(
            "noms-number" if each.startswith("A") else "nhs-number",
            each.rstrip("*"),
            each.endswith("*"),
        )
        for each in numbers
    )
    birth, sex = said
    return Record(
        *key,
        phones=phones,
        birth_dates=(birth,) if birth else (),
        sex=sex,
        identifiers=identifiers,
    )


keys = st.sampled_from(KEYS)
_few_phones = st.sets(st.sampled_from((PHONES[0], *PHONES)), max_size=1)
_bridge_phones = st.sets(st.sampled_from(PHONES), min_size=2)
_said = st.tuples(st.sampled_from(("", *BIRTH_DATES, BIRTH_DATES[0])), st.sampled_from("FMF"))
_number = st.sampled_from(
    ((), (), (NHS,), (f"{NHS}*",), (f"{NHS}*",), (f"{OTHER_NHS}*",), (NOMS[0],), (NOMS[1],))
)


def records(phones: st.SearchStrategy[set[str]]) -> st.SearchStrategy[Record]:
    """Any record that has such telephone numbers."""
    return st.builds(
        lambda key, numbers, said, held: record(key, tuple(sorted(numbers)), said, *held),
        keys,
        phones,
        _said,
        _number,
    )


_decided = st.sampled_from(KEYS[1:5])
"""Decisions are about few records, so that they meet."""

_sealed = st.one_of(
    keys.map(lambda key: (RECORD, *key)),
    st.sampled_from(((IDENTIFIER, "nhs-number", NHS), (IDENTIFIER, "nhs-number", OTHER_NHS))),
)


bridges = records(_bridge_phones).map(lambda bridge: Put(bridge, 1))
"""A record that shares telephone numbers with several others."""


@st.composite
def _histories(draw: st.DrawFn, most: int, *, plain: bool) -> list[Event]:
    """Events in the order of their arrival; some come late, and some are about what is gone.

    No two events have one version, so that any order of them means the same.
    """
    kinds = ["put"] * 3 + ["bridge"] * 3 + ["delete"] * 3
    kinds += [] if plain else ["decide"] * 6 + ["undo"] * 2 + ["seal", "supersede"]
    first = draw(
        st.lists(records(_few_phones), min_size=3, max_size=len(KEYS), unique_by=lambda r: r.key)
    )
    events: list[Event] = [Put(each, version) for version, each in enumerate(first, start=1)]
    made: list[int] = []
    for step in range(len(KEYS) + 1, len(KEYS) + 1 + draw(st.integers(0, most))):
        kind = draw(st.sampled_from(kinds))
        if kind in ("put", "bridge", "delete"):
            late = draw(st.integers(0, 7)) == 0
            version = 100 * (draw(st.integers(0, step)) if late else step) + step
            events.append(_about_a_record(draw, kind, version))
        elif kind == "undo":
            events.append(Undo(draw(st.sampled_from(made)) if made else step))
        else:
            made.append(step)
            events.append(draw(_ruling(kind, step)))
    return events


def _about_a_record(draw: st.DrawFn, kind: str, version: int) -> Event:
    if kind == "delete":
        return Delete(draw(keys), version)
    return Put(draw(records(_bridge_phones if kind == "bridge" else _few_phones)), version)


@st.composite
def _ruling(draw: st.DrawFn, kind: str, version: int) -> Event:
    if kind == "decide":
        left, right = draw(st.lists(_decided, min_size=2, max_size=2, unique=True))
        verdict = draw(st.sampled_from(("same", "same", "different", "different", "unsure")))
        return Decide(left, right, verdict, version)
    if kind == "supersede":
        old, new = draw(st.permutations((NHS, OTHER_NHS, THIRD_NHS)))[:2]
        return Supersede("nhs-number", old, new, version)
    one, other = draw(st.lists(_sealed, min_size=2, max_size=2, unique=True))
    return Seal((SealSide(version, 1, *one), SealSide(version, 2, *other)), version)


_ONE_KEY = (PHONES[:1],) * 4
_A_CHAIN = (PHONES[:1], PHONES[:2], PHONES[1:3], PHONES[2:3])


@st.composite
def disputes(draw: st.DrawFn) -> list[Event]:
    """Four records that are there; decisions about them, and seals, that are bound to meet."""
    phones = draw(st.sampled_from((_ONE_KEY, _A_CHAIN)))
    events: list[Event] = [
        Put(record(key, each, (BIRTH_DATES[0], "F")), version)
        for version, (key, each) in enumerate(zip(KEYS[1:5], phones, strict=True), start=1)
    ]
    made = draw(st.lists(st.tuples(st.integers(0, 8), _ruling("decide", 0)), max_size=9))
    for version, (kind, decision) in enumerate(made, start=len(KEYS) + 1):
        ends = enumerate((decision.left, decision.right), start=1)
        sides = tuple(SealSide(version, side, RECORD, *key) for side, key in ends)
        events.append(
            {0: Undo(version - 2), 1: Seal(sides, version)}.get(
                kind, replace(decision, version=version)
            )
        )
    return events


@st.composite
def replacements(draw: st.DrawFn) -> list[Event]:
    """Records that hold NHS numbers, and numbers that are replaced, some more than once."""
    numbers = st.sampled_from((NHS, f"{NHS}*", OTHER_NHS, f"{OTHER_NHS}*", f"{THIRD_NHS}*"))
    held = draw(st.lists(numbers, min_size=2, max_size=5))
    events: list[Event] = [
        Put(record(key, (), ("", "F"), number), version)
        for version, (key, number) in enumerate(zip(KEYS, held, strict=False), start=1)
    ]
    made = draw(st.lists(_ruling("supersede", 0), min_size=1, max_size=4))
    return events + [replace(each, version=n) for n, each in enumerate(made, len(KEYS) + 1)]


rulings = st.sampled_from(("decide", "decide", "seal", "supersede")).flatmap(
    lambda kind: _ruling(kind, 1)
)
"""A decision, a seal or a supersession."""


def histories(most: int = 12, *, plain: bool = False) -> st.SearchStrategy[list[Event]]:
    """Histories of up to so many events; plain ones are of records alone."""
    return _histories(most, plain=plain)
