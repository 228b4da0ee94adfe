"""Every error the index raises on purpose: a code, a public sentence, never personal data.

The docstring of each class is the sentence a caller may read. Details name files, columns,
sources, row numbers and record keys, never the values of a person's attributes: logs are of a
lower privacy level than data.
"""

from __future__ import annotations

import inspect


class MPIError(Exception):
    """The request could not be carried out."""

    code = "error"

    def __init__(self, detail: str = "", **where: object) -> None:
        """Args: detail, what happened and what to do next; where, e.g. file=…, column=…, row=…."""
        self.detail = detail
        self.where = {name: value for name, value in where.items() if value is not None}
        super().__init__(self.message)

    @classmethod
    def sentence(cls) -> str:
        """The public sentence: the class docstring, on one line."""
        return " ".join(inspect.cleandoc(cls.__doc__ or "").split())

    @property
    def message(self) -> str:
        """Sentence, detail and place, ready to print."""
        place = ", ".join(f"{name} {value}" for name, value in self.where.items())
        text = " ".join(part for part in (self.sentence(), self.detail) if part)
        return f"{text} ({place})" if place else text


class UsageError(MPIError):
    """The command was not understood."""

    code = "usage"


class InvalidIdentifier(MPIError):
    """The value is not a well-formed identifier of this system."""

    code = "invalid-identifier"


class UnknownIdentifierSystem(MPIError):
    """There is no such identifier system."""

    code = "unknown-identifier-system"


class IdentifierNotFound(MPIError):
    """No record in the index holds this identifier."""

    code = "identifier-not-found"


class PersonNotFound(MPIError):
    """This person id was never issued by the index."""

    code = "person-not-found"


class UnknownSource(MPIError):
    """There is no source system of this name."""

    code = "unknown-source"


class InvalidSource(MPIError):
    """The description of a source system cannot be used."""

    code = "invalid-source"


class FeedNotFound(MPIError):
    """There is no feed here."""

    code = "feed-not-found"


class EmptyFeed(MPIError):
    """The feed holds no rows."""

    code = "empty-feed"


class MissingColumn(MPIError):
    """The feed lacks a column that its source description names."""

    code = "missing-column"


class UnreadableFeed(MPIError):
    """The feed cannot be read."""

    code = "unreadable-feed"


class WrongEncoding(UnreadableFeed):
    """The feed is not UTF-8 text."""

    code = "wrong-encoding"


class UnreadableDates(MPIError):
    """Too many dates of a column fit none of the formats that its source description gives."""

    code = "unreadable-dates"


class DuplicateKey(MPIError):
    """Two different rows of the feed carry the same record key and nothing says which is newer."""

    code = "duplicate-key"


class TooManyRejects(MPIError):
    """Too many rows of the feed cannot be used."""

    code = "too-many-rejects"


class TruncatedSnapshot(MPIError):
    """The snapshot lacks so many known records that it looks truncated."""

    code = "truncated-snapshot"


class ModelNotFound(MPIError):
    """There is no match model here."""

    code = "model-not-found"


class ModelMismatch(MPIError):
    """The match model was trained for other attributes, blocking rules or comparisons."""

    code = "model-mismatch"


class UnusableModel(MPIError):
    """The match model cannot be used."""

    code = "unusable-model"


class TooLittleData(MPIError):
    """The feeds hold too few records to train on."""

    code = "too-little-data"


class IndexNotFound(MPIError):
    """There is no index here."""

    code = "index-not-found"


class IndexOutdated(MPIError):
    """The index has the schema of an older version."""

    code = "index-outdated"


class IndexTooNew(MPIError):
    """The index has the schema of a newer version."""

    code = "index-too-new"


class IndexUnreachable(MPIError):
    """The index cannot be opened."""

    code = "index-unreachable"


class IndexBusy(MPIError):
    """Another process is writing to the index."""

    code = "index-busy"


class InvalidTruth(MPIError):
    """The truth file cannot be used."""

    code = "invalid-truth"


class UnwritableOutput(MPIError):
    """The result cannot be written there."""

    code = "unwritable-output"


class UnknownScenario(MPIError):
    """There is no such scenario of the synthetic population."""

    code = "unknown-scenario"


class PersonGone(MPIError):
    """This person id is no longer in use, and none of its records is in the index any more."""

    code = "person-gone"


class InvalidSetting(UsageError):
    """A setting in the environment cannot be used."""

    code = "invalid-setting"


class InvalidLabels(MPIError):
    """The labels cannot be used."""

    code = "invalid-labels"


class NothingToSample(MPIError):
    """The index holds no pairs of records to draw from."""

    code = "nothing-to-sample"


class AlreadyReleased(MPIError):
    """A release that is in use, or was, is not overwritten."""

    code = "already-released"


class ReleaseRefused(MPIError):
    """The release does not pass its gates."""

    code = "release-refused"


class InvalidGates(MPIError):
    """The file of gates cannot be used."""

    code = "invalid-gates"


class InvalidReport(MPIError):
    """The report of a comparison cannot be used."""

    code = "invalid-report"


class DegenerateModel(MPIError):
    """What was learned from the feeds cannot be right, so no match model was written."""

    code = "degenerate-model"


class InvalidFrequencies(MPIError):
    """The term frequencies cannot be used."""

    code = "invalid-frequencies"


class NotMatchable(MPIError):
    """Records cannot be matched against this index as it is."""

    code = "not-matchable"


class RecordNotFound(MPIError):
    """The index holds no record of this key."""

    code = "record-not-found"


class InvalidRecord(MPIError):
    """The record does not have the form of a record."""

    code = "invalid-record"


class TooLarge(MPIError):
    """The body of the request is too large."""

    code = "too-large"


def all_errors() -> list[type[MPIError]]:
    """Every error class, base first; the documentation lists each by its code."""
    found: list[type[MPIError]] = [MPIError]
    for cls in found:
        found.extend(sub for sub in cls.__subclasses__() if sub not in found)
    return found
