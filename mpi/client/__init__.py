"""A client of the service, for programs and notebooks.

    from mpi.client import Client

    with Client("http://127.0.0.1:8000") as client:
        answer = client.cross_references("nhs-number", "999 000 0018")
        answer.frame()

Answers are dataclasses with the fields of the API's description; what the service adds later is
left out, so an older client keeps working. A problem comes back as the error of `mpi.errors` that
it names. Needs httpx, the extra `client`.
"""

from mpi.client.answers import (
    Changed,
    Compared,
    CrossReference,
    CrossReferences,
    Explanation,
    Ingested,
    Matches,
    Person,
    PersonMatch,
    PersonWithRelease,
    Readiness,
    RecordRef,
    Superseded,
    Touched,
)
from mpi.client.client import Client
from mpi.client.past import EventPage, IndexEvent, PersonAsOf, PersonHistory
from mpi.client.sending import Patience

__all__ = [
    "Changed",
    "Client",
    "Compared",
    "CrossReference",
    "CrossReferences",
    "EventPage",
    "Explanation",
    "IndexEvent",
    "Ingested",
    "Matches",
    "Patience",
    "Person",
    "PersonAsOf",
    "PersonHistory",
    "PersonMatch",
    "PersonWithRelease",
    "Readiness",
    "RecordRef",
    "Superseded",
    "Touched",
]
