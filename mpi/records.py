"""The nouns of the index, frozen and slotted: what every floor passes to the next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

LONGEST_KEY = 500
"""Characters of source and key of a record; a database has to index them."""
LONGEST_VERSION = 100
"""Characters of a version; likewise."""
PSEUDONYM = "~"
"""Begins what stands in history for the key of an erased record, so no key begins with it."""


class RecordKey(NamedTuple):
    """What names one record for ever: its source system and the key it has there."""

    source: str
    source_id: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value issued by an identifier system, both as in FHIR; `system` is our short name.

    `verified` says that the source states the value was traced or confirmed, not that the check
    digit fits.
    """

    system: str
    value: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """One name of an individual, as the source system spells it."""

    given: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What one source system holds about one individual, in our columns but not yet cleaned.

    `names[0]` is the usual name; the rest are aliases and former names. Dates are ISO 8601 text
    (`YYYY-MM-DD`), read with the formats of the source. Text is as delivered. An empty string or
    an empty tuple means the source says nothing. `restricted` says that the source keeps back where
    the individual is (the national service's sensitive flag); it is no evidence of identity.
    """

    source: str
    source_id: str
    version: str = ""
    names: tuple[Name, ...] = ()
    birth_dates: tuple[str, ...] = ()
    sex: str = ""
    postcodes: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    town: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    birth_place: str = ""
    occupation: str = ""
    identifiers: tuple[Identifier, ...] = ()
    custody_dates: tuple[str, ...] = ()
    sentence_dates: tuple[str, ...] = ()
    restricted: bool = False

    @property
    def key(self) -> RecordKey:
        """The record's key."""
        return RecordKey(self.source, self.source_id)


class Basis(StrEnum):
    """Why an identifier is held to be a person's."""

    VERIFIED_IDENTIFIER = "verified-identifier"
    DECISION = "decision"
    PROBABILISTIC = "probabilistic"


class MatchGrade(StrEnum):
    """FHIR's match grades."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    CERTAINLY_NOT = "certainly-not"


RESTRICTED = "restricted"
"""Finding of a person one of whose records is restricted: nobody is told where they are."""

RESTRICTED_REVIEW = "restricted-review"
"""Finding of a person whose record matches both sides of a seal: only who may know of seals is
told."""

PERSONS_LISTED = 10
MOST_PERSONS_LISTED = 100
"""How many persons an answer to a match lists, unless more are asked for; and how many may be."""

CONFIDENCE_PARTS = 1_000_000
"""Confidence is computed and kept in whole parts per million."""


@dataclass(frozen=True, slots=True)
class CrossReference:
    """One identifier of a person, with how sure the index is that it is theirs.

    `confidence` is a probability in [0, 1] and answers for the anchor: the records holding the
    identifier asked with, or the golden record when asked by person id. `provisional` says that
    no labels have checked it yet. `records` are the keys of the records that hold the identifier;
    those in `verified_by` say it is verified, and `trusted` are those for which `basis` holds.
    """

    identifier: Identifier
    confidence: float
    provisional: bool
    basis: Basis
    records: tuple[RecordKey, ...]
    verified_by: tuple[RecordKey, ...] = ()
    trusted: tuple[RecordKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A published cluster of records with a stable id, and its cross-references.

    `release` names the match model that produced it. `findings` are codes of what a reviewer
    should look at, such as `two-verified-values`. `confidences` says for each of `records` how sure
    the index is that it is of one individual with the anchor; empty where that is not known.
    `withheld` are the systems of identifiers that were left out for whom it was made, for the audit
    alone.
    """

    person_id: str
    release: str
    records: tuple[RecordKey, ...]
    cross_references: tuple[CrossReference, ...]
    findings: tuple[str, ...] = ()
    confidences: tuple[float, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def restricted(self) -> bool:
        """Whether one of their records is restricted, and so they are."""
        return RESTRICTED in self.findings
