"""What of the index exists for a caller: its systems, its sources, and how sure it must be.

The index as a caller sees it is the index without the records of sources that the caller does not
know of, and without the identifiers of systems that it may not see. Every answer is made from
what is left, so that nothing in it depends on whether something was withheld or never there.
"""

from __future__ import annotations

from dataclasses import dataclass

from mpi.identifiers import SYSTEMS


@dataclass(frozen=True, slots=True)
class Sight:
    """A view of the index. `sources` of None are all there are; so with the identifier systems.

    `ask_with` are the identifier systems a caller may ask with, `see` those it may be told, and
    `sources` the source systems of which it may know that they hold a record of somebody. An
    identifier or record of a lower confidence than `minimum_confidence` is not told. `findings`
    says whether the caller is told what a reviewer should look at.
    """

    ask_with: frozenset[str] | None = None
    see: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    minimum_confidence: float = 0.0
    findings: bool = True

    def asks_with(self, system: str) -> bool:
        """Whether the caller may ask with identifiers of a system."""
        return self.ask_with is None or system in self.ask_with

    def sees(self, system: str) -> bool:
        """Whether the caller may be told identifiers of a system."""
        return self.see is None or system in self.see

    def knows(self, source: str) -> bool:
        """Whether the caller may know that a source system holds a record."""
        return self.sources is None or source in self.sources

    @property
    def whole(self) -> bool:
        """Whether nothing is kept from the caller."""
        return self == EVERYTHING

    @property
    def sees_every_system(self) -> bool:
        """Whether the caller may be told identifiers of every system that there is."""
        return self.see is None or self.see >= SYSTEMS.keys()

    @property
    def complete(self) -> bool:
        """Whether the caller may know of every record and identifier, and how unsure ever."""
        return self.sees_every_system and self.sources is None and not self.minimum_confidence


EVERYTHING = Sight()
"""The sight of somebody from whom nothing is kept."""
