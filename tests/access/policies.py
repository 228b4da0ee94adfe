"""Small policies, and an issuer of tokens, for the tests of access."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from mpi.access.access import Access
from mpi.access.loader import load_policy

ISSUER, AUDIENCE = "https://auth.example.org", "https://mpi.example.org"
KEY, OTHER_KEY = "a key for tests", "another key for tests"
HEAD = """
[authentication]
issuer = "https://auth.example.org"
audience = "https://mpi.example.org"
jwks = "jwks.json"
"""
RATE = (60_000, 10_000)


def grant(*purposes: str, **said: Any) -> dict[str, Any]:
    """What is granted for some purposes: to ask with, see and know of nothing unless it is said."""
    return {
        "purposes": list(purposes),
        "regime": "uk-gdpr",
        "legal_basis": "for the tests of access",
        "ask_with": [],
        "see": [],
        "sources": [],
        "minimum_confidence": 0.0,
        **said,
    }


def profile(
    name: str,
    operations: Sequence[str],
    *grants: Mapping[str, Any],
    rate: tuple[int, int] = RATE,
    **said: Any,
) -> str:
    """A kind of client that may do some operations, as TOML."""
    per_minute, burst = rate
    lines = [
        f"[profiles.{name}]",
        f"rate = {{ per_minute = {per_minute}, burst = {burst} }}",
        *_lines({"title": f"A {name} service", "operations": operations, **said}),
    ]
    for each in grants:
        lines += [f"[[profiles.{name}.grants]]", *_lines(each)]
    return "\n".join(lines) + "\n"


def clients(**profiles: str) -> str:
    """Clients by name, each of a profile, as TOML."""
    described = (
        f'[clients.{name}]\nprofile = "{of}"\norganisation = "{name.title()}"\n'
        for name, of in profiles.items()
    )
    return "".join(described)


def _lines(said: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {json.dumps(value)}" for name, value in said.items()]


BODY = (
    profile(
        "health",
        ["look-up", "match"],
        grant(
            "TREAT",
            ask_with=["nhs-number", "local-patient-id", "nino"],
            see=["nhs-number", "local-patient-id"],
            sources=["pds", "hjis"],
            minimum_confidence=0.9,
            demographic_search=True,
        ),
        grant(
            "PATADMIN",
            ask_with=["nhs-number", "noms-number"],
            see=["nhs-number", "noms-number"],
            sources=["pds", "nomis"],
            minimum_confidence=0.9,
        ),
        batch=3,
    )
    + profile(
        "justice",
        ["look-up", "explain"],
        grant(
            "PROBATION",
            regime="dpa-part-3",
            ask_with=["crn", "noms-number", "pnc"],
            see=["*"],
            sources=["ndelius", "nomis", "courts"],
            minimum_confidence=0.5,
            findings=True,
        ),
    )
    + profile("watch", ["monitor"], grant("HSYSADMIN"))
    + clients(clinic="health", office="justice", watch="watch")
)


def with_key(body: str, client: str, hashed: str) -> str:
    """A policy in which a client has a development key."""
    marker = f"[clients.{client}]\n"
    return body.replace(marker, f'{marker}development_key_sha256 = "{hashed}"\n')


def written(folder: Path, text: str = HEAD + BODY) -> Path:
    """A policy in a file of a folder, with the keys of the issuer beside it."""
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    (folder / "jwks.json").write_text(json.dumps(Issuer().published), encoding="utf-8")
    return path


def access_of(folder: Path, text: str = HEAD + BODY, sources: Path | None = None) -> Access:
    """The access that a policy in a file grants; `sources`, descriptions beside the shipped."""
    return Access(load_policy(written(folder, text), sources))


KEYS = {
    "rsa-1": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ec-1": ec.generate_private_key(ec.SECP256R1()),
}
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Signs tokens with keys that are made once."""

    @property
    def published(self) -> dict[str, Any]:
        """The key set."""
        rsa_key = RSAAlgorithm.to_jwk(KEYS["rsa-1"].public_key(), as_dict=True)
        ec_key = ECAlgorithm.to_jwk(KEYS["ec-1"].public_key(), as_dict=True)
        return {
            "keys": [
                {**rsa_key, "kid": "rsa-1", "alg": "RS256", "use": "sig"},
                {**ec_key, "kid": "ec-1", "alg": "ES256", "use": "sig"},
            ]
        }

    def claims(self, client: str = "clinic", **others: Any) -> dict[str, Any]:
        """What a token of a client says."""
        now = int(time.time())
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            # some are made when tests are collected, and used much later
            "exp": now + 86_400,
            "client_id": client,
            "sub": "user-7",
            "jti": "token-1",
            "scope": "mpi:look-up mpi:match mpi:explain mpi:feed",
        }
        found = {**said, **others}
        return {name: value for name, value in found.items() if value is not None}

    def token(
        self,
        client: str = "clinic",
        *,
        kid: str = "ec-1",
        key: Any = None,
        alg: str | None = None,
        **others: Any,
    ) -> str:
        """A signed token; `others` replace claims, and None takes one out."""
        algorithm = alg or {"rsa-1": "RS256", "ec-1": "ES256"}.get(kid, "RS256")
        signed_with = KEYS.get(kid) if key is None else key
        claims = self.claims(client, **others)
        return jwt.encode(claims, signed_with, algorithm, headers={"kid": kid})

    def headers(
        self, client: str = "clinic", *, purpose: str = "", **others: Any
    ) -> dict[str, str]:
        """The headers of a request by a client."""
        said = {"authorization": f"Bearer {self.token(client, **others)}"}
        return said | ({"x-purpose-of-use": purpose} if purpose else {})
