"""Bearer tokens: signed JWTs (RFC 7519, 9068) of one issuer, or keys for development.

A token that is anything but right raises NotAuthenticated, which says nothing: neither whether it
is expired nor whose it might be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from mpi.access.caller import Proof
from mpi.access.jwks import KeySet
from mpi.access.policy import Authentication, Policy
from mpi.errors import NotAuthenticated

_REQUIRED = ["exp", "iss", "aud"]
MOST_SEEN = 2048
"""Tokens whose proof is kept; as long as their key is, and until they end."""
LONGEST = 8192
"""Characters of a token; a signed one of some dozen claims has a tenth of that."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a token proved when it was verified, with which key, and until when."""

    proof: Proof
    key_id: str
    key: jwt.PyJWK
    until: float


class Tokens:
    """Proves who asks by the headers of a request."""

    def __init__(
        self, policy: Policy, keys: KeySet | None, clock: Callable[[], float] = time
    ) -> None:
        """Args: keys, of the issuer that the policy names; None if it names none."""
        self._policy = policy
        self._authentication = policy.document.authentication
        self._keys = keys
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    def wants_fetching(self, authorisation: str) -> bool:
        """Whether the issuer's keys are to be fetched before this header is judged."""
        if self._keys is None:
            return False
        try:
            token = _bearer(authorisation)
            seen = self._seen.get(token)
            key_id = seen.key_id if seen else _header(token).get("kid")
        except NotAuthenticated:
            return False
        return isinstance(key_id, str) and self._keys.wants_fetching(key_id)

    def fetch(self) -> None:
        """Fetch the issuer's keys; waits for the network."""
        if self._keys is not None:
            self._keys.refresh()

    def proof(self, authorisation: str, development_key: str) -> Proof:
        """What the header Authorization proves, or else the one with a development key.

        Raises NotAuthenticated.
        """
        if authorisation:
            return self._of_token(_bearer(authorisation))
        hashed = hashlib.sha256(development_key.encode()).hexdigest()
        client = self._policy.client_with_key(hashed) if development_key else None
        if client is None:
            raise NotAuthenticated
        return Proof(client=client, token=f"development key {hashed[:8]}")

    def _of_token(self, token: str) -> Proof:
        rules = self._authentication
        seen = self._seen.get(token)
        key_id = seen.key_id if seen else _header(token).get("kid")
        key = self._keys.get(key_id) if self._keys and isinstance(key_id, str) else None
        if rules is None or key is None:
            raise NotAuthenticated
        if seen and seen.key is key and seen.until > self._clock():
            return seen.proof
        claims = _claims(token, key, rules)
        proof = Proof.of_claims(claims, rules.client_claim)
        until = float(claims["exp"]) + rules.clock_skew_seconds
        self._remember(token, _Seen(proof, str(key_id), key, until))
        return proof

    def _remember(self, token: str, seen: _Seen) -> None:
        """Keep what a token proved, for the requests that will bring it again."""
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen[token] = seen


def _bearer(authorisation: str) -> str:
    scheme, _, token = authorisation.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST:
        raise NotAuthenticated
    return token.strip()


def _header(token: str) -> Mapping[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except PyJWTError as error:
        raise NotAuthenticated from error


def _claims(token: str, key: jwt.PyJWK, rules: Authentication) -> Mapping[str, Any]:
    """The claims of a token that holds.

    Its algorithm must be one of the policy's and the one that its key is for, so that neither an
    unsigned token nor one signed with the text of a public key passes.
    """
    try:
        if _header(token).get("alg") != key.algorithm_name:
            raise NotAuthenticated
        return jwt.decode(
            token,
            key,
            algorithms=list(rules.algorithms),
            audience=rules.audience,
            issuer=rules.issuer,
            leeway=rules.clock_skew_seconds,
            options={"require": _REQUIRED},
        )
    except (PyJWTError, ValueError, TypeError) as error:
        raise NotAuthenticated from error
