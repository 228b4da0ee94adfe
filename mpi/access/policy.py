"""What a disclosure policy says: who may ask, for what purpose, and what they may be told.

The dataclasses are the schema of the TOML: pydantic validates it straight into them, so a key is
defined once, and an unknown or misspelt key is an error. `loader` reads the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config

from mpi.access.operations import Operation
from mpi.access.restricted import LOCATING
from mpi.access.sight import Sight
from mpi.errors import PurposeNotPermitted
from mpi.identifiers import SYSTEMS

STRICT = ConfigDict(extra="forbid")
EVERY = "*"
"""In a list of systems or sources: all there are."""
MOST_IN_A_BATCH = 1000
DAYS_KEPT = 8 * 365
"""How long an entry of the audit is kept where the policy does not say: eight years, as long as the
NHS keeps the records of most adults after their care has ended."""

Regime = Literal["uk-gdpr", "dpa-part-3"]
"""Under which part of the law the recipient processes: the UK GDPR, or Part 3 of the Data
Protection Act 2018 (competent authorities, for law enforcement)."""
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
Names = tuple[str, ...]
KeySystems = Mapping[str, frozenset[str] | None]
"""The identifier systems that the keys of a source's records are of; None where nobody knows."""


class EntryClass(StrEnum):
    """Kinds of audit entries, each of which has its own retention."""

    LOOK_UP = "look-up"
    MATCH = "match"
    WRITE = "write"
    REFUSAL = "refusal"
    SERVICE = "service"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Grant:
    """What a client may ask and be told for some purposes, and why that is lawful.

    `most_matches` is how many persons a search may find before it is refused as too broad.
    `sealed` lets it know what seals keep apart (adoption, gender recognition, protection).
    """

    purposes: Annotated[Names, Field(min_length=1)]
    regime: Regime
    legal_basis: Annotated[str, Field(min_length=10)]
    ask_with: Names
    see: Names
    sources: Names
    minimum_confidence: Annotated[float, Field(ge=0, le=1)]
    demographic_search: bool = False
    most_matches: Annotated[int, Field(ge=1, le=50)] = 10
    findings: bool = False
    sealed: bool = False

    def sight(self, key_systems: KeySystems = MappingProxyType({})) -> Sight:
        """What of the index exists for whoever asks under this grant.

        Args: key_systems, of each source; the keys of one that is not there, or of which nobody
        knows, count as identifiers of every system.
        """
        see, ask_with = _set(self.see), _set(self.ask_with)
        return Sight(
            ask_with=ask_with,
            see=see,
            sources=_set(self.sources),
            minimum_confidence=self.minimum_confidence,
            findings=self.findings,
            keys=_keys(see, key_systems),
            ask_keys=_keys(ask_with, key_systems),
            locating=frozenset(
                source
                for source, found in key_systems.items()
                if not LOCATING.isdisjoint(found or ())
            ),
            sealed=self.sealed,
        )


def _set(names: Names) -> frozenset[str] | None:
    return None if EVERY in names else frozenset(names)


