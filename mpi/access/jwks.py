"""The keys that an issuer signs with: fetched, kept, and fetched again when a new one appears."""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from mpi.errors import InvalidPolicy

FRESH_SECONDS = 3600.0
"""How long keys are used without looking whether the issuer still publishes them."""
LONGEST_SECONDS = 24 * 3600.0
"""How long they are used when the issuer cannot be reached."""
BETWEEN_SECONDS = 30.0
"""Least time between two fetches: unknown key ids, which anybody can make up, cause no more."""
FETCH_SECONDS = 5.0
LARGEST = 1024 * 1024
LEAST_RSA_BITS = 2048

log = logging.getLogger("mpi.access")
Fetch = Callable[[], bytes]


class KeySet:
    """The published keys of one issuer. Threads may share it."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = monotonic) -> None:
        """Args: fetch, gets the set (RFC 7517) as bytes; clock, in seconds."""
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched = self._tried = float("-inf")

    def get(self, key_id: str) -> PyJWK | None:
        """A key by its id, as far as it is known and recent enough to be believed."""
        believed = self._clock() - self._fetched < LONGEST_SECONDS
        return self._keys.get(key_id) if believed else None

    def wants_fetching(self, key_id: str) -> bool:
        """Whether to fetch before a token of this key is judged: it is unknown, or all are old."""
        now = self._clock()
        due = key_id not in self._keys or now - self._fetched >= FRESH_SECONDS
        return due and now - self._tried >= BETWEEN_SECONDS

    def refresh(self) -> None:
        """Fetch the keys, unless that was tried just now; where it fails the old ones stay."""
        with self._lock:
            now = self._clock()
            if now - self._tried < BETWEEN_SECONDS:
                return
            self._tried = now
            try:
                self._keys = keys_of(self._fetch())
                self._fetched = now
            except (OSError, ValueError) as error:
                log.warning("the issuer's keys could not be fetched: %s", type(error).__name__)


def keys_of(content: bytes) -> dict[str, PyJWK]:
    """The usable keys of a set by id: public, for signatures, and strong enough.

    A key that is none of that is left out, a symmetric one above all: whoever can read the set
    could sign with it. Raises ValueError for what is no key set.
    """
    document = json.loads(content)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no key set")
    found = {}
    for each in listed:
        if isinstance(each, dict) and _is_usable(each):
            try:
                found[each["kid"]] = PyJWK(each)
            except PyJWTError:
                continue
    return {key_id: key for key_id, key in found.items() if _is_strong(key)}


def _is_usable(key: Mapping[str, Any]) -> bool:
    asymmetric = key.get("kty") in ("RSA", "EC", "OKP")
    return asymmetric and key.get("use", "sig") == "sig" and isinstance(key.get("kid"), str)


def _is_strong(key: PyJWK) -> bool:
    return key.key_type != "RSA" or key.key.key_size >= LEAST_RSA_BITS


def fetching(where: str, folder: Path) -> Fetch:
    """How to get a key set: an https address, http on this machine, or a file in a folder.

    Raises InvalidPolicy for an address that others could answer in the issuer's place.
    """
    address = urlsplit(where)
    if address.scheme in ("http", "https"):
        if address.scheme == "http" and not is_loopback(address.hostname or ""):
            raise InvalidPolicy("Keys come over https.", key="authentication.jwks")
        return lambda: _from_address(where)
    path = folder / where
    if not path.is_file():
        raise InvalidPolicy("There is no such file of keys.", key="authentication.jwks")
    return path.read_bytes


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _from_address(where: str) -> bytes:
    opener = urllib.request.build_opener(_NoRedirects)
    with opener.open(where, timeout=FETCH_SECONDS) as response:
        content: bytes = response.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError("the key set is too large")
    return content


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses to be led elsewhere: the address is where the keys are."""

    def redirect_request(self, *_: Any) -> None:
        return None
