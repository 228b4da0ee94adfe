"""Invented people with realistic, correlated errors, and the truth about them.

Every person and every identifier is fictional. One seed fixes every byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from mpi.errors import UsageError
from mpi.synthetic.assembling import assemble
from mpi.synthetic.issued import MOST_PEOPLE
from mpi.synthetic.profiles import SOURCES
from mpi.synthetic.settings import SCENARIOS, ErrorRates, Settings, scenario_settings
from mpi.synthetic.world import make_world, pieces
from mpi.synthetic.writing import open_output, write_settings

__all__ = ["SCENARIOS", "ErrorRates", "Settings", "Synthesis", "synthesise"]

FEWEST_PEOPLE = 10


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What was written: counts for a summary. `errors` counts each error of an attribute."""

    people: int
    records: Mapping[str, int]
    twins: int
    namesakes: int
    errors: Mapping[str, int]

    @property
    def total_records(self) -> int:
        """Records over all sources."""
        return sum(self.records.values())

    def rows(self) -> list[tuple[str, str]]:
        """For a table."""
        return [
            ("People", f"{self.people:,}"),
            *((f"Records of {source}", f"{count:,}") for source, count in self.records.items()),
            ("Records", f"{self.total_records:,}"),
            ("People who are twins", f"{self.twins:,}"),
            ("Fathers and sons of one name", f"{self.namesakes:,}"),
            ("Values with an error", f"{sum(self.errors.values()):,}"),
        ]

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        return asdict(self)


def synthesise(*, people: int, seed: int, to: Path, scenario: str = "base") -> Synthesis:
    """Write the feeds of an invented population, and the truth about it, to a folder.

    Args:
        people: how many, 10 to 3,500,000 (then the test numbers run out); a person has 4
            records on average.
        seed: fixes every byte, together with the other arguments.
        to: the folder, made if need be: feeds/<source>.csv, truth.parquet, errors.parquet and
            settings.json; files of these names are replaced.
        scenario: a name in SCENARIOS.

    Raises:
        UnknownScenario: no such scenario; lists those there are.
        UsageError: too few people or too many; a negative seed.
        UnwritableOutput: the folder cannot be written.
    """
    settings = scenario_settings(scenario)
    if not FEWEST_PEOPLE <= people <= MOST_PEOPLE or seed < 0:
        raise UsageError(
            f"Give {FEWEST_PEOPLE} to {MOST_PEOPLE} people and a seed that is not negative."
        )
    world = make_world(people, settings, seed)
    errors: Counter[str] = Counter()
    records: Counter[str] = Counter(dict.fromkeys(SOURCES, 0))
    with open_output(to) as output:
        for piece in pieces(world):
            output.write(piece, assemble(piece))
            errors.update(f"{attribute}: {error}" for _, attribute, error in piece.notes)
            records.update(SOURCES[source] for source in piece.source)
        write_settings(to, world, scenario)
    return Synthesis(
        people=people,
        records=dict(records),
        twins=int(world.people.families.twin.sum()),
        namesakes=int(world.people.families.namesake.sum()),
        errors=dict(sorted(errors.items())),
    )
