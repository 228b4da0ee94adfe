"""Wall, CPU and peak memory of steps and commands, and tables of them: shared by the benchmarks.

Memory is the resident set of the whole process tree, sampled, so that worker processes count.
Everything is pinned to the same few cores, so that figures of one run can be compared.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05
PAGE = resource.getpagesize()
TICKS = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """What a step or a command took: seconds of wall and CPU, peak memory in MB (1e6 bytes)."""

    wall: float
    cpu: float
    peak_mb: float

    def as_dict(self) -> dict[str, float]:
        """Rounded for JSON."""
        return {name: round(value, 3) for name, value in asdict(self).items()}

    def then(self, other: Usage) -> Usage:
        """One after the other: times added, the higher peak."""
        peak = max(self.peak_mb, other.peak_mb)
        return Usage(self.wall + other.wall, self.cpu + other.cpu, peak)


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, least and most of repeated measurements."""

    median: float
    least: float
    most: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarise at least one value."""
        return cls(statistics.median(values), min(values), max(values), len(values))

    def __str__(self) -> str:
        if self.runs == 1:
            return f"{self.median:,.3g}"
        return f"{self.median:,.3g} ({self.least:,.3g} to {self.most:,.3g}, {self.runs} runs)"


class PeakMemory:
    """Samples the resident memory of a process and all its descendants until stopped.

    `peak` counts the pages of mapped files, which the system takes back at need; `unmapped` does
    not.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak = 0
        self.unmapped = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def megabytes(self) -> float:
        """The highest sample so far."""
        return self.peak / MEGABYTE

    def _watch(self) -> None:
        stopped = False
        while not stopped:
            self._look()
            stopped = self._stop.wait(SAMPLE_SECONDS)
        self._look()

    def _look(self) -> None:
        self.peak = max(self.peak, resident_bytes(self.pid))
        self.unmapped = max(self.unmapped, resident_bytes(self.pid, mapped=False))


class Steps:
    """Measures the named steps of one process, one after the other."""

    def __init__(self) -> None:
        self.usage: dict[str, Usage] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a block; the step's name is announced on stderr so that a reader can wait."""
        print(f"{name} …", file=sys.stderr, flush=True)
        wall, cpu = time.perf_counter(), _cpu_seconds()
        with PeakMemory(os.getpid()) as memory:
            yield
        spent = time.perf_counter() - wall
        self.usage[name] = Usage(spent, _cpu_seconds() - cpu, memory.megabytes)

    def total(self) -> Usage:
        """All steps: times added, the highest peak."""
        each = self.usage.values()
        return Usage(
            wall=sum(usage.wall for usage in each),
            cpu=sum(usage.cpu for usage in each),
            peak_mb=max((usage.peak_mb for usage in each), default=0.0),
        )

    def rows(self) -> list[list[str]]:
        """One row a step with its share of the wall, and the total."""
        total = self.total()
        named = [*self.usage.items(), ("total", total)]
        return [
            [
                name,
                f"{usage.wall:.2f}",
                f"{usage.wall / total.wall:.0%}" if total.wall else "",
                f"{usage.cpu:.2f}",
                f"{usage.peak_mb:,.0f}",
            ]
            for name, usage in named
        ]


STEP_HEADER = ["step", "wall s", "share", "CPU s", "peak MB"]


def pin(threads: int) -> None:
    """Keep this process and its children on the first `threads` cores it may use.

    The affinity binds every library, whatever its own settings; where the system has none
    (macOS), the usual variables bind those libraries that are not yet loaded.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)


def run_command(arguments: Sequence[str | Path]) -> Usage:
    """Run a command to its end and measure its process tree; raises when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    with subprocess.Popen([str(each) for each in arguments]) as process:
        with PeakMemory(process.pid) as memory:
            status = process.wait()
        spent = time.perf_counter() - wall
    if status:
        raise subprocess.CalledProcessError(status, process.args)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Usage(spent, cpu, memory.megabytes)


def resident_bytes(pid: int, *, mapped: bool = True) -> int:
    """Resident memory of a process and its descendants now, with or without mapped files.

    Pages shared between processes count in each. Without /proc (macOS) it is the highest so far
    of this process alone.
    """
    if not Path("/proc/self/statm").exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return sum(_own_resident_bytes(each, mapped=mapped) for each in _tree(pid))


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table, columns padded so that it also reads well in a terminal."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"platform": sys.platform, "python": sys.version.split()[0], "cores": usable or 1}


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in _listed(Path(f"/proc/{pid}/task")):
        for child in _words(task / "children"):
            yield from _tree(int(child))


def _own_resident_bytes(pid: int, *, mapped: bool) -> int:
    words = [int(word) for word in _words(Path(f"/proc/{pid}/statm"))]
    if len(words) < 3:
        return 0
    return (words[1] if mapped else words[1] - words[2]) * PAGE


def _words(path: Path) -> list[str]:
    """The words of a file under /proc; none when the process has ended meanwhile."""
    try:
        return path.read_text().split()
    except OSError:
        return []


def _listed(path: Path) -> list[Path]:
    try:
        return list(path.iterdir())
    except OSError:
        return []


def _cpu_seconds() -> float:
    """CPU time of this process and its descendants, ended or still running."""
    times = os.times()
    own = times.user + times.system + times.children_user + times.children_system
    return own + sum(_cpu_seconds_of(pid) for pid in _tree(os.getpid()) if pid != os.getpid())


def _cpu_seconds_of(pid: int) -> float:
    """What a descendant and the processes it has waited for have used so far."""
    # the name of the program, in brackets, may hold anything; after it come plain fields
    fields = " ".join(_words(Path(f"/proc/{pid}/stat"))).rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS if len(fields) > 15 else 0.0
