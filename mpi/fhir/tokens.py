"""FHIR's tokens, `system|value`, as they stand in a query."""

from __future__ import annotations

import re
from typing import NamedTuple

from mpi.errors import InvalidParameter

_ESCAPED = re.compile(r"\\([\\|,$])")
_BAR = re.compile(r"(?<!\\)((?:\\\\)*)\|")
_COMMA = re.compile(r"(?<!\\)((?:\\\\)*),")


class Token(NamedTuple):
    """A system and a value; either may be empty."""

    system: str
    value: str


def token(text: str) -> Token:
    r"""A token of a query.

    >>> token("urn:oid:1.2.3|IHERED-994")
    Token(system='urn:oid:1.2.3', value='IHERED-994')
    >>> token(r"994\|5")
    Token(system='', value='994|5')
    """
    found = _BAR.search(text)
    if found is None:
        return Token("", _plain(text).strip())
    at = found.end() - 1
    return Token(_plain(text[:at]).strip(), _plain(text[at + 1 :]).strip())


def whole_token(text: str, parameter: str) -> Token:
    """A token with both parts. Raises InvalidParameter, naming the parameter."""
    found = token(text)
    if not (found.system and found.value):
        raise InvalidParameter("Expected system|value.", parameter=parameter)
    return found


def alternatives(text: str) -> list[str]:
    """The parts of a parameter of which any will do, still escaped.

    >>> alternatives("urn:a|1,urn:b|2")
    ['urn:a|1', 'urn:b|2']
    """
    ends = [found.end() - 1 for found in _COMMA.finditer(text)]
    starts = [0, *(end + 1 for end in ends)]
    parts = [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True)]
    return [part for part in parts if part.strip()]


def unescaped(text: str) -> str:
    r"""A text of a query without its backslashes.

    >>> unescaped(r"O\,Zephyr")
    'O,Zephyr'
    """
    return _plain(text)


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
