"""Random events on a small index, for the scripts beside: what is put, deleted and decided.

A pool of records is drawn from the index. Each event is one of: the record again under a key of its
own (and so a new record of a known person), a newer version with a value changed, an old version
come late, the same once more, a bridge between two persons, a delete, a decision, its undoing.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from mpi.errors import ContradictingDecision, IndexBusy, NothingToUndo, RecordNotFound
from mpi.index.decide import Decision, Verdict
from mpi.index.index import Index
from mpi.index.link import LinkOptions, link
from mpi.linking.intake import record_of
from mpi.records import Record, RecordKey
from mpi.store.store import open_store
from mpi.synthetic import synthesise

T = TypeVar("T")
MODEL = Path(__file__).resolve().parents[2] / "models" / "synthetic-base"
PEOPLE = 120
OFTEN = 0.4
"""How often an event is about a record that an earlier one was about."""


def small_feeds(folder: Path, seed: int) -> Path:
    """The feeds of a small invented population, made once in a folder."""
    feeds = folder / f"feeds-{seed}"
    if not feeds.exists():
        synthesise(people=PEOPLE, seed=seed, to=feeds)
    return feeds / "feeds"


def linked(url: str, feeds: Path, seed: int) -> str:
    """A fresh index of the feeds; its URL."""
    link(feeds, MODEL, url, options=LinkOptions(seed=seed))
    return url


def pool_of(url: str) -> list[Record]:
    """Every record of an index, in the order of its keys."""
    store = open_store(url)
    try:
        with store.reading() as view:
            held = view.state.counts["record"]
            found = [record_of(each.payload) for each in view.records(range(held))]
    finally:
        store.close()
    return sorted(found, key=lambda record: record.key)


@dataclass(frozen=True, slots=True)
class Put:
    """A record to put."""

    record: Record


@dataclass(frozen=True, slots=True)
class Delete:
    """A record to delete in a version."""

    key: RecordKey
    version: str


@dataclass(frozen=True, slots=True)
class Decide:
    """A decision; one that contradicts others is refused, which is an answer too."""

    decision: Decision


Event = Put | Delete | Decide


class Source:
    """Random events; two sources of one seed and pool give the same ones."""

    def __init__(self, pool: Sequence[Record], seed: int, *, names: str = "") -> None:
        """Args: pool, of records to vary; names, what keys of new records begin with."""
        self._pool = pool
        self._chance = random.Random(seed)
        self._names = names
        self._made: list[Record] = []
        self._version = 0

    def next(self) -> Event:
        """The next event."""
        kinds = (self._again, self._newer, self._late, self._bridge, self._gone, self._decided)
        return self._chance.choices(kinds, (5, 4, 2, 1, 3, 1))[0]()

    def _some(self) -> Record:
        return self._chance.choice(
            self._made if self._made and self._chance.random() < 0.6 else self._pool
        )

    def _put(self, record: Record) -> Put:
        self._made.append(record)
        return Put(record)

    def _again(self) -> Put:
        number = self._chance.randrange(60)
        shared = replace(self._some(), source_id=f"{self._names}N{number:03d}")
        return self._put(replace(shared, version=self._next_version()))

    def _newer(self) -> Put:
        one, other = self._some(), self._chance.choice(self._pool)
        choices: list[dict[str, Any]] = [
            {"postcodes": other.postcodes, "addresses": other.addresses},
            {"birth_dates": other.birth_dates},
            {"identifiers": ()},
            {"identifiers": other.identifiers},
            {"names": other.names},
        ]
        taken = self._chance.choice(choices)
        return self._put(replace(one, version=self._next_version(), **taken))

    def _late(self) -> Put:
        return Put(replace(self._some(), version=f"{LATE}{self._chance.randrange(10):06d}"))

    def _bridge(self) -> Put:
        one, other = self._some(), self._some()
        number = self._chance.randrange(6)
        made = replace(
            one,
            source_id=f"{self._names}B{number:03d}",
            version=self._next_version(),
            names=(*one.names, *other.names),
            birth_dates=tuple(dict.fromkeys((*one.birth_dates, *other.birth_dates))),
            identifiers=tuple(dict.fromkeys((*one.identifiers, *other.identifiers))),
        )
        return self._put(made)

    def _gone(self) -> Delete:
        return Delete(self._some().key, self._next_version())

    def _decided(self) -> Decide:
        verdict = self._chance.choice([Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE])
        return Decide(Decision(verdict, self._some().key, self._some().key, reason="torture"))

    def _next_version(self) -> str:
        self._version += 1
        return f"{LATER}{self._chance.randrange(10**6):06d}"


LATE, LATER = "0", "9"
"""What versions that come too late, and in time, begin with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an event, in a word, and where it is in the log, if it changed anything."""

    word: str
    sequence: int | None = None


def apply(index: Index, event: Event) -> Answer:
    """Carry out an event, however often it has to be asked for."""
    if isinstance(event, Decide):
        return patiently(_decide, index, event.decision)
    if isinstance(event, Put):
        found = patiently(index.put, event.record)
    else:
        found = patiently(index.delete, event.key, version=event.version)
    return Answer(found.status.value, found.sequence)


def patiently(ask: Callable[..., T], *said: Any, **named: Any) -> T:
    """Ask again as long as the answer is that others are changing the index."""
    while True:
        try:
            return ask(*said, **named)
        except IndexBusy:
            continue


def _decide(index: Index, decision: Decision) -> Answer:
    if decision.left == decision.right:
        return Answer("skipped")
    try:
        made = index.decide(decision)
    except (ContradictingDecision, RecordNotFound, NothingToUndo) as error:
        return Answer(error.code)
    return Answer("decided", made.sequence) if made.changed else Answer("known")


def copy_of(file: Path, to: Path) -> str:
    """A copy of an index that nobody has open; its URL."""
    shutil.copyfile(file, to)
    return f"sqlite:///{to}"
