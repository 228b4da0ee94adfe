"""The small index of `world` under a policy: a clinic that feeds Red, treats and administers."""

from __future__ import annotations

from mpi.access.reading import Kept, found
from mpi.api.app import create_app
from mpi.identifiers import NAMESPACE
from tests.access.policies import HEAD, RATE, Issuer, access_of, clients, grant, profile
from tests.api.fhir import world

ISSUED = Issuer()
SCOPES = "ITI-83 ITI-78 ITI-119 ITI-104"
KNOWN = ("pds", "red", "blue")
SEEN = ["nhs-number", "local-patient-id"]


def policy(sources=KNOWN, see=SEEN, rate=RATE):
    """A clinic that feeds Red: it may treat, and administer."""
    treat = grant(
        "TREAT",
        ask_with=SEEN,
        see=list(see),
        sources=list(sources),
        minimum_confidence=0.5,
        demographic_search=True,
    )
    numbers = ["nhs-number"]
    administer = grant(
        "PATADMIN", ask_with=numbers, see=numbers, sources=["pds"], minimum_confidence=0.5
    )
    operations = ["look-up", "match", "search", "feed"]
    described = profile("health", operations, treat, administer, feeds=["red"], rate=rate)
    return HEAD + described + clients(clinic="health")


def headers(purpose="TREAT", **others):
    return ISSUED.headers(purpose=purpose, **{"scope": SCOPES, **others})


def serving(index, folder, text):
    """An application over an index file, under a policy that is written to a new folder."""
    folder.mkdir(exist_ok=True)
    sources = world.sources_in(folder / "sources")
    access = access_of(folder, text, folder / "sources")
    return create_app(f"sqlite:///{index}", NAMESPACE, access, sources)


def entries_of(app, answer):
    kept = Kept.of(app.state.access.policy)
    return found(kept, [lambda e: e.get("request") == answer.headers["x-request-id"]])


def by_pix(client, source, *wanted, **said):
    query = [("sourceIdentifier", source), *(("targetSystem", each) for each in wanted)]
    return client.get("/fhir/Patient/$ihe-pix", params=query, headers=headers(**said))
