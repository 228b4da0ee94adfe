"""A policy in words: what a client may ask and be told for a purpose, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mpi.access.operations import Operation
from mpi.access.policy import EVERY, Permission, Policy, Profile
from mpi.access.purposes import PURPOSES
from mpi.access.sight import Sight
from mpi.errors import PurposeNotPermitted, UsageError
from mpi.identifiers import SYSTEMS


@dataclass(frozen=True, slots=True)
class OfSystem:
    """What a client may with identifiers of one system."""

    system: str
    ask_with: bool
    see: bool
    because: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What a client may for one purpose."""

    client: str
    organisation: str
    title: str
    purpose: str
    purpose_title: str
    regime: str
    legal_basis: str
    policy: str
    operations: tuple[str, ...]
    systems: tuple[OfSystem, ...]
    sources: tuple[str, ...]
    minimum_confidence: float
    sentences: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def explained(policy: Policy, name: str, purpose: str) -> Explained:
    """What a client may for a purpose; empty takes its only one.

    Raises UsageError for a client that the policy does not have, or a purpose that it may not ask
    for.
    """
    client = policy.client(name)
    if client is None:
        raise UsageError(f"The policy has no such client. It has: {', '.join(_clients(policy))}.")
    profile = policy.profile(client)
    try:
        permission = policy.permission(client, purpose)
    except PurposeNotPermitted as error:
        raise UsageError(f"{name} may ask for: {', '.join(profile.purposes)}.") from error
    code, grant = permission.purpose, permission.grant
    return Explained(
        client=name,
        organisation=client.organisation,
        title=profile.title,
        purpose=code,
        purpose_title=PURPOSES[code].title,
        regime=grant.regime,
        legal_basis=grant.legal_basis,
        policy=policy.name,
        operations=tuple(profile.operations),
        systems=tuple(_of_system(permission, each) for each in SYSTEMS),
        sources=("every source system",) if EVERY in grant.sources else grant.sources,
        minimum_confidence=grant.minimum_confidence,
        sentences=tuple(_sentences(profile, permission)),
    )


def _clients(policy: Policy) -> list[str]:
    return sorted(policy.document.clients)


def _of_system(permission: Permission, system: str) -> OfSystem:
    sight = permission.sight
    asks, sees = sight.asks_with(system), sight.sees(system)
    because = {
        (True, True): "the grant names it in ask_with and see",
        (True, False): "in ask_with alone: told only as what was asked with",
        (False, True): "in see alone: asked with, it is as if nobody held it",
        (False, False): "the grant does not name it",
    }
    return OfSystem(system, asks, sees, because[asks, sees])


def _sentences(profile: Profile, permission: Permission) -> list[str]:
    """What else the policy says, a sentence each."""
    grant, rate = permission.grant, profile.rate
    search = f"by name and birth date, refused beyond {grant.most_matches} persons"
    return [
        f"May: {', '.join(profile.operations)}.",
        f"May search {search if grant.demographic_search else 'by identifiers alone'}.",
        *(_of_feeds(profile) if Operation.FEED in profile.operations else []),
        f"May ask {rate.per_minute:,} times a minute, {rate.burst:,} at once; "
        f"{profile.batch:,} in a batch.",
        f"Is {'' if grant.findings else 'not '}told what a reviewer should look at.",
        f"May {'' if grant.sealed else 'not '}know what seals keep apart.",
        _of_keys(permission.sight),
    ]


def _of_feeds(profile: Profile) -> list[str]:
    """What a client may send, and how far it is believed."""
    verified = (f"{', '.join(systems)} of {source}" for source, systems in profile.verifies.items())
    return [
        f"May send records of: {', '.join(profile.feeds)}.",
        f"Is believed what it calls verified: {'; '.join(verified) or 'nothing'}.",
        "May restrict a person; may lift that where it is for records of: "
        f"{', '.join(profile.unrestricts) or 'no source system'}.",
    ]


def _of_keys(sight: Sight) -> str:
    if sight.keys is None:
        return "Is told the keys of all records that it knows of."
    known = sorted(source for source in sight.keys if sight.knows(source))
    return f"Is told the keys of records of: {', '.join(known) or 'no source system'}."
