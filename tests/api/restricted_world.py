"""A small index of two people with the same kinds of records; of one, a record is restricted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mpi.access.access import Access
from mpi.index.index import Index
from mpi.index.link import link
from mpi.records import Identifier, Name, Record
from tests.access.policies import Issuer, access_of
from tests.access.test_policy import EXAMPLE
from tests.index.linking import LATER
from tests.index.test_patient_feeds import OTHER, written

MODEL = Path(__file__).parents[2] / "models" / "synthetic-base"
PUBLISHED = "https://auth.example.org/.well-known/jwks.json"
SCOPES = "mpi:look-up mpi:match mpi:search mpi:explain mpi:decide"
ZELDA = Record(
    "pds",
    "p1",
    names=(Name("Zelda Maud", "Quillfeather"),),
    birth_dates=("1961-04-30",),
    sex="F",
    postcodes=("LS1 4AP",),
    addresses=("17 Larkspur Lane",),
    town="Harrowgate",
    phones=("07700900123",),
    emails=("zelda.q@example.org",),
)
OMAR = replace(
    ZELDA,
    source_id="p2",
    names=(Name("Omar Tariq", "Brackenridge"),),
    birth_dates=("1975-11-02",),
    sex="M",
    postcodes=("HG1 2AB",),
    addresses=("9 Teasel Court",),
    town="Otterburn",
    phones=("07700900456",),
    emails=("omar.b@example.org",),
)
HELD = {
    "pds": ("nhs-number", "9990000018", "9990000026"),
    "hjis": ("local-patient-id", "RX1:90210", "RX1:80210"),
    "secure_hospital": ("local-patient-id", "RX2:90211", "RX2:80211"),
    "community_mental_health": ("local-patient-id", "RX3:90212", "RX3:80212"),
    "immigration": ("local-patient-id", "RX4:90213", "RX4:80213"),
    "police_custody": ("custody-reference", "CUST/97123", "CUST/87123"),
    "social_care": ("social-care-person-id", "SC-98421", "SC-88421"),
    "nomis": ("noms-number", "A1234BC", "A8888BC"),
    "ndelius": ("crn", "X123456", "X654321"),
}
"""The identifier of Zelda and of Omar in each source."""

WHERE = ("LS1 4AP", "LS14AP", "Larkspur", "Harrowgate", "07700900123", "zelda.q@")
LOCATED = {"local-patient-id", "custody-reference", "social-care-person-id"}
SECRETS = (*WHERE, *(zelda for system, zelda, _ in HELD.values() if system in LOCATED))
"""What would say where Zelda is."""


def records(person: Record, which: int) -> list[Record]:
    """The records of a person, one of each source."""
    found = []
    for source, (system, *values) in HELD.items():
        own = Identifier(system, values[which], verified=True)
        nhs = Identifier("nhs-number", HELD["pds"][1 + which], verified=True)
        held = (own,) if own == nhs else (own, nhs)
        found.append(
            replace(person, source=source, source_id=f"{source}-{which}", identifiers=held)
        )
    return found


def restricted_index(folder: Path) -> str:
    """The URL of that index."""
    (folder / "feeds").mkdir()
    written(folder / "feeds" / "courts.patients.ndjson", OTHER)
    url = f"sqlite:///{folder / 'mpi.db'}"
    link(folder / "feeds", MODEL, url, options=LATER)
    with Index.open(url) as index:
        for at, record in enumerate(records(ZELDA, 0)):
            index.put(replace(record, restricted=at == len(HELD) - 1))
        for record in records(OMAR, 1):
            index.put(record)
    return url


def example_of(folder: Path) -> Access:
    """The access of the example policy, at rates that no test reaches."""
    lines = EXAMPLE.replace(PUBLISHED, "jwks.json").splitlines()
    rate = "rate = { per_minute = 60000, burst = 10000 }"
    return access_of(folder, "\n".join(rate if x.startswith("rate =") else x for x in lines))


def callers(access: Access) -> Iterator[dict[str, str]]:
    """The headers of every client of a policy for each of its purposes."""
    policy = access.policy
    for name, client in policy.document.clients.items():
        for grant in policy.profile(client).grants:
            for purpose in grant.purposes:
                yield Issuer().headers(name, purpose=purpose, scope=SCOPES)


def said(person: Record, **others) -> dict[str, object]:
    """What somebody asks who knows a person by name and birth date, and whatever else is given."""
    (name,) = person.names
    asked = {"names": [{"given": name.given, "family": name.family}]}
    return {**asked, "birth_dates": list(person.birth_dates), "sex": person.sex, **others}
