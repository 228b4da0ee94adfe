"""A population with everything planned, and the pieces of it that are put into words in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from mpi.records import Name
from mpi.sources import SourceSystem, load_sources
from mpi.synthetic.arrays import Ints, Random
from mpi.synthetic.episodes import Plan, plan_records
from mpi.synthetic.errors import Hits, between, plan_errors
from mpi.synthetic.issued import Numbers, issue_numbers
from mpi.synthetic.people import People, make_people
from mpi.synthetic.places import Map, draw_map
from mpi.synthetic.profiles import SOURCES
from mpi.synthetic.settings import Settings
from mpi.synthetic.traits import Traits, draw_traits
from mpi.synthetic.wording import Called, false_names, name_people

PEOPLE_PER_PIECE: Final = 5_000
"""People put into words at a time: all that memory holds as text."""


@dataclass(frozen=True, slots=True)
class World:
    """The whole population as numbers: small, so that a million records fit in memory.

    `second_before` counts, per record, the second registrations before it;
    `numbered_versions` says, per source, that versions are numbers instead of times.
    """

    people: People
    plan: Plan
    traits: Traits
    numbers: Numbers
    second_before: Ints
    hits: Hits
    map: Map
    pool: list[Name]
    settings: Settings
    seed: int
    numbered_versions: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of people and their records, counted from `first`.

    `person` and `source` list, per record, the position of the person in the world and of the
    source in the profiles. `hits` are the records of this piece that each kind of error strikes.
    `notes` collects record, attribute and error of everything done to a value.
    """

    world: World
    chosen: range
    first: int
    last: int
    person: list[int]
    source: list[int]
    hits: dict[str, list[int]]
    called: list[Called]
    rng: Random
    notes: list[tuple[int, str, str]]

    def __len__(self) -> int:
        return self.last - self.first

    def names_of(self, at: int) -> Called:
        """What the person of a record is called."""
        return self.called[self.person[at] - self.chosen.start]

    def note(self, at: int, attribute: str, error: str) -> None:
        """Remember what was done to an attribute of a record."""
        self.notes.append((at, attribute, error))

    def rolls(self, count: int) -> list[int]:
        """Whole numbers for choices that are made one by one."""
        rolls: list[int] = self.rng.integers(0, 1 << 30, count).tolist()
        return rolls

    def struck(self, kind: str) -> Iterator[tuple[int, int]]:
        """The records that a kind of error strikes, each with a number to choose by."""
        at = self.hits[kind]
        return zip(at, self.rolls(len(at)), strict=True)

    def chance(self, share: float) -> list[bool]:
        """For each record whether an event of this share happens."""
        drawn: list[bool] = (self.rng.random(len(self)) < share).tolist()
        return drawn


def make_world(people: int, settings: Settings, seed: int) -> World:
    """Plan a population. Every stage has a stream of chance of its own."""
    streams = iter(np.random.default_rng([seed, stage]) for stage in range(1, 9))
    everybody = make_people(people, settings, next(streams))
    plan = plan_records(everybody, settings, next(streams))
    traits = draw_traits(everybody, settings, next(streams))
    seconds = np.cumsum(plan.records.duplicate)
    return World(
        people=everybody,
        plan=plan,
        traits=traits,
        numbers=issue_numbers(everybody, int(seconds[-1]), settings=settings, rng=next(streams)),
        second_before=seconds - plan.records.duplicate,
        hits=plan_errors(
            everybody, plan.records, traits=traits, settings=settings, rng=next(streams)
        ),
        map=draw_map(next(streams)),
        pool=false_names(people, settings, next(streams)),
        settings=settings,
        seed=seed,
        numbered_versions=tuple(_numbers_versions(load_sources()[name]) for name in SOURCES),
    )


def _numbers_versions(source: SourceSystem) -> bool:
    """Whether the source orders its deliveries by a number instead of a time."""
    return source.version is not None and not source.version.formats


def pieces(world: World) -> Iterator[Piece]:
    """The population piece by piece; no family is cut in two."""
    edges = np.append(np.unique(world.people.families.head), len(world.people))
    cuts = np.arange(0, len(world.people) + PEOPLE_PER_PIECE, PEOPLE_PER_PIECE)
    found = edges[np.minimum(np.searchsorted(edges, cuts), len(edges) - 1)]
    for number, (start, stop) in enumerate(pairwise(np.unique(found).tolist())):
        yield _piece(world, number, range(start, stop))


def _piece(world: World, number: int, chosen: range) -> Piece:
    rng = np.random.default_rng([world.seed, 100, number])
    records = world.plan.records
    first, last = int(records.first[chosen.start]), int(records.first[chosen.stop])
    return Piece(
        world=world,
        chosen=chosen,
        first=first,
        last=last,
        person=records.person[first:last].tolist(),
        source=records.source[first:last].tolist(),
        hits=between(world.hits, first, last),
        called=name_people(world.people, world.traits, chosen=chosen, pool=world.pool, rng=rng),
        rng=rng,
        notes=[],
    )
