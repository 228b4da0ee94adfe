"""A token that is anything but right proves nothing, and is not told why."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from mpi.access.caller import Proof, admitted
from mpi.access.jwks import (
    BETWEEN_SECONDS,
    FRESH_SECONDS,
    LONGEST_SECONDS,
    KeySet,
    fetching,
    keys_of,
)
from mpi.access.loader import load_policy
from mpi.access.operations import Operation
from mpi.access.tokens import Tokens
from mpi.errors import InvalidPolicy, NotAuthenticated, NotPermitted, PurposeNotPermitted
from tests.access.policies import BODY, KEY, KEYS, STRANGER, Issuer, with_key, written

ISSUED = Issuer()
PEM = (
    KEYS["rsa-1"]
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)


def unsigned():
    return jwt.encode(ISSUED.claims(), None, algorithm="none", headers={"kid": "ec-1"})


def part(said):
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def signed_with_the_public_key():
    """The old trick: a symmetric signature with the text of the public key as the secret."""
    import hashlib
    import hmac

    head = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa-1'})}.{part(ISSUED.claims())}"
    signature = hmac.new(PEM, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_claims_exchanged():
    head, _, signature = ISSUED.token().split(".")
    return f"{head}.{part(ISSUED.claims('office'))}.{signature}"


LONG_AGO = int(time.time()) - 1000
WRONG = {
    "empty": lambda: "",
    "no token": lambda: "abc",
    "unsigned": unsigned,
    "signature cut off": lambda: ISSUED.token().rpartition(".")[0] + ".",
    "expired": lambda: ISSUED.token(exp=LONG_AGO),
    "not valid yet": lambda: ISSUED.token(nbf=int(time.time()) + 1000),
    "issued in the future": lambda: ISSUED.token(iat=int(time.time()) + 1000),
    "without an end": lambda: ISSUED.token(exp=None),
    "wrong audience": lambda: ISSUED.token(aud="https://other.example.org"),
    "no audience": lambda: ISSUED.token(aud=None),
    "wrong issuer": lambda: ISSUED.token(iss="https://evil.example.org"),
    "no issuer": lambda: ISSUED.token(iss=None),
    "key of a stranger": lambda: ISSUED.token(kid="rsa-1", key=STRANGER),
    "unknown key id": lambda: ISSUED.token(kid="rsa-9", key=STRANGER),
    "no key id": lambda: jwt.encode(ISSUED.claims(), KEYS["ec-1"], "ES256"),
    "algorithm that is not the key's": lambda: ISSUED.token(kid="rsa-1", alg="PS256"),
    "algorithm that the policy does not have": lambda: ISSUED.token(kid="rsa-1", alg="RS512"),
    "key confusion": signed_with_the_public_key,
    "claims exchanged": with_claims_exchanged,
    "unknown critical header": lambda: jwt.encode(
        ISSUED.claims(), KEYS["ec-1"], "ES256", headers={"kid": "ec-1", "crit": ["x"], "x": 1}
    ),
    "no client": lambda: ISSUED.token(client_id=None),
    "client that is no text": lambda: ISSUED.token(client_id=["clinic"]),
    "far too long": lambda: ISSUED.token(padding="x" * 20_000),
}


@pytest.fixture
def policy(tmp_path):
    return load_policy(written(tmp_path))


@pytest.fixture
def tokens(policy):
    keys = KeySet(fetching("jwks.json", policy.folder))
    found = Tokens(policy, keys)
    found.fetch()
    return found


@pytest.mark.parametrize("kid", KEYS)
def test_a_token_of_the_issuer_proves_who_asks(tokens, kid):
    proof = tokens.proof(f"Bearer {ISSUED.token(kid=kid)}", "")
    assert (proof.client, proof.user, proof.token) == ("clinic", "user-7", "token-1")
    assert "mpi:look-up" in proof.scopes


@pytest.mark.parametrize("made", WRONG.values(), ids=WRONG)
def test_any_other_token_proves_nothing_and_is_not_told_why(tokens, made):
    with pytest.raises(NotAuthenticated) as refused:
        tokens.proof(f"Bearer {made()}", "")
    assert (refused.value.detail, refused.value.where) == ("", {})


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "bearer ", ISSUED.token()])
def test_a_header_that_is_no_bearer_token_proves_nothing(tokens, header):
    with pytest.raises(NotAuthenticated):
        tokens.proof(header, "")


def test_clocks_may_differ_by_as_much_as_the_policy_says(tokens):
    now = int(time.time())
    assert tokens.proof(f"Bearer {ISSUED.token(exp=now - 20)}", "").client == "clinic"
    with pytest.raises(NotAuthenticated):
        tokens.proof(f"Bearer {ISSUED.token(exp=now - 40)}", "")


def test_what_a_token_proved_is_remembered_until_it_ends_and_then_looked_at_anew(policy):
    keys = KeySet(fetching("jwks.json", policy.folder))
    now = [time.time()]
    tokens = Tokens(policy, keys, lambda: now[0])
    tokens.fetch()
    header = f"Bearer {ISSUED.token(exp=int(now[0]) + 300)}"
    first = tokens.proof(header, "")
    assert tokens.proof(header, "") is first
    now[0] += 331
    assert tokens.proof(header, "") is not first


def test_a_token_whose_key_was_withdrawn_is_wrong_at_once(policy):
    issuer = Publisher()
    tokens = Tokens(policy, issuer.set)
    tokens.fetch()
    header = f"Bearer {ISSUED.token(kid='ec-1')}"
    tokens.proof(header, "")
    issuer.keys = {"keys": issuer.keys["keys"][:1]}
    issuer.now += FRESH_SECONDS
    assert tokens.wants_fetching(header)
    tokens.fetch()
    with pytest.raises(NotAuthenticated):
        tokens.proof(header, "")


def test_a_development_key_stands_for_a_token_where_the_policy_has_it(tmp_path):
    import hashlib

    text = with_key(BODY, "clinic", hashlib.sha256(KEY.encode()).hexdigest())
    tokens = Tokens(load_policy(written(tmp_path, text)), None)
    assert tokens.proof("", KEY).client == "clinic"
    for key in ("", "wrong", hashlib.sha256(KEY.encode()).hexdigest()):
        with pytest.raises(NotAuthenticated):
            tokens.proof("", key)
    with pytest.raises(NotAuthenticated):
        tokens.proof(f"Bearer {ISSUED.token()}", KEY)


class Publisher:
    """An issuer whose keys are fetched, with a clock that is set by hand."""

    def __init__(self):
        self.keys = ISSUED.published
        self.fetched = 0
        self.now = 0.0
        self.reachable = True
        self.set = KeySet(self.fetch, lambda: self.now)

    def fetch(self):
        self.fetched += 1
        if not self.reachable:
            raise OSError
        return json.dumps(self.keys).encode()


def test_keys_are_fetched_once_and_again_when_an_unknown_one_appears_but_not_each_time():
    issuer = Publisher()
    assert issuer.set.wants_fetching("ec-1")
    issuer.set.refresh()
    assert not issuer.set.wants_fetching("ec-1")
    for _ in range(5):
        issuer.set.refresh()
    assert issuer.fetched == 1
    issuer.now += BETWEEN_SECONDS
    assert issuer.set.wants_fetching("made up")
    issuer.set.refresh()
    assert issuer.fetched == 2
    assert not issuer.set.wants_fetching("made up too")


def test_a_new_key_is_found_and_a_withdrawn_one_is_forgotten():
    issuer = Publisher()
    issuer.set.refresh()
    issuer.keys = {"keys": [{**issuer.keys["keys"][0], "kid": "rsa-2"}]}
    issuer.now += FRESH_SECONDS
    assert issuer.set.wants_fetching("rsa-1")
    issuer.set.refresh()
    assert issuer.set.get("rsa-2") is not None
    assert issuer.set.get("rsa-1") is None


def test_an_issuer_out_of_reach_leaves_the_old_keys_for_a_day():
    issuer = Publisher()
    issuer.set.refresh()
    issuer.reachable = False
    issuer.now = LONGEST_SECONDS - 1
    issuer.set.refresh()
    assert issuer.set.get("ec-1") is not None
    issuer.now = LONGEST_SECONDS
    assert issuer.set.get("ec-1") is None


SMALL = RSAAlgorithm.to_jwk(
    rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key(), as_dict=True
)


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "kid": "x", "k": "c2VjcmV0", "alg": "HS256"},
        {**SMALL, "kid": "x", "alg": "RS256"},
        {**ISSUED.published["keys"][0], "use": "enc"},
        {"kty": "RSA", "kid": "x"},
        {"kty": "RSA"},
        "no key",
    ],
    ids=["symmetric", "too small", "for encryption", "broken", "without id", "no key"],
)
def test_a_key_that_should_not_sign_is_not_taken(key):
    assert keys_of(json.dumps({"keys": [key]}).encode()) == {}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"keys": 1}', b"<html>"])
def test_what_is_no_key_set_is_refused(content):
    with pytest.raises(ValueError):
        keys_of(content)


@pytest.mark.parametrize("where", ["http://auth.example.org/jwks.json", "none.json"])
def test_keys_come_over_https_or_from_a_file_that_is_there(tmp_path, where):
    with pytest.raises(InvalidPolicy):
        fetching(where, tmp_path)


def test_keys_on_this_machine_may_come_without_tls(tmp_path):
    assert callable(fetching("http://127.0.0.1:8080/jwks.json", tmp_path))


def proof(**others):
    return Proof(**{"client": "clinic", "scopes": frozenset({"mpi:look-up"}), **others})


def test_a_caller_may_what_profile_scope_and_purpose_allow(policy):
    caller = admitted(policy, proof(), Operation.LOOK_UP, "TREAT")
    assert (caller.client, caller.organisation, caller.purpose) == ("clinic", "Clinic", "TREAT")
    assert caller.sight.sources == {"pds", "hjis"}


@pytest.mark.parametrize(
    ("proven", "operation", "purpose", "error"),
    [
        (proof(client="nobody"), Operation.LOOK_UP, "TREAT", NotAuthenticated),
        (proof(scopes=frozenset()), Operation.LOOK_UP, "TREAT", NotPermitted),
        (proof(), Operation.MATCH, "TREAT", NotPermitted),
        (proof(scopes=frozenset({"mpi:explain"})), Operation.EXPLAIN, "TREAT", NotPermitted),
        (proof(), Operation.LOOK_UP, "PROBATION", PurposeNotPermitted),
        (proof(), Operation.LOOK_UP, "", PurposeNotPermitted),
        (proof(), Operation.LOOK_UP, "treat", PurposeNotPermitted),
        (proof(purposes=("PATADMIN",)), Operation.LOOK_UP, "TREAT", PurposeNotPermitted),
        (proof(purposes=("PATADMIN", "TREAT")), Operation.LOOK_UP, "", PurposeNotPermitted),
        (proof(purposes=("PROBATION",)), Operation.LOOK_UP, "", PurposeNotPermitted),
    ],
)
def test_and_nothing_else(policy, proven, operation, purpose, error):
    with pytest.raises(NotPermitted if error is not NotAuthenticated else error) as refused:
        admitted(policy, proven, operation, purpose)
    assert type(refused.value) is error


@pytest.mark.parametrize(
    "claims",
    [
        {"purpose_of_use": "TREAT"},
        {"purpose_of_use": ["TREAT"]},
        {"purpose_of_use": [{"system": "http://example.org", "code": "TREAT"}]},
        {"extensions": {"ihe_iua": {"purpose_of_use": [{"code": "TREAT"}]}}},
    ],
)
def test_the_purpose_may_be_in_the_token_in_either_form(policy, claims):
    proven = Proof.of_claims(ISSUED.claims(**claims), "client_id")
    assert proven.purposes == ("TREAT",)
    assert admitted(policy, proven, Operation.LOOK_UP, "").purpose == "TREAT"


@pytest.mark.parametrize("scope", [{"scope": "ITI-83"}, {"scope": None, "scp": ["ITI-83"]}])
def test_a_scope_of_ihe_does_as_well_as_ours(policy, scope):
    proven = Proof.of_claims(ISSUED.claims(**scope), "client_id")
    assert admitted(policy, proven, Operation.LOOK_UP, "TREAT").client == "clinic"
