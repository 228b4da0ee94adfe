"""Identifiers in the audit: hashes under a secret, so that one can be searched for and none read.

Who holds the audit without the secret learns no identifier from it, not even by trying all ten
digits of every NHS number.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from mpi.errors import InvalidAudit
from mpi.identifiers import SYSTEMS, clean_identifier

SECRET_BYTES = 32
HASH_BYTES = 12


class Keyed:
    """The hashes of one secret."""

    def __init__(self, secret: bytes) -> None:
        """Args: secret, of `SECRET_BYTES` bytes."""
        self._secret = secret

    def of(self, system: str, value: str) -> str:
        """The hash that stands for an identifier (canonical value).

        Values that are evidence of the same have the same: a National Insurance number, with or
        without its suffix.
        """
        evidence = clean_identifier(system, value) if system in SYSTEMS else None
        text = f"{system}\0{evidence or value}".encode()
        return hashlib.blake2b(text, key=self._secret, digest_size=HASH_BYTES).hexdigest()

    @property
    def audit(self) -> str:
        """A name of the audit whose secret this is, which tells nothing of the secret."""
        return self.of("audit", "")

    @classmethod
    def at(cls, path: Path, *, create: bool = False) -> Keyed:
        """The hashes of the secret in a file, which only its owner can read.

        With `create` it is made if there is none. Raises InvalidAudit.
        """
        if create and not path.exists():
            _make(path)
        try:
            secret = path.read_bytes()
        except OSError as error:
            raise InvalidAudit("The secret of its hashes cannot be read.", file=path) from error
        if len(secret) != SECRET_BYTES:
            raise InvalidAudit("This is no secret of an audit.", file=path)
        return cls(secret)


def _make(path: Path) -> None:
    """A new secret, complete before it has its name; another process may have been quicker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
    try:
        os.link(made, path)
    except FileExistsError:
        return
    finally:
        made.unlink()
