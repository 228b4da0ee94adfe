"""Errors of learning, judging and releasing a match model."""

from __future__ import annotations

from mpi.errors.base import MPIError


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


class DegenerateModel(MPIError):
    """What was learned from the feeds cannot be right, so no match model was written."""

    code = "degenerate-model"


class InvalidFrequencies(MPIError):
    """The term frequencies cannot be used."""

    code = "invalid-frequencies"


class InvalidTruth(MPIError):
    """The truth file cannot be used."""

    code = "invalid-truth"


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
