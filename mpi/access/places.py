"""On which line of a TOML a key or an element of a list is, for messages that say so.

The parser of the standard library keeps no lines. This follows the shape of the text only: headers,
keys, strings, brackets and commas. Whatever it does not find has the line of what holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|\#[^\n]*|[\[\]{},=\n]|[^\s\[\]{},=\#\"']+|[^\S\n]+",
    re.DOTALL,
)
_PART = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[^.\s]+')


def line_of(text: str, path: Iterable[str | int]) -> int:
    """The line, from one, of the value at a path, or of the nearest that holds it.

    >>> line_of('[a]\\nb = [\\n  "x",\\n  "y",\\n]\\n', ("a", "b", 1))
    4
    """
    lines = _lines(text)
    wanted = tuple(path)
    while wanted and wanted not in lines:
        wanted = wanted[:-1]
    return lines.get(wanted, 1)


@dataclass(slots=True)
class _Walk:
    """Where a walk over the tokens is: the table, the key, and the brackets that are open."""

    table: Path = ()
    key: Path = ()
    said: str = ""
    depth: int = 0
    element: int = 0
    inside_value: bool = False
    counts: dict[Path, int] = field(default_factory=dict)


def _lines(text: str) -> dict[Path, int]:
    walk = _Walk()
    found: dict[Path, int] = {(): 1}
    for line, token in _tokens(text):
        if walk.inside_value:
            _value(walk, token, line, found)
        else:
            _statement(walk, token, line, found)
    return found


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    line = 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if not token.startswith("#"):
            yield line, token
        line += token.count("\n")


def _statement(walk: _Walk, token: str, line: int, found: dict[Path, int]) -> None:
    """A header or the key of a value, up to the end of the line or the equals sign."""
    if token == "\n":
        if walk.said.lstrip().startswith("["):
            _header(walk, walk.said, line, found)
        walk.said = ""
    elif token == "=":
        walk.key = walk.table + _parts(walk.said)
        found.setdefault(walk.key, line)
        walk.said, walk.depth, walk.element, walk.inside_value = "", 0, 0, True
    else:
        walk.said += token


def _header(walk: _Walk, said: str, line: int, found: dict[Path, int]) -> None:
    path = _resolved(walk, _parts(said.strip().strip("[]")))
    if said.lstrip().startswith("[["):
        number = walk.counts.get(path, -1) + 1
        walk.counts[path] = number
        found.setdefault(path, line)
        path = (*path, number)
    for length in range(1, len(path) + 1):
        found.setdefault(path[:length], line)
    walk.table = path


def _resolved(walk: _Walk, parts: Path) -> Path:
    """The path of a header, in which a list of tables stands for its last one so far."""
    path: Path = ()
    for at, part in enumerate(parts):
        path = (*path, part)
        if at < len(parts) - 1 and path in walk.counts:
            path = (*path, walk.counts[path])
    return path


def _value(walk: _Walk, token: str, line: int, found: dict[Path, int]) -> None:
    """Part of a value, which ends with the line on which no bracket is open."""
    if token in ("[", "{"):
        walk.depth += 1
    elif token in ("]", "}"):
        walk.depth -= 1
    elif token == "," and walk.depth == 1:
        walk.element += 1
    elif token == "\n" and walk.depth <= 0:
        walk.inside_value = False
    elif walk.depth == 1 and token.strip():
        found.setdefault((*walk.key, walk.element), line)


def _parts(said: str) -> Path:
    return tuple(each.group().strip("\"'") for each in _PART.finditer(said.strip()))
