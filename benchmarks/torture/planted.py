"""Plant bugs in resolution one at a time: does some property of the specification notice?

    PYTHONPATH=. python benchmarks/torture/planted.py [--examples 300]

Each bug is a way in which such an index is known to go wrong, or a rule left out. The laws of
`tests/properties` are tried on random histories until one is broken; the table says which law, and
on how many histories it took. Without a bug all of them must hold. Exits with 1 if a bug survives.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from planted_bugs import BUGS, Bug

from tests.properties import laws, naive_linkage, small_world
from tests.properties import laws_of_rulings as rulings
from tests.properties.reference_index import ReferenceIndex
from tests.properties.reference_state import Compiled, State

AVERAGES = (-2500, -1000, 500, 2500)
SEED = 20


@dataclass(frozen=True)
class World:
    """What a law is tried on: a kind of index and of state, and releases."""

    index: type[ReferenceIndex]
    state: type[State]
    compiled: Compiled
    nested: tuple[Compiled, ...]

    def made(self) -> ReferenceIndex:
        """An empty index."""
        return self.index(self.compiled)

    def told(self, history: Sequence[small_world.Event]) -> State:
        """The state after a history."""
        state = self.state()
        for event in history:
            state.take(event)
        return state


Law = Callable[[World, Any], None]
"""Raises if it is broken on what its strategy drew."""


def _histories(most: int = 12) -> st.SearchStrategy[Any]:
    return small_world.histories(most)


_MEETING = st.one_of(small_world.histories(), small_world.disputes())


def _any_weights(_: World, case: naive_linkage.Case) -> None:
    found = naive_linkage.run(case).label
    assert naive_linkage.partition(found) == naive_linkage.naive(case)


LAWS: dict[str, tuple[st.SearchStrategy[Any], Law]] = {
    "the specification on any weights (P8 P17)": (naive_linkage.cases(), _any_weights),
    "the specification on histories": (
        st.one_of(_histories(10), small_world.disputes()),
        lambda w, history: laws.agrees_with_the_specification(w.told(history), w.compiled),
    ),
    "nesting (P11)": (
        _histories(),
        lambda w, history: laws.higher_averages_refine(w.told(history), w.nested),
    ),
    "superseding": (
        st.one_of(_histories(), small_world.replacements()),
        lambda w, history: rulings.superseding_is_rewriting(w.told(history), w.compiled),
    ),
    "repetition (P2 P5)": (
        _histories(),
        lambda w, history: laws.repeating_changes_nothing(w.made(), history),
    ),
    "order (P1 P5)": (
        st.tuples(_MEETING, st.integers(0, 999)),
        lambda w, drawn: laws.order_does_not_matter(
            w.made(), w.made(), drawn[0], random.Random(drawn[1])
        ),
    ),
    "decisions hold (P7 P10)": (
        _MEETING,
        lambda w, history: rulings.decisions_hold(w.made(), history),
    ),
    "the door": (
        _MEETING,
        lambda w, history: rulings.accepted_decisions_are_followed(w.made(), history),
    ),
    "taken back (P12)": (
        st.tuples(_histories(10), small_world.rulings),
        lambda w, drawn: rulings.undoing_restores_the_answer(w.made(), *drawn),
    ),
    "add, then delete (P4)": (
        st.tuples(_histories(10), small_world.bridges),
        lambda w, drawn: laws.deleting_what_was_added_restores_everything(w.made(), *drawn),
    ),
    "incremental is batch (P3 P6 P9 P13 P14 P16)": (
        _histories(),
        lambda w, history: laws.incremental_is_batch(w.made(), history),
    ),
    "replay (P15)": (
        _histories(),
        lambda w, history: laws.replay_is_the_same(w.made(), w.made(), history),
    ),
}


def killed(bug: Bug, cap: int, examples: int) -> tuple[str, int] | None:
    """The first law that a bug breaks, and on which history; None if it survives them all."""
    with ExitStack() as stack:
        for where, name, wrong in bug.replaced:
            stack.enter_context(_replaced(where, name, wrong))
        releases = (small_world.release(cap=cap, average=average) for average in AVERAGES)
        made = Compiled(small_world.release(cap=cap))
        kind = type("Index", (bug.index,), {"made_of": bug.state})
        world = World(kind, bug.state, made, tuple(Compiled(each) for each in releases))
        for name, (drawn, law) in LAWS.items():
            after = _broken_after(partial(law, world), drawn, examples)
            if after is not None:
                return name, after
    return None


def _broken_after(
    law: Callable[[Any], None], drawn: st.SearchStrategy[Any], examples: int
) -> int | None:
    """How many examples it took to break a law."""
    count = 0

    def tried(example: Any) -> None:
        nonlocal count
        count += 1
        law(example)

    patient = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        seed(SEED)(patient(given(drawn)(tried)))()
    except Exception:
        return count
    return None


@contextmanager
def _replaced(where: Any, name: str, wrong: Any) -> Iterator[None]:
    right = getattr(where, name)
    setattr(where, name, wrong)
    try:
        yield
    finally:
        setattr(where, name, right)


def main() -> None:
    """Try every bug and print the table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--examples", type=int, default=300, help="histories per law and bug")
    asked.add_argument("--only", default="", help="only bugs whose description holds this")
    given_ = asked.parse_args()
    survivors = 0
    print("| planted bug | broken law | histories |\n|---|---|---|")
    for bug in BUGS:
        if given_.only not in bug.what:
            continue
        found = killed(bug, bug.cap, given_.examples)
        survivors += found is None and bug.harmful
        survivors += found is not None and not bug.harmful
        law, after = found or ("none", given_.examples)
        print(f"| {bug.what} | {law} | {after} |", flush=True)
    sys.exit(survivors > 0)


if __name__ == "__main__":
    main()
