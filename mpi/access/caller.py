"""Who asks, for what purpose, and what that permits: from a proven client to a caller."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mpi.access.operations import SCOPES, Operation
from mpi.access.policy import Permission, Policy, Rate
from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import NotAuthenticated, NotPermitted, PurposeNotPermitted


@dataclass(frozen=True, slots=True)
class Proof:
    """What a credential proves: a client, perhaps its user, and what the token is good for.

    `scopes` of None are all (a development key has none to state). `purposes` are those that the
    token was issued for; empty, it does not say.
    """

    client: str
    user: str = ""
    token: str = ""
    scopes: frozenset[str] | None = None
    purposes: tuple[str, ...] = ()

    def is_good_for(self, operation: Operation) -> bool:
        """Whether its scopes allow an operation."""
        return self.scopes is None or not self.scopes.isdisjoint(SCOPES[operation])

    @classmethod
    def of_claims(cls, claims: Mapping[str, Any], client_claim: str) -> Proof:
        """What the claims of a verified token prove. Raises NotAuthenticated."""
        client = claims.get(client_claim)
        if not isinstance(client, str) or not client:
            raise NotAuthenticated
        return cls(
            client=client,
            user=_text(claims.get("sub")),
            token=_text(claims.get("jti")),
            scopes=frozenset(_words(claims.get("scope", claims.get("scp")))),
            purposes=tuple(_purposes(claims)),
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that asks for a purpose, with everything the policy says about that.

    `permission` is None for the open service of a developer's machine, which has no policy and
    keeps nothing back; so is whatever of `feeds`, `verifies` and `unrestricts` is unlimited.
    `operations` are all that the client may do with its token.
    """

    client: str
    organisation: str = ""
    user: str = ""
    token: str = ""
    permission: Permission | None = None
    rate: Rate | None = None
    batch: int = 1000
    feeds: tuple[str, ...] | None = None
    policy: str = ""
    operations: frozenset[Operation] = frozenset(Operation)
    verifies: Mapping[str, Collection[str]] | None = None
    unrestricts: tuple[str, ...] | None = None

    @property
    def purpose(self) -> str:
        """The code of the purpose; empty without a policy."""
        return self.permission.purpose if self.permission else ""

    @property
    def sight(self) -> Sight:
        """What of the index exists for this caller."""
        return self.permission.sight if self.permission else EVERYTHING


ANYBODY = Caller(client="anybody")
"""Whoever asks a service that has no policy."""


def admitted(policy: Policy, proof: Proof, operation: Operation, purpose: str) -> Caller:
    """The caller behind a proof, if it may do an operation for a purpose.

    Args: purpose, as the request names it, or empty: then the token's or the client's only one.
    Raises NotAuthenticated for a client that the policy does not know, NotPermitted,
    PurposeNotPermitted.
    """
    client = policy.client(proof.client)
    if client is None:
        raise NotAuthenticated
    profile = policy.profile(client)
    operations = frozenset(each for each in profile.operations if proof.is_good_for(each))
    if operation not in operations:
        raise NotPermitted
    return Caller(
        client=proof.client,
        organisation=client.organisation,
        user=proof.user,
        token=proof.token,
        permission=policy.permission(client, _purpose(proof, purpose)),
        rate=profile.rate,
        batch=profile.batch,
        feeds=profile.feeds,
        policy=policy.name,
        operations=operations,
        verifies=profile.verifies,
        unrestricts=profile.unrestricts,
    )


def _purpose(proof: Proof, named: str) -> str:
    """The purpose that the request names, or the token's only one; never one it is not good for."""
    if proof.purposes and named and named not in proof.purposes:
        raise PurposeNotPermitted
    if not named and len(proof.purposes) == 1:
        return proof.purposes[0]
    if not named and proof.purposes:
        raise PurposeNotPermitted("Name one in X-Purpose-Of-Use.")
    return named


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _words(value: Any) -> Iterable[str]:
    """A claim that is either words in one text or a list of them."""
    if isinstance(value, str):
        return value.split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _purposes(claims: Mapping[str, Any]) -> Iterable[str]:
    """The purposes of a token, as plain codes or as IHE IUA has them: codings of HL7's system."""
    extensions = claims.get("extensions")
    iua = extensions.get("ihe_iua") if isinstance(extensions, dict) else None
    value = claims.get("purpose_of_use")
    if value is None and isinstance(iua, dict):
        value = iua.get("purpose_of_use")
    codings = [each.get("code") for each in _list(value) if isinstance(each, dict)]
    return [*_words(value), *(code for code in codings if isinstance(code, str))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
