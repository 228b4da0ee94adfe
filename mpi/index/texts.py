"""Texts that come with a change, and what of them an index can keep: the same in every database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mpi.errors import InvalidParameter, InvalidRecord, PersonNotFound
from mpi.records import LONGEST_KEY, LONGEST_VERSION, PSEUDONYM, RecordKey

if TYPE_CHECKING:
    from mpi.index.changes import Cause

LONGEST_TEXT = 2_000
"""Characters of a reason."""
LONGEST_NAME = 200
"""Characters of what names somebody or a request; a database has to index some of them."""
UNDECODABLE = "\ufffd"
"""What stands for bytes that are no text; two keys would become one."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
"""What a database does not take: NUL, and halves of characters."""


def check_texts(longest: int = LONGEST_TEXT, **texts: str | None) -> None:
    """Raise InvalidParameter, which names the first of these texts that cannot be kept."""
    for name, text in texts.items():
        if text and _UNKEPT.search(text):
            raise InvalidParameter("It has a character that cannot be kept.", parameter=name)
        if text and len(text) > longest:
            raise InvalidParameter(f"It has more than {longest:,} characters.", parameter=name)


def check_ruling(by: str, reason: str) -> None:
    """Raise InvalidParameter where who rules, or why, cannot be kept."""
    check_texts(LONGEST_NAME, by=by)
    check_texts(reason=reason)


def check_cause(cause: Cause | None, event_time: str = "") -> None:
    """Raise InvalidParameter for what cannot be kept of who asks, and under which key."""
    check_texts(LONGEST_NAME, event_time=event_time)
    if cause is not None:
        check_texts(LONGEST_NAME, client=cause.client, idempotency_key=cause.key)


def check_key(key: RecordKey) -> None:
    """Raise InvalidRecord for what can be no key of a record."""
    if not key.source or not key.source_id:
        raise InvalidRecord("It does not say which record it is.", field="source_id")
    text = "".join(key)
    strange = _CONTROL.search(text) or _UNKEPT.search(text) or UNDECODABLE in text
    if strange or len(text) > LONGEST_KEY or key.source_id.startswith(PSEUDONYM):
        raise InvalidRecord("No key of a record looks like this.", field="source_id")


def check_version(version: str) -> None:
    """Raise InvalidRecord for what can be no version of a record."""
    if len(version) > LONGEST_VERSION or _CONTROL.search(version) or _UNKEPT.search(version):
        raise InvalidRecord("No version of a record looks like this.", field="version")


def person_id_of(text: str) -> str:
    """A person id as it is kept. Raises PersonNotFound for what no database could hold."""
    if _UNKEPT.search(text):
        raise PersonNotFound()
    return text.lower()
