"""How a long use case tells whoever called it what it is doing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Protocol


class Progress(Protocol):
    """What a long use case reports to: a door shows it, a test ignores it."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """Wall time of each step that has ended, in the order in which they began."""
        ...

    def step(self, name: str) -> AbstractContextManager[None]:
        """Say that a step is under way, for as long as the context lasts."""
        ...


class SilentProgress:
    """Times the steps and shows nothing; a door that shows them overrides the two hooks.

    A step done several times, such as one per feed, counts as one whose times add up.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @property
    def seconds(self) -> Mapping[str, float]:
        """Wall time of each step that has ended, in the order in which they began."""
        return {name: taken for name, taken in self._seconds.items() if taken > 0}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step. A step that raises is not counted, and `ended` is not called."""
        self._seconds.setdefault(name, 0.0)
        self.begun(name)
        start = perf_counter()
        yield
        taken = perf_counter() - start
        self._seconds[name] += taken
        self.ended(name, taken)

    def begun(self, name: str) -> None:
        """A step begins."""

    def ended(self, name: str, taken: float) -> None:
        """A step has ended after `taken` seconds."""