def _keys(systems: frozenset[str] | None, key_systems: KeySystems) -> frozenset[str] | None:
    """The sources whose keys are of some identifier systems only; None for all there are."""
    if systems is None or systems >= SYSTEMS.keys():
        return None
    known = {source: found for source, found in key_systems.items() if found is not None}
    return frozenset(source for source, found in known.items() if found <= systems)


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Rate:
    """How often a client may ask: so many a minute on the long run, `burst` at once."""

    per_minute: Annotated[int, Field(ge=1, le=1_000_000)]
    burst: Annotated[int, Field(ge=1, le=100_000)]


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of client. `feeds` are the source systems of which it may send records.

    `verifies` gives, for a source that it feeds, the identifier systems whose values count as
    verified where it says so; any other that it says is verified counts as stated. Anybody who
    feeds may say that somebody is restricted: only for sources in `unrestricts` may it take that
    back. `batch` is the most entries it may send in one request.
    """

    title: str
    operations: Annotated[tuple[Operation, ...], Field(min_length=1)]
    rate: Rate
    grants: Annotated[tuple[Grant, ...], Field(min_length=1)]
    batch: Annotated[int, Field(ge=1, le=MOST_IN_A_BATCH)] = 1
    feeds: Names = ()
    verifies: dict[str, Names] = field(default_factory=dict)
    unrestricts: Names = ()

    @property
    def purposes(self) -> Names:
        """Every purpose that some grant is for."""
        return tuple(purpose for grant in self.grants for purpose in grant.purposes)


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Client:
    """A program that asks, of one organisation; its name is the client id of its tokens.

    `development_key_sha256` is the hash of a key that stands for a token on a developer's machine.
    """

    profile: str
    organisation: Annotated[str, Field(min_length=1)]
    development_key_sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Authentication:
    """Whose tokens are believed. `jwks` is an https address, or a file beside the policy.

    `client_claim` names the claim that holds the client's name (RFC 9068: client_id).
    """

    issuer: Annotated[str, Field(min_length=1)]
    audience: Annotated[str, Field(min_length=1)]
    jwks: Annotated[str, Field(min_length=1)]
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256", "ES256")
    clock_skew_seconds: Annotated[int, Field(ge=0, le=120)] = 30
    client_claim: str = "client_id"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Auditing:
    """Where the audit is: files beside the policy, unless absolute; days that entries are kept.

    `key` holds the secret of the keyed hashes, and `anchors` what shows that a chain was cut short
    or rewritten: keep both on another volume than `folder`.
    """

    folder: str = "audit"
    key: str = "audit.key"
    anchors: str = "audit.anchors.jsonl"
    retention_days: dict[EntryClass, Annotated[int, Field(ge=1)]] = field(default_factory=dict)

    def days_kept(self, kind: str) -> int:
        """How many days entries of a class are kept."""
        return self.retention_days.get(EntryClass(kind), DAYS_KEPT)


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Service:
    """How the service is run. After `stale_after_hours` without an event in the index it is not
    ready: without it an index is never stale.
    """

    stale_after_hours: Annotated[float, Field(gt=0)] | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Document:
    """A policy as it is written."""

    profiles: Annotated[dict[str, Profile], Field(min_length=1)]
    clients: Annotated[dict[str, Client], Field(min_length=1)]
    audit: Auditing = field(default_factory=Auditing)
    authentication: Authentication | None = None
    service: Service = field(default_factory=Service)


@dataclass(frozen=True, slots=True)
class Permission:
    """A grant for one purpose, with the sight that it gives."""

    purpose: str
    grant: Grant
    sight: Sight


class Policy:
    """A policy in force. `name` is a hash of its text, which every audit entry carries."""

    def __init__(
        self,
        document: Document,
        *,
        name: str,
        folder: Path,
        key_systems: KeySystems = MappingProxyType({}),
    ) -> None:
        """Args: document, checked by the loader; folder, that which its paths are relative to;
        key_systems, of which the keys of each source's records are.
        """
        self.document = document
        self.name = name
        self.folder = folder
        self._permissions: Mapping[tuple[str, str], Permission] = {
            (profile, purpose): Permission(purpose, grant, grant.sight(key_systems))
            for profile, described in document.profiles.items()
            for grant in described.grants
            for purpose in grant.purposes
        }
        self._keys = {
            client.development_key_sha256: name
            for name, client in document.clients.items()
            if client.development_key_sha256
        }

    def client(self, name: str) -> Client | None:
        """A client by name."""
        return self.document.clients.get(name)

    def profile(self, client: Client) -> Profile:
        """The profile of a client."""
        return self.document.profiles[client.profile]

    def permission(self, client: Client, purpose: str) -> Permission:
        """What a client may for a purpose; empty takes the only one it has.

        Raises PurposeNotPermitted.
        """
        if not purpose:
            permitted = self.profile(client).purposes
            if len(permitted) != 1:
                raise PurposeNotPermitted("Name one in X-Purpose-Of-Use.")
            (purpose,) = permitted
        found = self._permissions.get((client.profile, purpose))
        if found is None:
            raise PurposeNotPermitted
        return found

    def client_with_key(self, sha256: str) -> str | None:
        """The name of the client with a development key of this hash."""
        return self._keys.get(sha256)

    @property
    def has_development_keys(self) -> bool:
        """Whether some client has a key that must not be used beyond loopback."""
        return bool(self._keys)

    def path(self, name: str) -> Path:
        """A path that the policy gives: absolute, or beside the policy."""
        return self.folder / name
