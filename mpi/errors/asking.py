"""Errors of a question: a command, a setting or a request that cannot be answered."""

from __future__ import annotations

from mpi.errors.base import MPIError


class UsageError(MPIError):
    """The command was not understood."""

    code = "usage"


class InvalidSetting(UsageError):
    """A setting in the environment cannot be used."""

    code = "invalid-setting"


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


class PersonGone(MPIError):
    """This person id is no longer in use, and none of its records is in the index any more."""

    code = "person-gone"


class RecordNotFound(MPIError):
    """The index holds no record of this key."""

    code = "record-not-found"


class InvalidRecord(MPIError):
    """The record does not have the form of a record."""

    code = "invalid-record"


class NotMatchable(MPIError):
    """Records cannot be matched against this index as it is."""

    code = "not-matchable"


class TooLarge(MPIError):
    """The body of the request is too large."""

    code = "too-large"


class UnknownScenario(MPIError):
    """There is no such scenario of the synthetic population."""

    code = "unknown-scenario"


class UnwritableOutput(MPIError):
    """The result cannot be written there."""

    code = "unwritable-output"
