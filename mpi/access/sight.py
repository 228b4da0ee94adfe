"""What of the index exists for a caller: its systems, its sources, and how sure it must be.

The index as a caller sees it is the index without the records of sources that the caller does not
know of, and without the identifiers of systems that it may not see. Every answer is made from
what is left, so that nothing in it depends on whether something was withheld or never there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mpi.identifiers import SYSTEMS
from mpi.records import RESTRICTED_REVIEW, RecordKey


@dataclass(frozen=True, slots=True)
class Sight:
    """A view of the index. `sources` of None are all there are; so with the identifier systems.

    `ask_with` are the identifier systems a caller may ask with, `see` those it may be told, and
    `sources` the source systems of which it may know that they hold a record of somebody. An
    identifier or record of a lower confidence than `minimum_confidence` is not told. `findings`
    says whether the caller is told what a reviewer should look at.

    The key of a record can be a patient's number: `keys` are the sources whose keys may be told,
    `ask_keys` those that may be asked by key; None for all. The keys of `locating` say where
    somebody is, and are told of nobody restricted but to who sees all (`complete`). `sealed` says
    whether the caller may know what seals keep apart.
    """

    ask_with: frozenset[str] | None = None
    see: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    minimum_confidence: float = 0.0
    findings: bool = True
    keys: frozenset[str] | None = None
    ask_keys: frozenset[str] | None = None
    locating: frozenset[str] = frozenset()
    sealed: bool = True

    def asks_with(self, system: str) -> bool:
        """Whether the caller may ask with identifiers of a system."""
        return self.ask_with is None or system in self.ask_with

    def sees(self, system: str) -> bool:
        """Whether the caller may be told identifiers of a system."""
        return self.see is None or system in self.see

    def knows(self, source: str) -> bool:
        """Whether the caller may know that a source system holds a record."""
        return self.sources is None or source in self.sources

    def asks_by_key(self, source: str) -> bool:
        """Whether the caller may name records of a source by their keys."""
        return self.ask_keys is None or source in self.ask_keys

    def key(self, record: RecordKey, *, restricted: bool = False) -> RecordKey:
        """A record's key as it may be told: without the value, where that is withheld.

        Args: restricted, whether its person is.
        """
        known = self.keys is None or record.source in self.keys
        locates = restricted and record.source in self.locating and not self.complete
        if known and not locates:
            return record
        return RecordKey(record.source, "")

    def told_findings(self, findings: Iterable[str]) -> tuple[str, ...]:
        """The findings of a person that may be told."""
        if not self.findings:
            return ()
        return tuple(each for each in findings if self.sealed or each != RESTRICTED_REVIEW)

    @property
    def whole(self) -> bool:
        """Whether nothing is kept from the caller, but perhaps what seals keep apart."""
        return replace(self, sealed=True, locating=frozenset()) == EVERYTHING

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
