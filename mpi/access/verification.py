"""Is the audit as it was written? Every line against the one before, every chain against anchors.

What it shows: a line changed, moved, put in or taken out; the end of a chain cut off, as far back
as the last anchor; a chain missing or written anew. What nobody could show is the loss of lines
after the last anchor of a process that was killed: there are at most `ANCHOR_ENTRIES` of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpi.access.chain import Broken, Head, Link, links, start_of
from mpi.access.reading import Kept, ends_unfinished, is_being_written, whole_lines

CLOSED, KILLED, WRITING = "closed", "ended without closing", "being written"


@dataclass(slots=True)
class Verified:
    """What became of one chain: how many entries, how many of them past their retention."""

    chain: str
    entries: int = 0
    expired: int = 0
    state: str = KILLED
    problems: list[str] = field(default_factory=list)
    head: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "chain": self.chain,
            "entries": self.entries,
            "expired": self.expired,
            "state": self.state,
            "problems": self.problems,
            "head": self.head,
        }


def verify(kept: Kept) -> list[Verified]:
    """Every chain of an audit, and every chain that an anchor says there was.

    Raises InvalidAudit where the folder or the anchors cannot be read at all.
    """
    noted: defaultdict[str, list[Head]] = defaultdict(list)
    for chain, head in kept.anchors.noted():
        noted[chain].append(head)
    chains = kept.chains()
    found = [_verified(chain, path, noted[chain]) for chain, path in chains.items()]
    missing = sorted(noted.keys() - chains.keys())
    found.extend(Verified(each, state="", problems=["the chain is missing"]) for each in missing)
    return found


def _verified(chain: str, path: Path, anchors: Sequence[Head]) -> Verified:
    result = Verified(chain, head=start_of(chain).hash)
    wanted = {anchor.number for anchor in anchors}
    heads: dict[int, str] = {}
    try:
        for link in links(chain, whole_lines(path)):
            _count(result, link)
            if link.head.number in wanted:
                heads[link.head.number] = link.head.hash
    except Broken as broken:
        result.problems.append(str(broken))
    if is_being_written(path):
        result.state = WRITING
    result.problems.extend(_against(anchors, heads, broken=bool(result.problems)))
    if result.state == CLOSED and ends_unfinished(path):
        result.problems.append("something follows the end of the chain")
    return result


def _count(result: Verified, link: Link) -> None:
    if result.state == CLOSED:
        raise Broken("something follows the end of the chain")
    result.entries += 1
    result.expired += link.body is None
    result.head = link.head.hash
    if link.body and link.body.get("event") == CLOSED:
        result.state = CLOSED


def _against(anchors: Sequence[Head], heads: Mapping[int, str], *, broken: bool) -> list[str]:
    """What anchors say that a chain does not; beyond a break nothing can be compared."""
    problems = [] if anchors else ["no anchor is of this chain"]
    for anchor in anchors:
        if anchor.number in heads:
            if heads[anchor.number] != anchor.hash:
                problems.append(f"entry {anchor.number} is not the one that was anchored")
        elif not broken:
            problems.append(f"entries up to {anchor.number} were anchored, and some are missing")
    return problems
