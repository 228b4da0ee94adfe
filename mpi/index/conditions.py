"""What must hold of a record for a change to it to be made: nobody overwrites what they never saw.

A tag names the state of a record: what its source said last, and in which version. It is a hash
under the secret of the index, so it tells nothing, and one index does not know another's.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from mpi.errors import ChangedMeanwhile

ANY = "*"
"""Stands for whatever tag there is."""
_BYTES = 16


class State(Protocol):
    """A record as kept, or as it is about to be."""

    @property
    def version_key(self) -> str:
        """Its version, as it orders."""
        ...

    @property
    def payload(self) -> bytes:
        """What its source said."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """Tags of which a record must have one, and tags of which it must have none.

    `one_of` is None where it does not matter. `ANY` among them asks for a record that is there, and
    among `none_of` for one that is not.
    """

    one_of: tuple[str, ...] | None = None
    none_of: tuple[str, ...] = ()

    def holds(self, tag: str | None) -> bool:
        """Whether it holds of a record with a tag; None where there is no such record.

        >>> Condition(none_of=(ANY,)).holds(None)
        True
        """
        wanted = self.one_of is None or (tag is not None and not {tag, ANY}.isdisjoint(self.one_of))
        return wanted and (tag is None or {tag, ANY}.isdisjoint(self.none_of))

    def require(self, secret: bytes, state: State | None) -> None:
        """Raise ChangedMeanwhile unless it holds of a record, None where there is none."""
        if not self.holds(tag_of(secret, state) if state else None):
            raise ChangedMeanwhile()


def tag_of(secret: bytes, state: State) -> str:
    """The tag of a record. Args: secret, of the index."""
    said = state.version_key.encode() + b"\0" + state.payload
    return blake2b(said, digest_size=_BYTES, key=secret).hexdigest()
