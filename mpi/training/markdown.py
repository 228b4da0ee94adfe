"""Small pieces of Markdown that a plain Git host shows as meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table, and the empty line after it.

    >>> list(table(("source", "records"), [("nomis", 12), ("a|b", 3)]))
    ['| source | records |', '|---|---|', '| nomis | 12 |', '| a\\\\|b | 3 |', '']
    """
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
    yield ""


def section(title: str, *paragraphs: str) -> Iterator[str]:
    """A second-level heading, and paragraphs below it."""
    yield from (f"## {title}", "")
    for paragraph in paragraphs:
        yield from (paragraph, "")


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pictures a page can show: where they lie, and of each by file name what it shows."""

    folder: str
    shown: Mapping[str, str]

    def show(self, name: str) -> Iterator[str]:
        """The line that shows a picture, and the empty line after it; nothing if there is none.

        >>> next(Gallery("charts", {"a.svg": "Recall [99%]"}).show("a.svg"))
        '![Recall (99%)](charts/a.svg)'
        """
        if name in self.shown:
            # a bracket would end the text early, and a line break the picture
            text = self.shown[name].replace("[", "(").replace("]", ")")
            yield from (f"![{' '.join(text.split())}]({self.folder}/{name})", "")


def folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines that a reader may open."""
    yield from ("<details>", f"<summary>{summary}</summary>", "")
    yield from lines
    yield from ("</details>", "")
