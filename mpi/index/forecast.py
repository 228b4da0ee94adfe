"""Use case: what a link of so many records is expected to take, from runs that were measured.

The runs stand in one file, `rates.json`, which `benchmarks/scale.py` writes. Two sizes or more give
a power of growth; what lies far beyond the largest of them is a guess, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from mpi.errors import UsageError
from mpi.index.shown import ShownAsTable

RATES = Path(__file__).with_name("rates.json")
PAIRWISE = ("find candidates", "compare candidates", "compare within components", "cluster")
"""The steps whose cost is by pairs; that of the others is by records."""
SPREAD = ("standardise", *PAIRWISE[:3])
"""The steps that use all processors; the others use one."""
KEY_BYTES, PAIR_BYTES = 12, 8
"""Of a blocking key with its record, and of a pair of record numbers."""
MOST_POWER = 2.0
"""Of growth: all records with all others. What seems to grow faster was measured too coarsely."""
LEAST_SECONDS = 0.05
"""Of a step: what took less is told by the clock too coarsely to show how it grows."""


@dataclass(frozen=True, slots=True)
class Run:
    """One link that was measured, with an engine and so many threads.

    `keys` counts blocking keys in use, `row_bytes` is the size of what is compared of a record, and
    `cpu` has the CPU seconds of each step.
    """

    records: int
    sources: int
    candidates: int
    links: int
    persons: int
    keys: int
    row_bytes: float
    peak_mb: float
    index_mb: float
    temp_mb: float
    cpu: Mapping[str, float]
    engine: str = "duckdb"
    threads: int = 2

    @property
    def others(self) -> int:
        """Candidate pairs that came to nothing."""
        return max(self.candidates - self.links, 1)

    def is_like(self, other: Run) -> bool:
        """Whether both were measured in the same way, so that growth shows between them."""
        return (self.engine, self.threads) == (other.engine, other.threads)

    def spent(self, *, pairwise: bool) -> dict[str, float]:
        """The CPU seconds of the steps by pairs, or of those by records."""
        return {name: s for name, s in self.cpu.items() if (name in PAIRWISE) is pairwise}


@dataclass(frozen=True, slots=True)
class Growth:
    """What grows as `factor` times a power of the number of records."""

    factor: float
    power: float

    @classmethod
    def through(
        cls, sizes: Sequence[float], values: Sequence[float], *, least: float = 0.0
    ) -> Growth:
        """Least squares in logarithms, through the values above `least`.

        If these are not of two sizes, in proportion to the last value. Never less than that, and
        never more than `MOST_POWER`, from the last value on.
        """
        told = [each for each in zip(sizes, values, strict=True) if each[1] > least]
        if len({size for size, _ in told}) < 2:
            return cls(values[-1] / sizes[-1], 1.0)
        x, y = np.log(np.array(told)).T
        power = float(np.clip(np.polyfit(x, y, 1)[0], 1.0, None))
        if power > MOST_POWER:
            return cls(float(np.exp(y[-1] - MOST_POWER * x[-1])), MOST_POWER)
        return cls(float(np.exp(np.mean(y - power * x))), power)

    def at(self, records: float) -> float:
        """The value for so many records."""
        return float(self.factor * records**self.power)


@dataclass(frozen=True, slots=True)
class Forecast(ShownAsTable):
    """What a link is expected to take; sizes in bytes.

    `least_pairs` is how many pairs there are if pairs grow no faster than records from the largest
    run on. `shuffle` is what a cluster moves between its workers, `disk` what intermediate files
    and index take together on one machine.
    """

    records: int
    sources: int
    threads: int
    people: int
    pairs: int
    least_pairs: int
    power: float
    links: int
    memory: int
    shuffle: int
    disk: int
    cpu_hours: float
    hours: float
    assumptions: tuple[str, ...]

    def rows(self) -> list[tuple[str, str]]:
        """For a table."""
        return [
            ("Records", f"{self.records:,} from {self.sources} sources"),
            ("People", f"{self.people:,}"),
            ("Candidate pairs", f"{self.pairs:,}"),
            ("  if they grow no faster than records", f"{self.least_pairs:,}"),
            ("Links", f"{self.links:,}"),
            ("Memory on one machine, with mapped files", _gigabytes(self.memory)),
            ("Disk on one machine, with the index", _gigabytes(self.disk)),
            ("Shuffle on a cluster", _gigabytes(self.shuffle)),
            ("Hours of CPU", f"{self.cpu_hours:,.2f}"),
            (f"Hours on {self.threads} processor(s)", f"{self.hours:,.2f}"),
            *(("Assumed", each) for each in self.assumptions),
        ]

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        return asdict(self)


def forecast(
    records: int, sources: int, *, threads: int = 2, runs: Sequence[Run] | None = None
) -> Forecast:
    """What linking so many records of so many source systems is expected to take.

    Args: threads, processors it may use; runs, those to go by, in order of size and at least one
    (the committed ones if None), of which those like the largest count. Raises UsageError for
    numbers that are not positive.
    """
    if min(records, sources, threads) < 1:
        raise UsageError("Give at least one record, source and processor.")
    return _Expected(runs or measured_runs(), records, sources, threads).forecast()


def measured_runs() -> list[Run]:
    """The committed runs, in order of size."""
    return runs_of(orjson.loads(RATES.read_bytes())["runs"])


def runs_of(entries: Sequence[Mapping[str, Any]]) -> list[Run]:
    """Runs from their JSON, in order of size."""
    names = Run.__dataclass_fields__
    runs = [Run(**{name: entry[name] for name in names}) for entry in entries]
    return sorted(runs, key=lambda run: run.records)


class _Expected:
    """One forecast while it is being made."""

    def __init__(self, runs: Sequence[Run], records: int, sources: int, threads: int) -> None:
        self.largest = runs[-1]
        self.runs = [run for run in runs if run.is_like(self.largest)]
        self.records, self.sources, self.threads = records, sources, threads
        self.size = [float(run.records) for run in self.runs]

    def forecast(self) -> Forecast:
        """All of it."""
        others, links = self._growth([run.others for run in self.runs]), self._links()
        pairs = min(others.at(self.records) + links, self._all_pairs())
        share = self.records / self.largest.records
        cpu = self._cpu(pairs)
        return Forecast(
            records=self.records,
            sources=self.sources,
            threads=self.threads,
            people=max(round(self.records / self._per_person()), 1),
            pairs=round(pairs),
            least_pairs=round(min(self.largest.others * share + links, pairs)),
            power=others.power,
            links=round(links),
            memory=round(self._memory_mb() * 1e6),
            shuffle=round(self._shuffle(pairs)),
            disk=round((self.largest.index_mb + self.largest.temp_mb) * share * 1e6),
            cpu_hours=sum(cpu.values()) / 3600,
            hours=sum(self._wall(name, spent) for name, spent in cpu.items()) / 3600,
            assumptions=tuple(self._assumptions(others)),
        )

    def _growth(self, values: Sequence[float], *, least: float = 0.0) -> Growth:
        return Growth.through(self.size, values, least=least)

    def _all_pairs(self) -> float:
        """Every record with every other: there are no more."""
        return self.records * (self.records - 1) / 2

    def _per_person(self) -> float:
        """Records of a person, in proportion to the sources."""
        seen = self.largest.records / self.largest.persons
        return max(seen * self.sources / self.largest.sources, 1.0)

    def _links(self) -> float:
        """Of records, in proportion to how many others its person has."""
        seen = self.largest.records / self.largest.persons - 1
        each = self.largest.links / self.largest.records
        expected = each * self.records * (self._per_person() - 1) / seen if seen > 0 else 0.0
        return min(expected, self._all_pairs())

    def _cpu(self, pairs: float) -> dict[str, float]:
        """Seconds of each step: by pairs as in the largest run, by records as they grew."""
        of_pair = self.largest.spent(pairwise=True)
        spent = {name: s * pairs / max(self.largest.candidates, 1) for name, s in of_pair.items()}
        for name in self.largest.spent(pairwise=False):
            seconds = [run.cpu.get(name, 0.0) for run in self.runs]
            grown = self._growth(seconds, least=LEAST_SECONDS)
            spent[name] = grown.at(self.records)
        return spent

    def _wall(self, name: str, spent: float) -> float:
        return spent / self.threads if name in SPREAD else spent

    def _memory_mb(self) -> float:
        """A line through the runs: part of it is there whatever the size."""
        if len(set(self.size)) < 2:
            return self.largest.peak_mb * max(self.records / self.largest.records, 1.0)
        slope, start = np.polyfit(self.size, [run.peak_mb for run in self.runs], 1)
        return float(max(start + slope * self.records, 0.0))

    def _shuffle(self, pairs: float) -> float:
        """Keys to those that share them, pairs to be made distinct, both records to each pair."""
        keys = self.records * self.largest.keys / self.largest.records
        return keys * KEY_BYTES + pairs * (PAIR_BYTES + 2 * self.largest.row_bytes)

    def _assumptions(self, others: Growth) -> Sequence[str]:
        sizes = ", ".join(f"{run.records:,}" for run in self.runs)
        far = self.records / self.largest.records
        return (
            f"Measured on invented people: {sizes} records; this is {far:,.3g} times the largest.",
            "Pairs that come to nothing grow with the power"
            f" {others.power:.2f} of the records; the release is learned, and its too common keys"
            " suppressed, for feeds of that size.",
            f"A person has {self._per_person():.2f} records: in proportion to the sources.",
            "Steps on all processors take their CPU time divided by them, the others all of it;"
            " reading disks is not waited for.",
            "Memory grows in a line. It includes the pages of mapped files, some 1.8 KB a record,"
            " which the system takes back when it is short; DuckDB's part keeps to its limit.",
            "Shuffle: each key and pair is sent once, and both records of each pair.",
        )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB"
