"""Errors of asking a service over HTTP, as its client sees them."""

from __future__ import annotations

from mpi.errors.base import MPIError


class ServiceUnreachable(MPIError):
    """The service does not answer."""

    code = "service-unreachable"


class RequestRefused(MPIError):
    """The service refused the request."""

    code = "request-refused"
