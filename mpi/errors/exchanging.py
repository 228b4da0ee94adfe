"""Errors of an exchange in FHIR: what came, or is wanted, in a form of the standard."""

from __future__ import annotations

from mpi.errors.base import MPIError


class InvalidResource(MPIError):
    """The body is not a FHIR resource that can be used here."""

    code = "invalid-resource"


class UnknownModifier(InvalidResource):
    """The resource has an extension or a rule that changes its meaning and is not understood."""

    code = "unknown-modifier"


class InvalidParameter(MPIError):
    """A parameter of the request cannot be used."""

    code = "invalid-parameter"


class UnsupportedParameter(InvalidParameter):
    """The request has a parameter that is not supported."""

    code = "unsupported-parameter"


class UnknownSourceDomain(MPIError):
    """The system of the identifier is none that this index knows."""

    code = "unknown-source-domain"


class UnknownTargetDomain(MPIError):
    """A system that was asked for is none that this index knows."""

    code = "unknown-target-domain"


class UnknownSearchDomain(UnknownTargetDomain):
    """A system that the search was to be kept to is none that this index knows."""

    code = "unknown-search-domain"


class TooLittleToMatch(MPIError):
    """The record says too little to look for anybody."""

    code = "too-little-to-match"


class SeveralRecords(MPIError):
    """Several records fit what was to name one."""

    code = "several-records"


class UnacceptableFormat(MPIError):
    """The answer cannot be given in a format that the request accepts."""

    code = "unacceptable-format"


class UnsupportedFormat(MPIError):
    """The body is in a format that is not read here."""

    code = "unsupported-format"


class FhirUnavailable(MPIError):
    """FHIR is not installed here."""

    code = "fhir-unavailable"
